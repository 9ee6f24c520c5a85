"""How long the stages of the chain take."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import ParamSpec, TypeVar

_P = ParamSpec("_P")
_R = TypeVar("_R")

TellTime = Callable[[str, float], None]
"""Told a stage's name and how long one call of it took, seconds."""


def timed(stage: str, call: Callable[_P, _R], tell: TellTime) -> Callable[_P, _R]:
    """`call`, with the time of each call told; one that raises is told of, too."""

    def measured(*args: _P.args, **kwargs: _P.kwargs) -> _R:
        started = time.perf_counter()
        try:
            return call(*args, **kwargs)
        finally:
            tell(stage, time.perf_counter() - started)

    return measured
