"""What the loop saw last, for everybody who looks; the sink that feeds the web pages."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock

from edge.types import AlarmState, Box, Label, Observation

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
        self._reason: Label | None = None

    def __call__(self, observation: Observation) -> None:
        at = observation.frame.taken_at
        with self._lock:
            self._newest, self._told_at = observation, self._clock()
            self._reason = _reason(observation) or (self._reason if observation.state is AlarmState.ALERT else None)
            self._recent.append((at, _boxes(observation)))
            # A clip that begins again has earlier times.
            while not at - MEMORY_S <= self._recent[0][0] <= at:
                self._recent.popleft()

    @property
    def reason(self) -> Label | None:
        """Why there is an alert: no mask, or one worn wrongly; None without an alert."""
        return self._reason

    def glance(self) -> Glance | None:
        """What can be seen now; None before the first frame, and after the camera was lost."""
        with self._lock:
            if self._newest is None or self._clock() - self._told_at > FORGET_S:
                self._newest = None
                return None
            return Glance(self._newest, tuple(box for _, boxes in self._recent for box in boxes))


def _boxes(observation: Observation) -> tuple[Box, ...]:
    return (*(face.box for face in observation.faces), *(verdict.box for verdict in observation.verdicts))


def _reason(observation: Observation) -> Label | None:
    """The worse of two: who wears none is told so first."""
    if observation.state is not AlarmState.ALERT:
        return None
    labels = {verdict.label for verdict in observation.verdicts}
    return next((label for label in (Label.WITHOUT_MASK, Label.INCORRECT_MASK) if label in labels), None)
