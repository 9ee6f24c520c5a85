"""Whether the clock on the wall is right: a Raspberry Pi starts with the time at which it lost power, or with 1970."""

from __future__ import annotations

import ctypes
import time
from collections.abc import Callable
from pathlib import Path

from edge.host.board import ROOT

JUMP_S = 60.0
"""By so much a clock may be set without anybody having to vouch for it; hours of opening are told in minutes."""

AGREE_S = 60.0
"""Between the system's clock and the one with a battery."""

AGAIN_S = 10.0
"""How often witnesses are asked that answer by a bus."""

_TIME_ERROR = 5
_TIMEX_BYTES = 1024
"""More than the kernel's structure has."""


class WallClock:
    """Tells whether somebody vouches for the clock: a time server, since the start, or a clock with a battery.

    A clock that is set while the kiosk runs, by more than JUMP_S, is right only if somebody vouches for it anew. One
    that tells a time before Maskgate was installed is wrong.

    Remembers the difference between the two clocks of the system when somebody last vouched, and when timesyncd last
    said that it had set the clock.

    Args:
        root: prefix of /run and /sys.
        wall, clock: the two clocks of the system, seconds: since 1970, and monotonic.
        is_synchronised: whether the kernel's clock is kept right by a program, now.
        not_before: no time before this is right, seconds since 1970.
    """

    def __init__(
        self,
        *,
        root: Path = ROOT,
        wall: Callable[[], float] = time.time,
        clock: Callable[[], float] = time.monotonic,
        is_synchronised: Callable[[], bool] | None = None,
        not_before: float | None = None,
    ) -> None:
        self._synchronised = root / "run/systemd/timesync/synchronized"
        self._rtc = root / "sys/class/rtc"
        self._wall = wall
        self._clock = clock
        self._is_synchronised = is_synchronised or kernel_is_synchronised
        self._not_before = Path(__file__).stat().st_mtime if not_before is None else not_before
        self._mark: int | None = None
        self._offset: float | None = None
        self._due = float("-inf")

    def __call__(self) -> bool:
        """Whether it is right, as far as anybody knows; costs little, and may be asked every second."""
        now = self._clock()
        offset = self._wall() - now
        if self._offset is not None and abs(offset - self._offset) > JUMP_S:
            self._offset, self._due = None, now
        before, self._mark = self._mark, _modified(self._synchronised)
        if self._mark is not None and self._mark != before:
            self._offset = offset
        elif self._offset is None and now >= self._due:
            self._due = now + AGAIN_S
            if self._is_synchronised() or self._rtc_agrees():
                self._offset = offset
        return self._offset is not None and self._wall() >= self._not_before

    def _rtc_agrees(self) -> bool:
        """Whether the clock with a battery from which the kernel took its time tells the same; it is kept in UTC."""
        for rtc in sorted(self._rtc.glob("rtc*")):
            try:
                is_source = (rtc / "hctosys").read_text().strip() == "1"
                told = float((rtc / "since_epoch").read_text())
            except (OSError, ValueError):
                continue
            if is_source and abs(told - self._wall()) <= AGREE_S:
                return True
        return False


def kernel_is_synchronised() -> bool:
    """Whether the kernel says that a program keeps its clock right; False where it may not be asked."""
    try:
        adjtimex = ctypes.CDLL(None, use_errno=True).adjtimex
    except (OSError, AttributeError):
        return False
    # With nothing to be changed it only answers: a state of the clock, or -1.
    answer: int = adjtimex(ctypes.create_string_buffer(_TIMEX_BYTES))
    return 0 <= answer < _TIME_ERROR


def _modified(path: Path) -> int | None:
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return None
