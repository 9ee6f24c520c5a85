"""Builds the line to the broker from the configuration, and opens it."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from contextlib import ExitStack
from datetime import UTC, datetime, tzinfo
from pathlib import Path
from threading import Event as Flag
from typing import Any

from edge.config.page_address import address_for_others
from edge.config.schema import Config, MqttConfig
from edge.controls import Controls
from edge.errors import MaskgateError
from edge.events.history import History, Tally, begin_of
from edge.events.log import EventLog
from edge.events.outbox import Outbox
from edge.health import HealthMonitor
from edge.host.doors import the_door
from edge.host.folders import state_folder
from edge.mqtt.announced import Announced, Announcement
from edge.mqtt.commands import Action, Done, Refused
from edge.mqtt.connection import Broker, Tls
from edge.mqtt.conversation import Sources
from edge.mqtt.home_assistant import DoorParts, birth_topic, discovery
from edge.mqtt.leftovers import Leftovers
from edge.mqtt.messages import About, ModelMessage
from edge.mqtt.telemetry import Telemetry
from edge.mqtt.topics import Topics
from edge.networks.find import store_folder
from edge.networks.store import ModelStore
from edge.others import Others
from edge.rollout.install import install
from edge.rollout.orders import COMPONENT, Installer


def open_mqtt(
    in_use: Callable[[], Config],
    host: str,
    *,
    controls: Controls,
    health: HealthMonitor,
    event_log: EventLog,
    lines: ExitStack,
    others: Others | None = None,
) -> Telemetry:
    """Connect to the broker, again and again, on a thread of its own.

    Args:
        in_use: tells the configuration in use.
        host: the broker's name or address.
        controls: what commands ask for.
        health: asked how the kiosk does, and told how the line does.
        event_log: where the events are written that are told.
        lines: closes what is opened here.
        others: told what other kiosks say; None if nobody wants to know.
    """
    mqtt = in_use().mqtt
    topics = topics_of(mqtt)
    broker = broker_of(mqtt, host)
    present = Announcement(broker, topics, mqtt.home_assistant)
    installer = _installer(in_use, topics.kiosk, controls, health)
    lines.callback(installer.close)

    def has_door() -> bool:
        config = in_use()
        return config.signals.relay is not None or bool(config.inputs.pins)

    def about() -> About:
        config = in_use()
        return About(config.door.name, config.door.place, address_for_others(config.web))

    def introduce() -> dict[str, bytes]:
        if mqtt.home_assistant is None:
            return {}
        config, told = in_use(), about()
        door = DoorParts(lock=config.signals.relay is not None, inputs=frozenset(config.inputs.pins))
        board = health.health().board.model
        introduction = discovery(
            topics,
            mqtt.home_assistant,
            board=board,
            mute_s=config.alarm.mute_s,
            door=door,
            name=told.name,
            place=told.place,
            page=told.page,
        )
        return dict([introduction])

    telemetry = Telemetry(
        broker,
        topics,
        sources=Sources(
            health=health.health,
            today=_Today(History(event_log.path), lambda: in_use().door.zone),
            retained=introduce,
            has_door=has_door,
            about=about,
            model=lambda: ModelMessage.of(in_use().classifier.model, installer.store),
        ),
        outbox=Outbox(event_log.path, "mqtt", limit=mqtt.queue_events),
        actions=_actions(controls, installer),
        follow=installer.follow,
        monitor=health,
        birth=None if mqtt.home_assistant is None else birth_topic(mqtt.home_assistant),
        prepare=Leftovers(Announced(state_folder()), present).take_back,
        others=others,
    )
    lines.callback(telemetry.close)
    return telemetry


def leave(folder: Path, lines: ExitStack) -> None:
    """Take back what was announced while MQTT was on; tried on a thread of its own until it is done.

    Args:
        folder: where that is remembered.
        lines: ends the attempts.
    """
    stop = Flag()
    lines.callback(stop.set)
    Leftovers(Announced(folder), None).keep_trying(stop)


def topics_of(mqtt: MqttConfig) -> Topics:
    """What everything of this kiosk is called."""
    return Topics(mqtt.prefix, mqtt.name or the_door().network_name)


def broker_of(mqtt: MqttConfig, host: str) -> Broker:
    """Where the broker is, and the kiosk's login."""
    return Broker(
        host,
        mqtt.port or (8883 if mqtt.tls else 1883),
        Tls(mqtt.authorities, mqtt.certificate, mqtt.key) if mqtt.tls else None,
        mqtt.username,
        mqtt.password_file,
    )


def _installer(in_use: Callable[[], Config], kiosk: str, controls: Controls, health: HealthMonitor) -> Installer:
    folder = store_folder()
    store = ModelStore(folder)

    def install_bundle(url: str, expected: tuple[str, int] | None) -> tuple[str, int]:
        config = in_use()
        keys, required = config.models.keys, config.required_of
        return install(url, store=store, keys=keys, scratch=folder, expected=expected, required=required)

    def tell(answer: Future[None]) -> None:
        error = answer.exception()
        if error is not None:
            health.fail(COMPONENT, str(error), "install a model that runs, or: maskgate models rollback")

    return Installer(
        kiosk,
        store=store,
        install=install_bundle,
        take_over=lambda: controls.take_over_model().add_done_callback(tell),
        monitor=health,
    )


class _Today:
    """People and alerts since local midnight."""

    def __init__(self, history: History, zone: Callable[[], tzinfo | None]) -> None:
        self._history = history
        self._zone = zone

    def __call__(self) -> Tally:
        """Today's counts, zero where nothing happened yet.

        Raises:
            EventsError: while the database cannot be read.
        """
        zone = self._zone()
        midnight = begin_of("day", datetime.now(UTC), zone)
        tallies = self._history.tallies("day", since=midnight, zone=zone)
        return tallies[-1] if tallies else Tally(midnight.astimezone(zone))


def _actions(controls: Controls, installer: Installer) -> dict[str, Action]:
    """What each command does."""

    def mute(command: Any, done: Done, refused: Refused) -> None:
        text = f"muted for {command.seconds:g} s" if command.seconds else "no longer muted"
        _answer(controls.mute(command.seconds, "mqtt"), lambda _: done(text), refused)

    def acknowledge(_command: Any, done: Done, refused: Refused) -> None:
        _answer(controls.acknowledge("mqtt"), lambda _: done("the present alert is silenced"), refused)

    def lock_down(command: Any, done: Done, refused: Refused) -> None:
        text = "the door is locked down" if command.on else "the lock-down has ended"
        _answer(controls.lock_down(command.on, "mqtt"), lambda _: done(text), refused)

    def reset_fire(_command: Any, done: Done, refused: Refused) -> None:
        _answer(controls.reset_fire("mqtt"), lambda _: done("the fire is reset"), refused)

    def reload(_command: Any, done: Done, refused: Refused) -> None:
        _answer(controls.reload(), lambda reloaded: done(str(reloaded)), refused)

    def install_model(command: Any, done: Done, refused: Refused) -> None:
        installer.install(command.url, done, refused)

    return {
        "mute": mute,
        "acknowledge": acknowledge,
        "lockdown": lock_down,
        "reset-fire": reset_fire,
        "reload": reload,
        "install": install_model,
    }


def _answer(wish: Future[Any], done: Callable[[Any], None], refused: Refused) -> None:
    """Tell what became of a wish, once something has."""

    def tell(answer: Future[Any]) -> None:
        error = answer.exception()
        if error is None:
            done(answer.result())
        else:
            refused(error if isinstance(error, MaskgateError) else MaskgateError(f"{type(error).__name__}: {error}"))

    wish.add_done_callback(tell)
