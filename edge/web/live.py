"""What the loop saw last, for everybody who looks; the sink that feeds the web pages."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock

from edge.types import Box, Observation

MEMORY_S = 1.0
"""A face stays blurred this long after it was last found: the detector misses one now and then."""

FORGET_S = 5.0
"""What was seen longer ago is not what the door looks like now, and is shown to nobody: the camera is lost."""


@dataclass(frozen=True, slots=True, eq=False)
class Glance:
    """The newest observation, and the place of every face found of late."""

    observation: Observation
    faces: tuple[Box, ...]


class Live:
    """Keeps the newest observation; told by the loop, asked from any thread.

    Args:
        clock: monotonic seconds; a clip's own time may stand still or go back.
    """

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = Lock()
        self._told_at = 0.0
        self._newest: Observation | None = None
        self._recent: deque[tuple[float, tuple[Box, ...]]] = deque()

    def __call__(self, observation: Observation) -> None:
        at = observation.frame.taken_at
        with self._lock:
            self._newest, self._told_at = observation, self._clock()
            self._recent.append((at, _boxes(observation)))
            # A clip that begins again has earlier times.
            while not at - MEMORY_S <= self._recent[0][0] <= at:
                self._recent.popleft()

    def glance(self) -> Glance | None:
        """What can be seen now; None before the first frame, and after the camera was lost."""
        with self._lock:
            if self._newest is None or self._clock() - self._told_at > FORGET_S:
                self._newest = None
                return None
            return Glance(self._newest, tuple(box for _, boxes in self._recent for box in boxes))


def _boxes(observation: Observation) -> tuple[Box, ...]:
    return (*(face.box for face in observation.faces), *(verdict.box for verdict in observation.verdicts))
