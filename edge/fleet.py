"""The kiosk's lines to those who run many of them; a line that cannot be had degrades its health and stops nothing."""

from __future__ import annotations

import socket
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime, time
from typing import TYPE_CHECKING, Any

from edge.config.schema import Config, split_address
from edge.errors import MaskgateError
from edge.events.history import History, Tally
from edge.events.log import EventLog
from edge.health import HealthMonitor
from edge.networks.find import store_folder
from edge.networks.manifest import ModelFacts
from edge.networks.store import ModelStore
from edge.rollout.install import install
from edge.rollout.orders import COMPONENT, Installer
from edge.types import Event, Observation

if TYPE_CHECKING:
    from edge.metrics import Metrics
    from edge.mqtt.commands import Action, Done, Refused
    from edge.mqtt.telemetry import Telemetry

LAST_EVENTS_S = 0.3
"""How long the end of the service waits for its last events to be written, so that they are sent, too."""


@dataclass(frozen=True, slots=True)
class Controls:
    """What may be asked of a kiosk from afar.

    Attributes:
        request: has a call made between two frames; the others must be called so.
        mute: silences the buzzer for some seconds; is told who wishes it.
        acknowledge: silences the present alert; is told who wishes it.
        reload: reads the configuration again; raises MaskgateError if it is refused.
        take_over_model: loads the live model again; raises MaskgateError if that fails.
        muted_s: how much longer the buzzer stays silent; may be asked at any time.
    """

    request: Callable[[Callable[[], None]], None]
    mute: Callable[[float, str], None]
    acknowledge: Callable[[str], None]
    reload: Callable[[], None]
    take_over_model: Callable[[], None]
    muted_s: Callable[[], float]


class Fleet:
    """What the configuration asks for: metrics for Prometheus, telemetry and commands by MQTT.

    Until it is opened it may be told things, and passes nothing on.

    Args:
        event_log: where events are written; None if they are not.
    """

    def __init__(self, event_log: EventLog | None) -> None:
        self._event_log = event_log
        self._metrics: Metrics | None = None
        self._telemetry: Telemetry | None = None
        self._lines = ExitStack()

    def open(
        self, config: Config, controls: Controls, *, health: HealthMonitor, model: Callable[[], ModelFacts]
    ) -> None:
        """Open the lines.

        Args:
            config: the whole configuration.
            controls: what may be asked for from afar.
            health: asked how the kiosk does, and told of lines that cannot be had.
            model: tells the mask classifier in use.
        """
        if config.mqtt.host is not None:
            self._open_mqtt(config, config.mqtt.host, controls, health)
        if config.metrics.listen is not None:
            self._open_metrics(config.metrics.listen, health, model)

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

    def close(self) -> None:
        """Close the lines; may be called again."""
        if self._event_log is not None and self._telemetry is not None:
            self._event_log.flush(LAST_EVENTS_S)
        self._lines.close()

    def _open_metrics(self, listen: str, health: HealthMonitor, model: Callable[[], ModelFacts]) -> None:
        address, port = split_address(listen)
        try:
            from edge.metrics import Metrics, MetricsServer

            self._metrics = Metrics(health=health.health, model=model, gauges=self._gauges)
            self._lines.enter_context(MetricsServer(self._metrics, address=address, port=port))
        except ImportError as error:
            _miss(health, "metrics", error)
        except OSError as error:
            cause = f"{listen}: cannot be listened on ({error.strerror})"
            health.fail("metrics", cause, "choose another metrics.listen, then restart the service")

    def _open_mqtt(self, config: Config, host: str, controls: Controls, health: HealthMonitor) -> None:
        mqtt = config.mqtt
        if self._event_log is None:
            health.fail("mqtt", "events are not written, so none can wait", "name an events.database, restart")
            return
        try:
            from edge.mqtt.connection import Broker, Tls
            from edge.mqtt.conversation import Sources
            from edge.mqtt.home_assistant import discovery
            from edge.mqtt.messages import ModelMessage
            from edge.mqtt.outbox import Outbox
            from edge.mqtt.telemetry import Telemetry
            from edge.mqtt.topics import Topics
        except ImportError as error:
            _miss(health, "mqtt", error)
            return
        topics = Topics(mqtt.prefix, mqtt.name or own_name())

        def introduce() -> dict[str, bytes]:
            if mqtt.home_assistant is None:
                return {}
            board = health.health().board.model
            return dict([discovery(topics, mqtt.home_assistant, board=board, mute_s=config.alarm.mute_s)])

        installer = self._installer(config, topics.kiosk, controls, health)

        self._telemetry = Telemetry(
            Broker(
                host,
                mqtt.port or (8883 if mqtt.tls else 1883),
                Tls(mqtt.authorities, mqtt.certificate, mqtt.key) if mqtt.tls else None,
                mqtt.username,
                mqtt.password_file,
            ),
            topics,
            sources=Sources(
                health=health.health,
                muted=lambda: controls.muted_s() > 0,
                today=_Today(History(self._event_log.path)),
                retained=introduce,
                model=lambda: ModelMessage.of(config.classifier.model, installer.store),
            ),
            outbox=Outbox(self._event_log.path, "mqtt", limit=mqtt.queue_events),
            actions=_actions(controls, installer),
            follow=installer.follow,
            monitor=health,
        )
        self._lines.callback(self._telemetry.close)

    def _installer(self, config: Config, kiosk: str, controls: Controls, health: HealthMonitor) -> Installer:
        folder = store_folder()
        store = ModelStore(folder)

        def install_bundle(url: str, expected: tuple[str, int] | None) -> tuple[str, int]:
            return install(url, store=store, keys=config.models.keys, scratch=folder, expected=expected)

        installer = Installer(
            kiosk,
            store=store,
            install=install_bundle,
            take_over=lambda: controls.request(lambda: _take_over(controls, health)),
            monitor=health,
        )
        self._lines.callback(installer.close)
        return installer

    def _gauges(self) -> dict[str, float]:
        gauges: dict[str, float] = {}
        if self._event_log is not None:
            gauges["events_unwritten"] = self._event_log.waiting
        if self._telemetry is not None:
            gauges["mqtt_connected"] = self._telemetry.connected
            gauges["mqtt_waiting_events"] = self._telemetry.waiting
            gauges["mqtt_dropped_events_total"] = self._telemetry.dropped
        return gauges


def _miss(health: HealthMonitor, line: str, error: ImportError) -> None:
    health.fail(line, f"{error.name} is missing", f"pip install 'maskgate[{line}]', then restart")


def own_name() -> str:
    """The host's name, fit for a topic."""
    short = socket.gethostname().partition(".")[0]
    return "".join(c if c.isascii() and (c.isalnum() or c in "_-") else "-" for c in short)[:64] or "kiosk"


def _take_over(controls: Controls, health: HealthMonitor) -> None:
    try:
        controls.take_over_model()
    except MaskgateError as error:
        health.fail(COMPONENT, str(error), "install a model that runs, or: maskgate models rollback")


class _Today:
    """People and alerts since local midnight."""

    def __init__(self, history: History) -> None:
        self._history = history

    def __call__(self) -> Tally:
        """Today's counts, zero where nothing happened yet.

        Raises:
            EventsError: while the database cannot be read.
        """
        midnight = datetime.combine(datetime.now().astimezone().date(), time.min).astimezone()
        tallies = self._history.tallies("day", since=midnight)
        return tallies[-1] if tallies else Tally(midnight)


def _actions(controls: Controls, installer: Installer) -> dict[str, Action]:
    """What each command does."""

    def mute(command: Any) -> str:
        controls.mute(command.seconds, "mqtt")
        return f"muted for {command.seconds:g} s" if command.seconds else "no longer muted"

    def acknowledge(_command: Any) -> str:
        controls.acknowledge("mqtt")
        return "the present alert is silenced"

    def reload(_command: Any) -> str:
        controls.reload()
        return "configuration reloaded"

    def between_frames(act: Callable[[Any], str]) -> Action:
        def action(command: Any, done: Done, refused: Refused) -> None:
            def call() -> None:
                try:
                    text = act(command)
                except MaskgateError as error:
                    refused(error)
                else:
                    done(text)

            controls.request(call)

        return action

    def install_model(command: Any, done: Done, refused: Refused) -> None:
        installer.install(command.url, done, refused)

    quick = {"mute": mute, "acknowledge": acknowledge, "reload": reload}
    return {"install": install_model, **{name: between_frames(act) for name, act in quick.items()}}
