"""The kiosk's lines to those who run many of them; a line that cannot be had degrades its health and stops nothing."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from typing import TYPE_CHECKING

from edge.config import Config, split_address
from edge.events import EventLog
from edge.health import HealthMonitor
from edge.manifest import ModelFacts
from edge.types import Event

if TYPE_CHECKING:
    from edge.metrics import Metrics


class Fleet:
    """What the configuration asks for: metrics for Prometheus.

    Args:
        health: asked how the kiosk does, and told of lines that cannot be had.
        model: tells the mask classifier in use.
        event_log: where events are written; None if they are not.
    """

    def __init__(self, *, health: HealthMonitor, model: Callable[[], ModelFacts], event_log: EventLog | None) -> None:
        self._health = health
        self._model = model
        self._event_log = event_log
        self._metrics: Metrics | None = None
        self._lines = ExitStack()

    def open(self, config: Config) -> None:
        """Open the lines."""
        if config.metrics.listen is not None:
            self._open_metrics(config.metrics.listen)

    def record(self, event: Event) -> None:
        """Tell what happened; returns at once and never fails."""
        if self._metrics is not None:
            self._metrics.record(event)

    def tell_time(self, stage: str, seconds: float) -> None:
        """Tell how long a stage took."""
        if self._metrics is not None:
            self._metrics.time(stage, seconds)

    def close(self) -> None:
        """Close the lines; may be called again."""
        self._lines.close()

    def _open_metrics(self, listen: str) -> None:
        address, port = split_address(listen)
        try:
            from edge.metrics import Metrics, MetricsServer

            self._metrics = Metrics(health=self._health.health, model=self._model, gauges=self._gauges)
            self._lines.enter_context(MetricsServer(self._metrics, address=address, port=port))
        except ImportError as error:
            self._health.fail("metrics", f"{error.name} is missing", "pip install 'maskgate[metrics]', then restart")
        except OSError as error:
            cause = f"{listen}: cannot be listened on ({error.strerror})"
            self._health.fail("metrics", cause, "choose another metrics.listen, then restart the service")

    def _gauges(self) -> dict[str, float]:
        return {} if self._event_log is None else {"events_unwritten": self._event_log.waiting}
