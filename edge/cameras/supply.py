"""Whether pictures come often enough to decide by, and whole."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from itertools import pairwise

from edge.chain.liveness import LIFE_S
from edge.chain.verdicts import least_rate
from edge.health import HealthMonitor
from edge.types import Frame

WATCHED_S = 10.0
"""Pictures are counted over this long."""

ADVISED_FPS = 5
"""With so many a second people are decided on within a second."""

RECOVERED = 1.1
"""So many times what is needed must come before all is well again, or health would swing."""

MAX_BREAKS = 2
"""Breaks in WATCHED_S, after each of which everybody is judged anew, that still leave time to decide."""

FEW, DAMAGED = "pictures", "stream"
"""How health calls too few pictures, and damaged ones."""

DAMAGED_SHARE, LEAST_DAMAGED = 0.02, 3
"""Damaged pictures in WATCHED_S that are told of: one in fifty, and more than an accident."""

SLOW_CAMERA = f"set the camera to {ADVISED_FPS} or more pictures a second (camera.fps, or its own settings)"
SLOW_BOARD = "choose a smaller picture (camera.width), and end what else takes the board's time"


class Supply:
    """Counts the frames of a live camera, and tells health where they are too few to decide by, or damaged.

    Remembers the last WATCHED_S.

    Args:
        health: is told.
        votes: tells how many votes a verdict takes, and for how many seconds each counts; see `Verdicts`.
        break_s: after so long without a frame everybody is judged anew.
    """

    def __init__(self, health: HealthMonitor, *, votes: Callable[[], tuple[int, float]], break_s: float) -> None:
        self._health = health
        self._votes = votes
        self._break_s = break_s
        self._frames: deque[tuple[float, int, int]] = deque()
        self._is_short = False

    def begin(self) -> None:
        """Another camera, or the same one opened again."""
        self._frames.clear()

    def __call__(self, frame: Frame) -> None:
        """Count a frame that was decided on."""
        now = frame.taken_at
        if self._frames and now - self._frames[-1][0] > WATCHED_S:
            self.begin()
        self._frames.append((now, frame.index, frame.damaged))
        if now - self._frames[0][0] < WATCHED_S:
            return
        while now - self._frames[1][0] >= WATCHED_S:
            self._frames.popleft()
        self._judge_number()
        self._judge_damage()

    def _judge_number(self) -> None:
        (began_at, first, _), (now, last, _) = self._frames[0], self._frames[-1]
        rate, supplied = (count / (now - began_at) for count in (len(self._frames) - 1, last - first))
        min_votes, window_s = self._votes()
        needed = max(least_rate(min_votes=min_votes, window_s=window_s), 1 / LIFE_S)
        times = [at for at, _, _ in self._frames]
        breaks = sum(later - at > self._break_s for at, later in pairwise(times))
        if rate < needed * (RECOVERED if self._is_short else 1):
            self._is_short = True
            cause = f"{rate:.1f} pictures a second are too few to decide by, {needed:.1f} are needed"
            self._health.fail(FEW, cause, SLOW_CAMERA if supplied < needed * RECOVERED else SLOW_BOARD)
        elif breaks > (0 if self._is_short else MAX_BREAKS):
            self._is_short = True
            cause = f"pictures stopped {breaks} times in {WATCHED_S:.0f} s for more than {self._break_s:g} s"
            self._health.fail(FEW, cause, "check network and power of the camera, and what else the board does")
        else:
            self._is_short = False
            self._health.recover(FEW)

    def _judge_damage(self) -> None:
        (_, first, damaged_before), (_, last, damaged) = self._frames[0], self._frames[-1]
        count, bad = last - first, damaged - damaged_before
        if bad < DAMAGED_SHARE * count or bad < LEAST_DAMAGED:
            self._health.recover(DAMAGED)
            return
        cause = f"{bad} of {count} pictures in {WATCHED_S:.0f} s were damaged on their way"
        self._health.fail(DAMAGED, cause, "use a cable in place of Wi-Fi, or a lower bit rate; over RTSP choose TCP")
