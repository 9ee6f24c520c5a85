"""Takes what waits for one who is told there: when it may, and again until it is taken."""

from __future__ import annotations

import logging
import random
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Event as Flag
from threading import Thread

from edge.errors import EventsError
from edge.notify.destination import Bulletin, DeliveryError, Destination
from edge.notify.queue import NoticeQueue, Waiting
from edge.timing import pause_s, utc_now

log = logging.getLogger(__name__)

HOUR = timedelta(hours=1)

LOOK_S = 30.0
"""How often it is looked whether something that was held may go by now."""

LONGEST_PAUSE_S = 300.0
"""Between two attempts."""

MOST_REFUSALS = 3
"""A message that is refused for good this often is given up: it must not hold up the others for ever."""


@dataclass(frozen=True, slots=True)
class Limits:
    """When messages may go.

    Attributes:
        is_quiet: whether nothing is sent now.
        per_hour: messages in an hour at most.
    """

    is_quiet: bool
    per_hour: int


Compose = Callable[[Sequence[Waiting], Destination], Bulletin]
Tell = Callable[[Destination, str | None], None]
"""Told why a destination cannot be reached, or None when it can."""


def choose(
    waiting: Sequence[Waiting], *, limits: Limits, sent: int, was_held: bool
) -> tuple[Sequence[Waiting] | None, bool]:
    """What goes next in one message, None for nothing yet; and whether anything is being held.

    Args:
        waiting: oldest first.
        limits: when messages may go.
        sent: messages sent within the last hour.
        was_held: whether what waits was held before, so that it goes as a summary. A report goes alone.
    """
    if not waiting:
        return None, False
    left = limits.per_hour - sent
    if limits.is_quiet or left <= 0:
        return None, True
    if waiting[0].notice.rule == "report":
        return waiting[:1], was_held
    others = [one for one in waiting if one.notice.rule != "report"]
    if was_held or len(others) > left:
        return others, was_held
    return waiting[:1], False


class Courier:
    """One thread for one destination, so that one that hangs holds up nobody else.

    A message is marked as sent when the destination has taken it, and before anything else is sent. What was not taken
    goes again as it was, so that nobody gets a part of it twice.

    Args:
        destination: who is told.
        queue: what waits.
        compose: makes a message of it.
        limits: when messages may go; asked each time.
        tell: told of trouble and of its end.
        wall_clock: UTC.
        pause: seconds before the next attempt, after so many failures.
    """

    def __init__(
        self,
        destination: Destination,
        queue: NoticeQueue,
        *,
        compose: Compose,
        limits: Callable[[], Limits],
        tell: Tell,
        wall_clock: Callable[[], datetime] = utc_now,
        pause: Callable[[int], float] | None = None,
    ) -> None:
        self.destination = destination
        self.sent = 0
        self._queue = queue
        self._compose = compose
        self._limits = limits
        self._tell = tell
        self._wall_clock = wall_clock
        self._pause = pause or _pause
        self._wake = Flag()
        self._stop = Flag()
        self._is_holding = False
        self._refusals: Counter[int] = Counter()
        self._thread = Thread(target=self._run, name=f"notify {destination.name}", daemon=True)
        self._thread.start()

    def wake(self) -> None:
        """Something may be waiting."""
        self._wake.set()

    def stop(self) -> None:
        """End after the present attempt; see `join`."""
        self._stop.set()
        self._wake.set()

    def join(self, timeout_s: float) -> None:
        """Wait for the end; a server that hangs is left alone, and what it was being told is told again next time."""
        self._thread.join(timeout_s)

    def _run(self) -> None:
        while not self._stop.is_set():
            self._wake.clear()
            try:
                batch = self._next()
                if batch:
                    self._deliver(batch)
                    continue
            except EventsError as error:
                # The event log itself tells of a database that cannot be used.
                log.debug("notices=unread cause=%r", str(error))
            except Exception:  # the thread's border: a fault in here must not end the telling for good
                log.exception("notify=broken")
                self._stop.wait(LONGEST_PAUSE_S)
            self._wake.wait(LOOK_S)

    def _next(self) -> Sequence[Waiting] | None:
        key, now = self.destination.key, self._wall_clock()
        waiting = self._queue.waiting(key)
        sent = len(self._queue.last_sent(key, since=now - HOUR, until=now)) if waiting else 0
        batch, self._is_holding = choose(waiting, limits=self._limits(), sent=sent, was_held=self._is_holding)
        return batch

    def _deliver(self, batch: Sequence[Waiting]) -> None:
        """Send until it is taken, or given up, or the end comes."""
        bulletin = self._compose(batch, self.destination)
        failures = 0
        while not self._stop.is_set():
            try:
                self.destination.send(bulletin)
            except DeliveryError as error:
                failures += 1
                log.debug("notify=failed destination=%r cause=%r", self.destination.name, str(error))
                self._tell(self.destination, str(error))
                if error.is_final and self._is_given_up(batch):
                    self._insist(lambda: self._queue.drop(batch, self.destination.key))
                    return
                self._stop.wait(self._pause(failures))
            else:
                self._insist(lambda: self._queue.settle(batch, self._wall_clock()))
                self.sent += 1
                self._tell(self.destination, None)
                return

    def _is_given_up(self, batch: Sequence[Waiting]) -> bool:
        self._refusals[batch[0].id] += 1
        if self._refusals[batch[0].id] < MOST_REFUSALS:
            return False
        del self._refusals[batch[0].id]
        log.error("notices=lost count=%d destination=%r cause='refused'", len(batch), self.destination.name)
        return True

    def _insist(self, note: Callable[[], None]) -> None:
        """Write down what became of a message: it must not be sent again because a disk was full for a while."""
        while True:
            try:
                note()
            except EventsError as error:
                log.debug("notices=unmarked cause=%r", str(error))
                if self._stop.wait(1.0):
                    return
            else:
                return


def _pause(failures: int) -> float:
    return pause_s(failures, random.random(), longest_s=LONGEST_PAUSE_S)  # noqa: S311 - spreads load, hides nothing
