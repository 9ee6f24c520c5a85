"""Whatever receives observations may fail; the loop that feeds it may not."""

from __future__ import annotations

import logging
from collections.abc import Callable

from edge.health import HealthMonitor
from edge.types import Observation

log = logging.getLogger(__name__)

Sink = Callable[[Observation], None]


class GuardedSink:
    """Passes observations on; a failure degrades health until the sink works again, and never stops the loop.

    Args:
        name: how health calls it.
        sink: what receives the observations.
        health: told when it fails and when it recovers.
    """

    def __init__(self, name: str, sink: Sink, health: HealthMonitor) -> None:
        self._name = name
        self._sink = sink
        self._health = health

    def __call__(self, observation: Observation) -> None:
        """Pass on one observation."""
        try:
            self._sink(observation)
        except Exception as error:  # the border between the loop and everything it feeds
            log.debug("sink=%s", self._name, exc_info=True)
            self._health.fail(self._name, f"{type(error).__name__}: {error}", "see the journal; restart if it lasts")
        else:
            self._health.recover(self._name)
