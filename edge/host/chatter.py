"""What native libraries print on standard error by themselves, kept out of the log."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock

STDERR = 2
CHATTER = b"INFO: "
"""How TensorFlow Lite begins lines that tell that all is well ("Created TensorFlow Lite XNNPACK delegate for CPU")."""

_one_at_a_time = Lock()


@contextmanager
def without_chatter() -> Iterator[None]:
    """Hold back what is written to standard error meanwhile, by whomever, and pass on all of it but the chatter."""
    with _one_at_a_time, tempfile.TemporaryFile() as held:
        sys.stderr.flush()
        stderr = os.dup(STDERR)
        os.dup2(held.fileno(), STDERR)
        try:
            yield
        finally:
            sys.stderr.flush()
            os.dup2(stderr, STDERR)
            os.close(stderr)
            held.seek(0)
            for line in held:
                if not line.startswith(CHATTER):
                    os.write(STDERR, line)
