"""Takes back what a kiosk left at a broker under a name, or a broker, that it has no more."""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass, replace
from queue import Empty, SimpleQueue
from threading import Event as Flag
from threading import Thread

from edge.mqtt.announced import Announced, Announcement
from edge.mqtt.connection import CONNECT_S, KEEP_ALIVE_S, Broker, BrokerError, Connection
from edge.mqtt.messages import ONLINE
from edge.timing import pause_s

log = logging.getLogger(__name__)

KEPT_S = 2.0
"""What a broker keeps has come by then, once it is asked for."""

GONE_S = 1.5 * KEEP_ALIVE_S + 5.0
"""By then a broker has said `offline` for a kiosk that is gone."""

LONGEST_PAUSE_S = 600.0
"""Before another attempt of a kiosk that speaks to no broker any more."""

STEP_S = 0.1
"""How soon the end of the service is noticed."""

REMEDY = "maskgate mqtt forget {name}, with --username and --password-file of a login that may write there"


class AliveError(BrokerError):
    """Somebody speaks under that name now; nothing was taken back."""


@dataclass(frozen=True, slots=True)
class TakenBack:
    """What was done.

    Attributes:
        topics: that hold nothing any more.
        was_known: whether the broker had heard of the name, as far as this login may read it.
    """

    topics: tuple[str, ...]
    was_known: bool


def take_back(
    announcement: Announcement, *, keep: Collection[str] = (), patience_s: float = GONE_S, stop: Flag | None = None
) -> TakenBack:
    """Have the broker keep nothing of a name.

    Args:
        announcement: what was announced, and the login to use.
        keep: topics that are still in use.
        patience_s: how long to wait for the word that a kiosk of this name is gone, seconds.
        stop: ends the wait.

    Raises:
        AliveError: if a kiosk of this name is there.
        BrokerError: if the broker cannot be had, or refuses.
    """
    topics = tuple(topic for topic in announcement.retained if topic not in keep)
    available = announcement.topics("available")
    heard: SimpleQueue[bytes] = SimpleQueue()
    confirmed: SimpleQueue[int] = SimpleQueue()
    connection = Connection(
        announcement.broker,
        client_id=f"{announcement.topics.identity}-leaves",
        will=None,
        on_message=lambda _topic, payload, _retained: heard.put(payload),
        on_confirmed=confirmed.put,
        on_end=lambda: confirmed.put(0),
    )
    try:
        was_known = True
        if available in topics:
            connection.subscribe(available)
            was_known = _await_end(announcement, heard, patience_s, stop or Flag())
        numbers = {connection.publish(topic, b"", retain=True) for topic in topics}
        _await_confirmation(connection, numbers, confirmed)
    finally:
        connection.close()
    return TakenBack(topics, was_known)


def _await_end(announcement: Announcement, heard: SimpleQueue[bytes], patience_s: float, stop: Flag) -> bool:
    """Wait until no kiosk of this name is there; tells whether the broker knew of one."""
    said: bytes | None = None
    until = time.monotonic() + KEPT_S
    while time.monotonic() < until and not stop.is_set():
        with suppress(Empty):
            said = heard.get(timeout=STEP_S)
            if said != ONLINE:
                return said != b""
            until = max(until, time.monotonic() + patience_s)
    if said == ONLINE:
        name = announcement.topics.kiosk
        raise AliveError(f"{announcement.broker}: a kiosk called {name} is online", "stop it, or wait a minute")
    return False


def _await_confirmation(connection: Connection, numbers: set[int], confirmed: SimpleQueue[int]) -> None:
    until = time.monotonic() + CONNECT_S
    while numbers:
        try:
            numbers.discard(confirmed.get(timeout=max(0.0, until - time.monotonic())))
        except Empty:
            raise BrokerError("the broker does not confirm what it is sent", "see the broker's log") from None
        if connection.error is not None:
            raise connection.error


class Leftovers:
    """What is to be taken back of former names and brokers.

    Args:
        announced: what is remembered; forgets what was taken back.
        present: what is announced from now on; None if nothing is.
    """

    def __init__(self, announced: Announced, present: Announcement | None) -> None:
        self._announced = announced
        self._present = present
        self._given_up: set[Announcement] = set()

    def take_back(self, stop: Flag) -> bool:
        """Try each once; tells whether there is nothing to be tried again."""
        for old in self._announced.all():
            if old != self._present and old not in self._given_up and not stop.is_set():
                self._try(old, stop)
        if self._present is not None:
            self._announced.add(self._present)
        return all(old == self._present or old in self._given_up for old in self._announced.all())

    def keep_trying(self, stop: Flag) -> Thread:
        """Do so on a thread of its own, again and again, until nothing is left."""

        def run() -> None:
            failures = 0
            while not stop.is_set() and not self.take_back(stop):
                failures += 1
                stop.wait(pause_s(failures, random.random(), longest_s=LONGEST_PAUSE_S))  # noqa: S311 - spreads load, hides nothing

        thread = Thread(target=run, name="mqtt-leftovers", daemon=True)
        thread.start()
        return thread

    def _try(self, old: Announcement, stop: Flag) -> None:
        if set(old.retained) <= set(self._kept(old)):
            # Only the login is another.
            self._announced.remove(old)
            return
        name, error = old.topics.kiosk, None
        for login in self._logins(old):
            try:
                taken = take_back(replace(old, broker=login), keep=self._kept(old), stop=stop)
            except AliveError as alive:
                # It was this kiosk's name once, and is another's now.
                log.info("leftover=alive name=%s cause=%r", name, alive.cause)
                break
            except BrokerError as refused:
                error = refused
            else:
                log.info("leftover=gone name=%s broker=%s topics=%d", name, login, len(taken.topics))
                break
        else:
            assert error is not None
            log.warning("leftover=stays name=%s cause=%r remedy=%r", name, error.cause, REMEDY.format(name=name))
            # While the line itself cannot be had either, or there is none, it is tried again.
            if error.is_refusal or (self._present is not None and not old.is_at(self._present.broker)):
                self._given_up.add(old)
            return
        if not stop.is_set():
            self._announced.remove(old)

    def _kept(self, old: Announcement) -> tuple[str, ...]:
        present = self._present
        return present.retained if present is not None and old.is_at(present.broker) else ()

    def _logins(self, old: Announcement) -> tuple[Broker, ...]:
        """The present one, if it is the same broker, and that of then."""
        present = self._present
        if present is None or not old.is_at(present.broker) or present.broker == old.broker:
            return (old.broker,)
        return (present.broker, old.broker)
