"""Whatever receives observations may fail; the loop that feeds it may not."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

from edge.health import HealthMonitor
from edge.types import Observation

log = logging.getLogger(__name__)

Sink = Callable[[Observation], None]


SLOW_S = 0.2
"""A sink that takes this long with one picture holds up the loop that feeds it."""


class GuardedSink:
    """Passes observations on; a sink that fails, or holds up the loop, degrades health until it does neither.

    Args:
        name: how health calls it.
        sink: what receives the observations.
        health: told when it fails and when it recovers.
        clock: monotonic seconds.
    """

    def __init__(
        self, name: str, sink: Sink, health: HealthMonitor, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._name = name
        self._sink = sink
        self._health = health
        self._clock = clock

    def __call__(self, observation: Observation) -> None:
        """Pass on one observation."""
        started = self._clock()
        try:
            self._sink(observation)
        except Exception as error:  # the border between the loop and everything it feeds
            log.debug("sink=%s", self._name, exc_info=True)
            self._health.fail(self._name, f"{type(error).__name__}: {error}", "see the journal; restart if it lasts")
            return
        took_s = self._clock() - started
        if took_s > SLOW_S:
            self._health.fail(self._name, f"slows the loop down: {took_s:.1f} s per picture", "switch it off")
        else:
            self._health.recover(self._name)
