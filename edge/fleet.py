"""The kiosk's lines to those who run many of them; a line that cannot be had degrades its health and stops nothing."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from typing import TYPE_CHECKING

from edge.config.schema import Config
from edge.controls import Controls
from edge.errors import ConfigError
from edge.events.log import EventLog
from edge.health import HealthMonitor
from edge.host.extras import how_to_add
from edge.host.folders import state_folder
from edge.networks.manifest import ModelFacts
from edge.others import Others
from edge.types import Event, Observation, Reason

if TYPE_CHECKING:
    from edge.metrics import Metrics
    from edge.mqtt.telemetry import Telemetry
    from edge.notify.notifier import Notifier

log = logging.getLogger(__name__)

LAST_EVENTS_S = 0.3
"""How long the end of the service waits for its last events to be written, so that they are sent, too."""

MAX_SCRAPERS = 32
"""Connections to the metrics: Prometheus has one, its twin another, and somebody looks with a browser."""


class Fleet:
    """What the configuration asks for: metrics for Prometheus, telemetry and commands by MQTT, messages to people.

    Until it is opened it may be told things, and passes nothing on.

    Args:
        event_log: where events are written; None if they are not.
        others: told what other kiosks say, if that is wanted.
    """

    def __init__(self, event_log: EventLog | None, others: Others | None = None) -> None:
        self._event_log = event_log
        self._others = others
        self._metrics: Metrics | None = None
        self._telemetry: Telemetry | None = None
        self._notifier: Notifier | None = None
        self._lines = ExitStack()

    def open(
        self,
        in_use: Callable[[], Config],
        controls: Controls,
        *,
        health: HealthMonitor,
        model: Callable[[], ModelFacts],
        ignored: Callable[[], Mapping[Reason, int]],
    ) -> None:
        """Open the lines.

        Args:
            in_use: tells the configuration in use.
            controls: what may be asked for from afar.
            health: asked how the kiosk does, and told of lines that cannot be had.
            model: tells the mask classifier in use.
            ignored: tells how many faces did not count, by reason.
        """
        config = in_use()
        if config.mqtt.host is not None:
            self._open_mqtt(in_use, config.mqtt.host, controls, health)
        else:
            self._leave_mqtt()
        if config.metrics.listen is not None:
            self._open_metrics(config.metrics.listen, health, model, ignored)
        if config.notify.is_on:
            self._open_notifier(in_use, health)

    def __call__(self, observation: Observation) -> None:
        """See what the door shows."""
        if self._telemetry is not None:
            self._telemetry(observation)

    def record(self, event: Event) -> None:
        """Tell what happened; returns at once and never fails."""
        if self._metrics is not None:
            self._metrics.record(event)
        if self._telemetry is not None:
            self._telemetry.record(event)

    def tell_time(self, stage: str, seconds: float) -> None:
        """Tell how long a stage took."""
        if self._metrics is not None:
            self._metrics.time(stage, seconds)

    def wake(self) -> None:
        """There are new events in the database."""
        if self._telemetry is not None:
            self._telemetry.wake()
        if self._notifier is not None:
            self._notifier.wake()

    def close(self) -> None:
        """Close the lines; may be called again."""
        if self._event_log is not None and self._telemetry is not None:
            self._event_log.flush(LAST_EVENTS_S)
        self._lines.close()

    def _open_metrics(
        self,
        listen: str,
        health: HealthMonitor,
        model: Callable[[], ModelFacts],
        ignored: Callable[[], Mapping[Reason, int]],
    ) -> None:
        try:
            from edge.metrics import Metrics
            from edge.web.server import Server, ServerConfig
        except ImportError as error:
            _miss(health, "metrics", error)
            return
        self._metrics = Metrics(health=health.health, model=model, ignored=ignored, gauges=self._gauges)
        config = ServerConfig(
            component="metrics",
            listen=listen,
            remedy="see metrics.listen, and which program has the port",
            limit=MAX_SCRAPERS,
            limit_per_address=MAX_SCRAPERS // 2,
        )
        server = Server(self._metrics.app(), config, health)
        server.start()
        self._lines.callback(server.close)

    def _open_mqtt(self, in_use: Callable[[], Config], host: str, controls: Controls, health: HealthMonitor) -> None:
        if self._event_log is None:
            health.fail("mqtt", "events are not written, so none can wait", "name an events.database, restart")
            return
        try:
            from edge.mqtt.start import open_mqtt

            self._telemetry = open_mqtt(
                in_use,
                host,
                controls=controls,
                health=health,
                event_log=self._event_log,
                lines=self._lines,
                others=self._others if in_use().web.doors else None,
            )
        except ImportError as error:
            _miss(health, "mqtt", error)

    def _leave_mqtt(self) -> None:
        """Whoever speaks to no broker any more takes back what is kept there; others load nothing of all this."""
        from edge.mqtt import ANNOUNCED

        folder = state_folder()
        if folder is None or not (folder / ANNOUNCED).exists():
            return
        try:
            from edge.mqtt.start import leave

            leave(folder, self._lines)
        except ImportError as error:
            log.warning("leftover=stays cause=%r remedy=%r", f"{error.name} is missing", how_to_add("mqtt"))

    def _open_notifier(self, in_use: Callable[[], Config], health: HealthMonitor) -> None:
        if self._event_log is None:
            health.fail("notify", "events are not written, so none are told", "name an events.database, restart")
            return
        try:
            from edge.notify.start import open_notifier

            self._notifier = open_notifier(in_use, self._event_log, health)
            self._lines.callback(self._notifier.close)
        except ImportError as error:
            _miss(health, "notify", error)
        except ConfigError as error:
            health.fail("notify", str(error), "correct it, then restart the service")

    def _gauges(self) -> dict[str, float]:
        gauges: dict[str, float] = {}
        if self._event_log is not None:
            gauges["events_unwritten"] = self._event_log.waiting
        if self._telemetry is not None:
            gauges["mqtt_connected"] = self._telemetry.connected
            gauges["mqtt_waiting_events"] = self._telemetry.waiting
            gauges["mqtt_dropped_events_total"] = self._telemetry.dropped
        if self._notifier is not None:
            gauges |= self._notifier.gauges()
        return gauges


def send_test_messages(config: Config) -> Mapping[str, str | None]:
    """Send everybody who is told a test message; tells by name why it was not taken, None where it was.

    Raises:
        ConfigError: if the extra is missing, or an address or a file is of no use.
    """
    try:
        from edge.notify.start import send_test

        return send_test(config)
    except ImportError as error:
        raise ConfigError(f"{error.name} is missing: {how_to_add('notify')}") from error


def _miss(health: HealthMonitor, line: str, error: ImportError) -> None:
    health.fail(line, f"{error.name} is missing", f"{how_to_add(line)}, then restart")
