"""What native libraries print on standard error by themselves, kept out of the log."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from threading import Lock
from typing import IO

STDERR = 2
CHATTER = b"INFO: "
"""How TensorFlow Lite begins lines that tell that all is well ("Created TensorFlow Lite XNNPACK delegate for CPU")."""

_one_at_a_time = Lock()


@contextmanager
def without_chatter() -> Iterator[None]:
    """Hold back what is written to standard error meanwhile, by whomever, and pass on all of it but the chatter.

    Where there is no standard error, or no room to hold anything, nothing is held back.
    """
    with _one_at_a_time, ExitStack() as stack:
        with suppress(OSError):
            held = stack.enter_context(tempfile.TemporaryFile())
            stderr = os.dup(STDERR)
            stack.callback(_pass_on, held, stderr)
            _flush()
            os.dup2(held.fileno(), STDERR)
        yield


def _pass_on(held: IO[bytes], stderr: int) -> None:
    """Give standard error back, and what was held with it."""
    _flush()
    os.dup2(stderr, STDERR)
    os.close(stderr)
    held.seek(0)
    for line in held:
        if not line.startswith(CHATTER):
            os.write(STDERR, line)


def _flush() -> None:
    if sys.stderr is not None:
        sys.stderr.flush()
