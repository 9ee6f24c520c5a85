"""Keeps the line to the broker: connects again and again, tells what changed, sends events until they are confirmed."""

from __future__ import annotations

import logging
import math
import random
import time
from collections.abc import Callable, Mapping
from queue import Empty, SimpleQueue
from threading import Event as Flag
from threading import Thread

from pydantic import ValidationError

from edge.errors import cause_of
from edge.events.outbox import Outbox
from edge.health import HealthMonitor
from edge.mqtt.commands import Action, Commands
from edge.mqtt.connection import Broker, BrokerError, Connection
from edge.mqtt.conversation import Conversation, Sources
from edge.mqtt.messages import ONLINE, ROLLOUT, Answer, RolloutMessage
from edge.mqtt.topics import Topics
from edge.others import Others
from edge.rollout.orders import Order
from edge.timing import pause_s
from edge.types import AlarmState, Event, EventKind, Label, Observation

log = logging.getLogger(__name__)

COMPONENT = "mqtt"
"""What health calls the line."""

TICK_S = 1.0
"""How long a change that wakes nobody, such as a fault's end, may go unsaid."""

LONGEST_PAUSE_S = 60.0
"""Before an attempt to connect again."""

BIRTH_SPREAD_S = 5.0
"""Within this time after Home Assistant's start each kiosk introduces itself again, at a moment of its own."""

STEADY_S = 30.0
"""A connection that lasted this long starts with short pauses again."""


class Telemetry:
    """The line; has a thread of its own. An observation or event only wakes it.

    Args:
        broker: where.
        topics: what everything is called.
        sources: see `Sources`.
        outbox: events that wait.
        actions: what to do at a command, by its name.
        follow: given each roll-out that is ordered, None when it is called off.
        monitor: told when the line breaks and when it stands.
        birth: where Home Assistant says that it has started; None if there is none.
        others: told what other kiosks say; None if nobody wants to know.
        prepare: called before each connection until it returns True; given the flag that ends the line.
    """

    def __init__(
        self,
        broker: Broker,
        topics: Topics,
        *,
        sources: Sources,
        outbox: Outbox,
        actions: Mapping[str, Action],
        follow: Callable[[Order | None], None],
        monitor: HealthMonitor,
        birth: str | None = None,
        others: Others | None = None,
        prepare: Callable[[Flag], bool] = lambda _: True,
    ) -> None:
        self._broker = broker
        self._topics = topics
        self._sources = sources
        self._outbox = outbox
        self._monitor = monitor
        self._commands = Commands(actions, self._answer)
        self._follow = follow
        self._birth = birth
        self._others = others
        self._prepare = prepare
        self._is_prepared = False
        self._introduce_at = math.inf
        self._wake = Flag()
        self._stop = Flag()
        self._connection: Connection | None = None
        self._confirmed: SimpleQueue[int] = SimpleQueue()
        self._seen: tuple[AlarmState, tuple[Label, ...]] = (AlarmState.IDLE, ())
        self._thread = Thread(target=self._run, name=COMPONENT, daemon=True)
        self._thread.start()

    @property
    def connected(self) -> bool:
        connection = self._connection
        return connection is not None and connection.error is None

    @property
    def waiting(self) -> int:
        """Events the broker has not confirmed."""
        return self._outbox.waiting

    @property
    def dropped(self) -> int:
        """Events that were never sent."""
        return self._outbox.dropped

    def __call__(self, observation: Observation) -> None:
        """The door may show something else: see to it; returns at once."""
        seen = (observation.state, tuple(verdict.label for verdict in observation.verdicts))
        if seen != self._seen:
            self._seen = seen
            self._wake.set()

    def record(self, event: Event) -> None:
        """Something happened. It comes by way of the database; what the door shows may have changed, too."""
        if event.kind != EventKind.ENTRY:
            self._wake.set()

    def wake(self) -> None:
        """There are new events in the database."""
        self._wake.set()

    def close(self, timeout_s: float = 5.0) -> None:
        """Send what can be sent at once, say goodbye, end; may be called again."""
        self._stop.set()
        self._wake.set()
        self._thread.join(timeout_s)

    def _run(self) -> None:
        failures = 0
        while not self._stop.is_set():
            started = time.monotonic()
            try:
                self._is_prepared = self._is_prepared or self._prepare(self._stop)
                self._serve()
            except BrokerError as error:
                failures = 1 if time.monotonic() - started > STEADY_S else failures + 1
                self._monitor.fail(COMPONENT, error.cause, error.remedy)
                self._stop.wait(pause_s(failures, random.random(), longest_s=LONGEST_PAUSE_S))  # noqa: S311 - spreads load, hides nothing
            except Exception as error:  # the thread's border: a fault in here must not end the line for good
                log.exception("mqtt=broken")
                failures += 1
                self._monitor.fail(COMPONENT, f"{type(error).__name__}: {error}", "see the journal")
                self._stop.wait(LONGEST_PAUSE_S)

    def _serve(self) -> None:
        """One connection, from its beginning to its end.

        Raises:
            BrokerError: if it ends before it should.
        """
        topics = self._topics
        connection = Connection(
            self._broker,
            client_id=topics.identity,
            will=topics("available"),
            on_message=self._obey,
            on_confirmed=self._confirm,
            on_end=self._wake.set,
        )
        self._connection = connection
        try:
            self._talk(connection)
        finally:
            self._connection = None
            if self._others is not None:
                self._others.connect(False)
            connection.close()

    def _talk(self, connection: Connection) -> None:
        connection.subscribe(self._topics.command("+"))
        connection.subscribe(self._topics.rollout)
        if self._birth is not None:
            connection.subscribe(self._birth)
        self._listen_to_others(connection)
        conversation = Conversation(connection, self._topics, self._sources, self._outbox)
        conversation.introduce()
        connection.publish(self._topics("available"), ONLINE, retain=True)
        self._monitor.recover(COMPONENT)
        woken = True
        while not self._stop.is_set():
            self._wake.clear()
            if time.monotonic() >= self._introduce_at:
                self._introduce_at = math.inf
                conversation.introduce_again()
            conversation.go_on(self._take_confirmed(), look=woken)
            if connection.error is not None:
                raise connection.error
            woken = self._wake.wait(TICK_S)
        conversation.go_on(self._take_confirmed(), look=True)
        connection.close()
        conversation.end(self._take_confirmed())

    def _listen_to_others(self, connection: Connection) -> None:
        if self._others is not None:
            self._others.connect(True)
            for topic in self._others.listen(self._topics.prefix, self._topics.kiosk):
                connection.subscribe(topic, qos=0)

    def _obey(self, topic: str, payload: bytes, retained: bool) -> None:
        if self._others is not None and self._others.hear(topic, payload, retained):
            return
        if topic == self._topics.rollout:
            self._follow_rollout(payload)
            return
        if topic == self._birth:
            # One that the broker kept is old: this connection has just introduced the kiosk.
            if payload == ONLINE and not retained:
                self._introduce_at = time.monotonic() + BIRTH_SPREAD_S * random.random()  # noqa: S311 - spreads load
            return
        name = self._topics.command_name(topic)
        if name is not None:
            self._commands(name, payload, retained)

    def _follow_rollout(self, payload: bytes) -> None:
        try:
            order = Order(**dict(RolloutMessage.model_validate_json(payload))) if payload else None
        except ValidationError as error:
            first = error.errors()[0]
            text = f"{'.'.join(map(str, first['loc'])) or 'payload'}: {cause_of(first)}"
            self._answer(Answer(command=ROLLOUT, id=None, ok=False, text=text))
        else:
            self._follow(order)

    def _answer(self, answer: Answer) -> None:
        connection = self._connection
        try:
            if connection is not None:
                connection.publish(self._topics("answer"), answer.encode())
        except BrokerError as error:
            log.warning("answer=lost command=%s cause=%r", answer.command, error.cause)

    def _confirm(self, number: int) -> None:
        # Must not wait for anything: the caller holds locks that `publish` needs.
        self._confirmed.put(number)
        self._wake.set()

    def _take_confirmed(self) -> set[int]:
        numbers = set()
        try:
            while True:
                numbers.add(self._confirmed.get_nowait())
        except Empty:
            return numbers
