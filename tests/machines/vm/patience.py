"""How long a virtual machine is waited for: by the work that it got done, not by the clock alone."""

from __future__ import annotations

import os
import time
from pathlib import Path

CLOCK = 5.0
"""By the clock so many times the patience, for a host that does other work besides, or a machine that only waits."""


class Patience:
    """Begins with its making.

    Args:
        process: the machine's process.
        seconds: of processor time, after which it should have done what it was asked for.
    """

    def __init__(self, process: int, seconds: float) -> None:
        self._process, self._seconds = process, seconds
        self._began_at, self._worked_s = time.monotonic(), _worked_s(process)

    @property
    def is_over(self) -> bool:
        """Whether nothing more is to be hoped for."""
        worked_s, waited_s = _worked_s(self._process) - self._worked_s, time.monotonic() - self._began_at
        return worked_s >= self._seconds or waited_s >= CLOCK * self._seconds

    def __str__(self) -> str:
        """In words of a message."""
        return f"{self._seconds:g} s of work"


def _worked_s(process: int) -> float:
    """Processor time of a process and its threads, seconds; see proc(5)."""
    fields = Path(f"/proc/{process}/stat").read_text("utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
