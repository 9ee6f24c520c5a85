"""What is told over one connection, and when: only news, and events until they are confirmed."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass

from edge.errors import EventsError, ModelError
from edge.events.history import Tally
from edge.events.outbox import Outbox
from edge.health import Health
from edge.mqtt.connection import Connection
from edge.mqtt.messages import About, Counters, DoorMessage, EventMessage, HealthMessage, ModelMessage, State
from edge.mqtt.topics import Topics
from edge.types import Doorway

log = logging.getLogger(__name__)

REPORT_S = 30.0
"""How often health and counters are told."""

WINDOW = 100
"""Events on the way to the broker, not confirmed yet."""

_NONE = object()
"""Told of a door that is not there."""

SAVE_S = 2.0
"""How often the place in the queue is written down: after a crash, events of this time are sent again."""


@dataclass(frozen=True, slots=True)
class Sources:
    """Where telemetry gets its facts; asked from its own thread.

    Attributes:
        health: how the kiosk does.
        today: people and alerts since midnight; may raise EventsError.
        model: the live classifier; may raise ModelError.
        retained: further retained messages, by topic: Home Assistant's.
        has_door: whether there is a lock, or a contact.
        about: what people call the door, and where it is.
    """

    health: Callable[[], Health]
    today: Callable[[], Tally]
    model: Callable[[], ModelMessage]
    retained: Callable[[], Mapping[str, bytes]]
    has_door: Callable[[], bool]
    about: Callable[[], About] = About


class Conversation:
    """What has been told over one connection, so that only news is."""

    def __init__(
        self,
        connection: Connection,
        topics: Topics,
        sources: Sources,
        outbox: Outbox,
    ) -> None:
        self._connection = connection
        self._topics = topics
        self._sources = sources
        self._outbox = outbox
        self._told: dict[str, object] = {}
        self._health_due = 0.0
        self._counters_due = 0.0
        self._save_due = 0.0
        self._on_the_way: dict[int, int] = {}
        self._last_sent = 0
        self._look = True
        outbox.rewind()

    def introduce(self) -> None:
        """Tell the further retained messages, as far as they are new."""
        for topic, payload in self._sources.retained().items():
            if self._told.get(topic) != payload:
                self._connection.publish(topic, payload, retain=True)
                self._told[topic] = payload

    def introduce_again(self) -> None:
        """Tell the further retained messages once more: somebody may have deleted what they made."""
        for topic in self._sources.retained():
            self._told.pop(topic, None)
        self.introduce()

    def go_on(self, confirmed: set[int], *, look: bool) -> None:
        """Tell what is new; `look` into the database for events only if there may be any."""
        now = time.monotonic()
        self.introduce()
        health = self._sources.health()
        state = State.of(health)
        if self._told.get("state") != state:
            self._tell("state", state, state.encode())
        self._tell_door(health.doorway)
        with suppress(ModelError):
            model = self._sources.model()
            if self._told.get("model") != model:
                self._tell("model", model, model.encode())
        self._report(now)
        try:
            self._settle(confirmed)
            # What could not be looked up now is looked up the next time.
            self._look = self._look or look
            if self._look:
                self._send()
                self._look = False
            if now >= self._save_due:
                self._outbox.save()
                self._save_due = now + SAVE_S
        except EventsError as error:
            # The event log itself tells of a database that cannot be used.
            log.debug("events=unsent cause=%r", str(error))

    def end(self, confirmed: set[int]) -> None:
        """Write down how far it came."""
        try:
            self._settle(confirmed)
            self._outbox.save()
        except EventsError as error:
            log.debug("place=unsaved cause=%r", str(error))

    def _tell_door(self, doorway: Doorway | None) -> None:
        if doorway is not None and self._told.get("door") != doorway:
            self._tell("door", doorway, DoorMessage.of(doorway).encode())
        elif not self._sources.has_door() and self._told.get("door") is not _NONE:
            # Nothing takes back what the broker keeps of a door that was there before.
            self._tell("door", _NONE, b"")

    def _report(self, now: float) -> None:
        health = self._sources.health()
        about = self._sources.about()
        news = (about, [(fault.component, fault.level) for fault in health.faults])
        if self._told.get("health") != news or now >= self._health_due:
            self._tell("health", news, HealthMessage.of(health, about).encode())
            self._health_due = now + REPORT_S
        if now >= self._counters_due:
            # Tried again soon if the database is not there yet.
            with suppress(EventsError):
                self._count()
                self._counters_due = now + REPORT_S

    def _count(self) -> None:
        counters = Counters.of(self._sources.today(), waiting=self._outbox.waiting, dropped=self._outbox.dropped)
        if self._told.get("counters") != counters:
            self._tell("counters", counters, counters.encode())

    def _tell(self, leaf: str, content: object, payload: bytes) -> None:
        self._connection.publish(self._topics(leaf), payload, retain=True)
        self._told[leaf] = content

    def _settle(self, confirmed: set[int]) -> None:
        for number in confirmed:
            self._on_the_way.pop(number, None)
        if self._last_sent:
            self._outbox.confirm(min(self._on_the_way.values(), default=self._last_sent + 1) - 1)

    def _send(self) -> None:
        for stored in self._outbox.take(WINDOW - len(self._on_the_way)):
            number = self._connection.publish(self._topics("event"), EventMessage.of(stored).encode())
            self._on_the_way[number] = self._last_sent = stored.id
