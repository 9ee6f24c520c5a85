"""Freed memory goes back to the system."""

from __future__ import annotations

import ctypes
from pathlib import Path

import pytest

from edge.host.memory import give_back

PIECES, PIECE = 50_000, 1000
"""Together 50 MB, in pieces that the C library keeps for later."""


def resident_kb() -> int:
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    return int(status.partition("VmRSS:")[2].split()[0])


def test_what_was_freed_in_pieces_is_given_back() -> None:
    """The library keeps it while a later piece is in use, and hands it back when told to."""
    library = ctypes.CDLL(None)
    if not hasattr(library, "malloc_trim"):
        pytest.skip("NOT TESTED: the C library is not glibc")
    library.malloc.restype, library.malloc.argtypes = ctypes.c_void_p, [ctypes.c_size_t]
    library.free.argtypes = [ctypes.c_void_p]
    pieces = [library.malloc(PIECE) for _ in range(PIECES)]
    for piece in pieces:
        ctypes.memset(piece, 1, PIECE)
    for piece in pieces[:-1]:
        library.free(piece)
    kept = resident_kb()
    give_back()
    given_kb = kept - resident_kb()
    library.free(pieces[-1])
    assert given_kb > 0.8 * PIECES * PIECE / 1024


def test_another_library_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where there is no such function, nothing happens."""
    monkeypatch.setattr(ctypes, "CDLL", lambda name: object())
    give_back()
