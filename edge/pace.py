"""How fast the kiosk works: as fast as the camera, and slower while the board is hot or short of power."""

from __future__ import annotations

import time
from collections.abc import Callable

from edge.health import BOARD_INTERVAL_S, HealthMonitor
from edge.host.board import Board

FIRST_INTERVAL_S = 0.05
"""The least that is saved when something must be: half of a camera's thirty frames a second, or nearly."""

COOL_C = 75.0
"""Well below where a Raspberry Pi slows itself down; only then is there heat to spare."""

COMPONENT = "pace"
"""How health calls it."""


class Pace:
    """Spaces frames out while the board is strained: better fewer frames, evenly, than a processor that stutters.

    Every ten seconds the interval between frames is doubled while the board is hot or throttled, up to `longest_s`, and
    halved once it is well. Health tells while there is one.

    Args:
        health: knows the board, and is told.
        longest_s: tells the interval at which people can still be judged, seconds.
        clock: monotonic seconds.
    """

    def __init__(
        self, health: HealthMonitor, *, longest_s: Callable[[], float], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._health = health
        self._longest_s = longest_s
        self._clock = clock
        self._interval_s = 0.0
        self._due = self._frame_at = clock()

    def __call__(self) -> float:
        """How long to wait before the next frame, seconds; to be asked after each."""
        now = self._clock()
        if now >= self._due:
            self._due = now + BOARD_INTERVAL_S
            self._adapt(self._health.health().board)
        pause_s = max(0.0, self._frame_at + self._interval_s - now)
        self._frame_at = now + pause_s
        return pause_s

    def _adapt(self, board: Board) -> None:
        if board.is_strained:
            self._interval_s = min(self._longest_s(), max(FIRST_INTERVAL_S, 2 * self._interval_s))
        elif board.temperature_c is None or board.temperature_c < COOL_C:
            self._interval_s = self._interval_s / 2 if self._interval_s > FIRST_INTERVAL_S else 0.0
        if self._interval_s:
            cause = f"at most {1 / self._interval_s:.0f} frames a second, to spare the board"
            self._health.fail(COMPONENT, cause, "check its temperature and its power supply")
        else:
            self._health.recover(COMPONENT)
