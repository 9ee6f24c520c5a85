"""Writes down what happens: events go into the database on a thread of their own, so that nobody waits for the disk."""

from __future__ import annotations

import logging
import secrets
import sqlite3
import time
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from threading import Condition, Thread
from typing import Self

from edge.errors import EventsError
from edge.events.database import Trouble, explain, is_damage, may_pass, open_database, set_aside
from edge.events.incidents import AlertFacts, write_facts
from edge.events.retention import Bounds, Retention, to_microseconds
from edge.timing import utc_now
from edge.types import Event, EventKind, Label

log = logging.getLogger(__name__)

QUEUE_LIMIT = 10_000
"""Events kept in memory while nothing can be written: days of a quiet door, hours of a busy one."""

BATCH = 100
"""Events written in one transaction: a crowd costs one flush of the disk."""

RETRY_S = 1.0
"""Pause before what could not be written is tried again."""

CLOSE_S = 2.0
"""Nobody waits longer than this for the disk."""

MAX_DETAIL = 500
"""Characters; the rest is cut off."""

_INSERT = "INSERT INTO events (at, kind, run, track_id, label, detail) VALUES (?, ?, ?, ?, ?, ?)"
_VISIT = """INSERT INTO visits (first_event, run, track_id, label) VALUES (?, ?, ?, ?)
    ON CONFLICT (run, track_id) DO UPDATE SET label = excluded.label WHERE excluded.label <> 'uncertain'"""

_Stamped = tuple[int, Event | AlertFacts]
"""An event, or what is known of the alert before it, and the run it belongs to."""


def _tell_nobody() -> None:
    """For a log that nobody needs to be notified of."""


def log_trouble(trouble: Trouble | None) -> None:
    """Log that events cannot be written, or that they can be again."""
    if trouble is None:
        log.info("events=recovered")
    else:
        log.error("events=waiting cause=%r remedy=%r", trouble.cause, trouble.remedy)


class EventLog:
    """Records events in the order they are given, whatever their times; may be told from any thread.

    What is recorded before `start` waits in memory, as it does while the database is locked, the disk full or the
    folder missing: it is written later, in order; the oldest are dropped when there are too many, and an event says how
    many. A damaged database is set aside under a new name, and an event in the fresh one says so.

    Args:
        path: the database file; its folder is made if it is missing.
        bounds: tells what is to be kept, and how much; asked each time.
        queue_limit: events that wait in memory at most.
        wall_clock: UTC.
        clock: monotonic seconds.
        retry_s: seconds before a failed write is tried again.
    """

    def __init__(
        self,
        path: Path,
        *,
        bounds: Callable[[], Bounds],
        queue_limit: int = QUEUE_LIMIT,
        wall_clock: Callable[[], datetime] = utc_now,
        clock: Callable[[], float] = time.monotonic,
        retry_s: float = RETRY_S,
    ) -> None:
        self._path = path
        self._retention = Retention(bounds, wall_clock=wall_clock, clock=clock)
        self._queue_limit = queue_limit
        self._on_trouble: Callable[[Trouble | None], None] = log_trouble
        self._on_written: Callable[[], None] = _tell_nobody
        self._wall_clock = wall_clock
        self._retry_s = retry_s
        # Each start is a run: track ids begin anew.
        self._run = _new_run()
        self._changed = Condition()
        # Guarded by `_changed`:
        self._queue: deque[_Stamped] = deque()
        self._dropped: tuple[int, datetime] | None = None
        self._in_hand: list[_Stamped] = []
        self._trouble: Trouble | None = None
        self._closing = False
        # The writing thread's own:
        self._connection: sqlite3.Connection | None = None
        self._inode = 0
        self._thread = Thread(target=self._write_all, name="events", daemon=True)

    def start(
        self,
        *,
        on_trouble: Callable[[Trouble | None], None] = log_trouble,
        on_written: Callable[[], None] = _tell_nobody,
    ) -> Self:
        """Begin to write; to be called once, when everybody who is told is there.

        Args:
            on_trouble: told, from the writing thread, when events cannot be written (once for each cause), and with
                None when they can be again.
            on_written: told, from the writing thread, when new events are in the database; must return at once.
        """
        self._on_trouble, self._on_written = on_trouble, on_written
        self._thread.start()
        return self

    @property
    def path(self) -> Path:
        """The database file."""
        return self._path

    @property
    def trouble(self) -> Trouble | None:
        """Why events are waiting; None while all is well."""
        return self._trouble

    @property
    def waiting(self) -> int:
        """Events that are not in the database yet."""
        with self._changed:
            return len(self._queue) + len(self._in_hand)

    def record(self, event: Event) -> None:
        """Queue `event` for writing; returns at once and never fails."""
        with self._changed:
            if self._closing:
                log.warning("event=lost kind=%s cause='recorded after the end'", event.kind)
                return
            if len(self._queue) >= self._queue_limit:
                _, lost = self._queue.popleft()
                if isinstance(lost, Event):
                    self._dropped = ((self._dropped[0] if self._dropped else 0) + 1, lost.at)
            self._queue.append((self._run, event))
            self._changed.notify_all()

    def describe(self, facts: AlertFacts) -> None:
        """Queue what is known of the newest alert; returns at once, and gives way to events where there is no room."""
        with self._changed:
            if not self._closing and len(self._queue) < self._queue_limit:
                self._queue.append((self._run, facts))
                self._changed.notify_all()

    def flush(self, timeout_s: float = CLOSE_S) -> bool:
        """Wait until all that was recorded is in the database, on the disk; False if it is not after `timeout_s`."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._queue and not self._in_hand, timeout_s)

    def close(self, timeout_s: float = CLOSE_S) -> None:
        """Write what can be written within `timeout_s`, and end; may be called again."""
        with self._changed:
            self._closing = True
            self._changed.notify_all()
        if self._thread.ident is not None:
            self._thread.join(timeout_s)
        if self.waiting:
            log.error("events=lost count=%d cause='could not be written before the end'", self.waiting)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _write_all(self) -> None:
        """The writing thread."""
        last_tries = 2
        while (batch := self._take()) is not None:
            try:
                self._write(batch)
                self._retention.expire(self._connect())
                self._tell(None)
            except (sqlite3.Error, OSError, EventsError) as error:
                self._fail(error)
                if not self._pause():
                    # The second is for what could not be written because the database was damaged.
                    last_tries -= 1
                    if not last_tries:
                        break
            except Exception:  # the thread's border: a batch that cannot be understood must not hold up the others
                log.exception("events=lost count=%d", len(batch))
                self._finish_batch()
        self._disconnect()

    def _take(self) -> list[_Stamped] | None:
        """What to write next: what failed before, or the head of the queue; empty if it is time to look after the file.

        None when all is done.
        """
        with self._changed:
            if not self._in_hand:
                is_well = self._connection is not None and self._trouble is None
                self._changed.wait_for(
                    lambda: self._queue or self._closing, self._retention.due_in_s if is_well else 0.0
                )
                if self._closing and not self._queue:
                    return None
                if self._dropped:
                    count, at = self._dropped
                    lost = Event(EventKind.DROPPED, at, detail=f"{count} events: the queue in memory was full")
                    self._in_hand.append((self._run, lost))
                    self._dropped = None
                self._in_hand += [self._queue.popleft() for _ in range(min(BATCH, len(self._queue)))]
            return self._in_hand

    def _write(self, batch: Sequence[_Stamped]) -> None:
        connection = self._connect()
        self._retention.make_room(connection, sum(_size(item) for _, item in batch))
        if batch:
            connection.execute("BEGIN IMMEDIATE")
            for run, item in batch:
                if isinstance(item, Event):
                    _insert(connection, _row(run, item))
                else:
                    write_facts(connection, run, item)
            connection.execute("COMMIT")
            self._on_written()
        self._finish_batch()

    def _finish_batch(self) -> None:
        with self._changed:
            self._in_hand = []
            self._changed.notify_all()

    def _fail(self, error: Exception) -> None:
        """Make ready for another try."""
        if self._connection is not None and self._connection.in_transaction:
            with suppress(sqlite3.Error):
                self._connection.rollback()
        if not may_pass(error):
            self._disconnect()
        if is_damage(error):
            self._set_aside(error)
        self._tell(explain(error, self._path))

    def _pause(self) -> bool:
        """Wait before another try; False if the end has come meanwhile."""
        with self._changed:
            return not self._changed.wait_for(lambda: self._closing, self._retry_s)

    def _tell(self, trouble: Trouble | None) -> None:
        if trouble == self._trouble:
            return
        self._trouble = trouble
        try:
            self._on_trouble(trouble)
        except Exception:  # not ours, and no reason to stop writing
            log.exception("events=untold trouble=%s", trouble)

    def _set_aside(self, error: Exception) -> None:
        now = self._wall_clock()
        try:
            target = set_aside(self._path, now)
        except (OSError, EventsError) as failure:
            log.error("database=damaged cause=%r effect='cannot be set aside: %s'", str(error), failure)
            return
        log.error("database=damaged cause=%r set_aside=%s", str(error), target)
        event = Event(EventKind.DATABASE, now, detail=f"damaged, set aside as {target.name} ({error})")
        with self._changed:
            self._in_hand.insert(0, (self._run, event))

    def _connect(self) -> sqlite3.Connection:
        """The open database; opened anew if somebody has moved or deleted the file."""
        if self._connection is not None and _inode(self._path) != self._inode:
            log.warning("database=gone path=%s effect='a fresh one is begun'", self._path)
            self._disconnect()
        if self._connection is None:
            self._connection = open_database(self._path)
            self._inode = _inode(self._path)
        return self._connection

    def _disconnect(self) -> None:
        if self._connection is not None:
            with suppress(sqlite3.Error):
                self._connection.close()
            self._connection = None


def _new_run() -> int:
    """Needs no counter that could be lost; 48 bits fit a JavaScript number."""
    return secrets.randbits(48)


def _inode(path: Path) -> int:
    try:
        return path.stat().st_ino
    except FileNotFoundError:
        return 0


_Row = tuple[int, str, int, int | None, str | None, str]


def _row(run: int, event: Event) -> _Row:
    # Half a surrogate pair, as in an undecodable file name, cannot be stored.
    detail = event.detail[:MAX_DETAIL].encode("utf-8", "replace").decode()
    return to_microseconds(event.at), str(event.kind), run, event.track_id, event.label, detail


def _size(item: Event | AlertFacts) -> int:
    """Bytes, about."""
    return 100 + (len(item.detail[:MAX_DETAIL].encode("utf-8", "replace")) if isinstance(item, Event) else 900)


def _insert(connection: sqlite3.Connection, row: _Row) -> None:
    event_id = connection.execute(_INSERT, row).lastrowid
    _, kind, run, track_id, label, _ = row
    if kind == EventKind.ENTRY:
        connection.execute(_VISIT, (event_id, run, track_id, label or Label.UNCERTAIN))
