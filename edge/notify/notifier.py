"""Reads what happens from the event database, and has couriers tell it."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from threading import Event as Flag
from threading import Lock, Thread

from edge.config.schema import NotifyConfig
from edge.errors import EventsError
from edge.events.outbox import Outbox
from edge.health import HealthMonitor
from edge.host.pages import page
from edge.notify.courier import Compose, Courier, Limits
from edge.notify.destination import Destination
from edge.notify.notice import Notice
from edge.notify.queue import NoticeQueue
from edge.notify.rules import COMPONENT, Rules

log = logging.getLogger(__name__)

BATCH = 200
"""Events read at once."""

READ_EVENTS = 10_000
"""Events that may wait to be read; only a kiosk that could not read its own database for days has more."""

LOOK_S = 30.0
"""How often it looks by itself."""

RETRY_S = 2.0
"""After the database could not be used."""

CLOSE_S = 1.0
"""Within two seconds of SIGTERM the service ends."""


def _no_report() -> Notice | None:
    """Nobody wants one."""
    return None


class Notifier:
    """Has a thread of its own, and one for each destination. Whoever records an event only wakes it.

    Args:
        path: the event database.
        config: what is told, and how; asked each time.
        destinations: who is told.
        compose: makes a message of notices.
        limits: when messages may go.
        monitor: told when a destination cannot be reached.
        report: the report that is due, if one is.
        pause: for the couriers, see there.
    """

    def __init__(
        self,
        path: Path,
        *,
        config: Callable[[], NotifyConfig],
        destinations: Sequence[Destination],
        compose: Compose,
        limits: Callable[[], Limits],
        monitor: HealthMonitor,
        report: Callable[[], Notice | None] = _no_report,
        pause: Callable[[int], float] | None = None,
    ) -> None:
        self._monitor = monitor
        self._report = report
        self._reported = ""
        self._rules = Rules(config)
        self._outbox = Outbox(path, "notify", limit=READ_EVENTS, whole_past=False)
        self._queue = NoticeQueue(path, limit=config().queue)
        self._keys = [one.key for one in destinations]
        self._unsaved: list[Notice] = []
        self._troubles: dict[str, str] = {}
        self._lock = Lock()
        self._wake = Flag()
        self._stop = Flag()
        self._couriers = [
            Courier(one, self._queue, compose=compose, limits=limits, tell=self._tell, pause=pause)
            for one in destinations
        ]
        self._thread = Thread(target=self._run, name=COMPONENT, daemon=True)
        self._thread.start()

    def wake(self) -> None:
        """There are new events in the database."""
        self._wake.set()

    def gauges(self) -> dict[str, float]:
        """For the metrics."""
        values: dict[str, float] = {"notify_sent_messages_total": sum(one.sent for one in self._couriers)}
        try:
            waiting, dropped = self._queue.counts(self._keys)
        except EventsError as error:
            log.debug("notices=uncounted cause=%r", str(error))
        else:
            values |= {"notify_waiting_notices": waiting, "notify_dropped_notices_total": dropped}
        return values

    def close(self, timeout_s: float = CLOSE_S) -> None:
        """End at once; what was not sent is sent after the next start. May be called again."""
        until = time.monotonic() + timeout_s
        self._stop.set()
        self._wake.set()
        for courier in self._couriers:
            courier.stop()
        self._thread.join(max(0.0, until - time.monotonic()))
        for courier in self._couriers:
            courier.join(max(0.0, until - time.monotonic()))

    def _run(self) -> None:
        while not self._stop.is_set():
            self._wake.clear()
            try:
                while self._read() and not self._stop.is_set():
                    pass
                due_in_s = self._rules.due_in_s
                self._wake.wait(LOOK_S if due_in_s is None else min(due_in_s, LOOK_S))
            except EventsError as error:
                # The event log itself tells of a database that cannot be used; at first there is none yet.
                log.debug("events=unread cause=%r", str(error))
                self._stop.wait(RETRY_S)
            except Exception as error:  # the thread's border: a fault in here must not end the telling for good
                log.exception("notify=broken")
                self._monitor.fail(COMPONENT, f"{type(error).__name__}: {error}", "see the journal")
                self._stop.wait(LOOK_S)

    def _read(self) -> bool:
        """Read a portion of the events; whether there may be more."""
        events = self._outbox.take(BATCH)
        self._unsaved += self._rules.read(events)
        is_more = len(events) == BATCH
        if not is_more:
            self._unsaved += [*self._rules.due(), *self._report_due()]
        if events:
            self._outbox.confirm(events[-1].id)
        if self._unsaved:
            # Both or neither: what was read is not read again, and not forgotten.
            self._outbox.save_with(lambda connection: self._queue.add(connection, self._unsaved, self._keys))
            self._unsaved = []
            for courier in self._couriers:
                courier.wake()
        else:
            self._outbox.save()
        return is_more

    def _report_due(self) -> Sequence[Notice]:
        """The queue takes it once, however often it is due."""
        notice = self._report()
        if notice is None or notice.cause == self._reported:
            return ()
        self._reported = notice.cause
        return (notice,)

    def _tell(self, destination: Destination, trouble: str | None) -> None:
        """A destination cannot be reached, or can be again; from any courier's thread."""
        with self._lock:
            if trouble is None:
                self._troubles.pop(destination.name, None)
            else:
                self._troubles[destination.name] = trouble
            troubles = [f"{name}: {cause}" for name, cause in self._troubles.items()]
            if troubles:
                remedy = f"try it with: sudo maskgate notify test; see {page('notify.md')}"
                self._monitor.fail(COMPONENT, "; ".join(troubles), remedy)
            else:
                self._monitor.recover(COMPONENT)
