"""Time: the wall clock that people read, and how long the stages of the chain take."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import ParamSpec, TypeVar

_P = ParamSpec("_P")
_R = TypeVar("_R")

TellTime = Callable[[str, float], None]
"""Told a stage's name and how long one call of it took, seconds."""


FIRST_PAUSE_S = 2.0
"""At most, before the first attempt to reach somebody again."""


def utc_now() -> datetime:
    """The time on the wall, UTC; intervals go by `time.monotonic` or a frame's own time."""
    return datetime.now(UTC)


def timed(stage: str, call: Callable[_P, _R], tell: TellTime) -> Callable[_P, _R]:
    """`call`, with the time of each call told; one that raises is told of, too."""

    def measured(*args: _P.args, **kwargs: _P.kwargs) -> _R:
        started = time.perf_counter()
        try:
            return call(*args, **kwargs)
        finally:
            tell(stage, time.perf_counter() - started)

    return measured


def pause_s(failures: int, chance: float, *, longest_s: float = 60.0) -> float:
    """Before the next attempt to reach somebody; grows with the failures, and differs between kiosks.

    Args:
        failures: in a row, at least 1.
        chance: evenly spread over [0, 1).
        longest_s: of all pauses.
    """
    return 0.2 + chance * min(longest_s, FIRST_PAUSE_S * 2.0 ** min(failures - 1, 10))
