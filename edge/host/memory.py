"""Memory that is free again."""

from __future__ import annotations

import ctypes


def give_back() -> None:
    """Have the C library hand what is free back to the system, which it would keep in pieces (malloc_trim(3)).

    A few milliseconds. Does nothing where the library is not glibc.
    """
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(ctypes.c_size_t(0))
