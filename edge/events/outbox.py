"""The queue for a reader outside: events of the database that it has not confirmed yet. Nothing is stored twice."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from edge.errors import EventsError
from edge.events.database import NEWEST, newest_event, open_beside
from edge.events.history import History, StoredEvent

_OLDEST = "SELECT coalesce(min(id), :newest + 1) FROM events"
_LOAD = "SELECT last_event, dropped FROM readers WHERE name = ?"
_SAVE = """INSERT INTO readers (name, last_event, dropped) VALUES (?, ?, ?)
    ON CONFLICT (name) DO UPDATE SET last_event = excluded.last_event, dropped = excluded.dropped"""

Note = Callable[[sqlite3.Connection], None]


def _nothing(_connection: sqlite3.Connection) -> None:
    """For a place that is written down alone."""


class Outbox:
    """A reader's place in the event database; used by one thread, survives the end of the process.

    At first it begins `limit` events before the newest, or with what happens from now on. Events that the database
    deleted unread, or that are more than `limit` behind the newest, are dropped and counted.

    Args:
        path: the event database.
        reader: a name for the place.
        limit: events that wait at most.
        whole_past: whether a reader that was never here before is told what the database holds already.

    Every method raises EventsError while the database cannot be used.
    """

    def __init__(self, path: Path, reader: str, *, limit: int, whole_past: bool = True) -> None:
        self._path = path
        self._begin = 0 if whole_past else newest_event(path)
        self._reader = reader
        self._limit = limit
        self._taken = 0
        self._confirmed = 0
        self._saved: tuple[int, int] | None = None
        self._newest = 0
        self.dropped = 0

    @property
    def waiting(self) -> int:
        """Events not confirmed yet, as far as the last `take` knew."""
        return max(0, self._newest - self._confirmed)

    def rewind(self) -> None:
        """Take all that is not confirmed again."""
        self._taken = self._confirmed

    def take(self, count: int) -> list[StoredEvent]:
        """The next events, oldest first, at most `count`."""
        self._look()
        if self._taken >= self._newest or count <= 0:
            return []
        events = list(History(self._path).events(after=self._taken, limit=count))
        if events:
            self._taken = events[-1].id
        return events

    def confirm(self, event: int) -> None:
        """The reader has every event up to this id."""
        self._confirmed = max(self._confirmed, event)

    def save(self) -> None:
        """Write down what was confirmed, if anything was."""
        if self._saved is not None and self._saved != (self._confirmed, self.dropped):
            with closing(self._open()) as connection:
                self._write(connection)

    def save_with(self, note: Note) -> None:
        """Write down what was confirmed together with what `note` writes: both, or neither."""
        with closing(self._open()) as connection:
            self._write(connection, note)

    def _look(self) -> None:
        """Find the newest event and drop those that are too far behind it."""
        with closing(self._open()) as connection:
            try:
                self._newest = connection.execute(NEWEST).fetchone()[0]
                oldest = connection.execute(_OLDEST, {"newest": self._newest}).fetchone()[0]
                place = connection.execute(_LOAD, (self._reader,)).fetchone()
            except sqlite3.Error as error:
                raise EventsError(f"{self._path}: cannot be read ({error})") from error
            floor = max(self._newest - self._limit, oldest - 1)
            if place is None:
                # The first time, or a damaged database was set aside and a fresh one begun.
                if self._saved is None:
                    floor = max(floor, min(self._begin, self._newest))
                self._confirmed = self._taken = max(0, floor)
                self._write(connection)
            elif self._saved is None:
                (self._confirmed, self.dropped), self._saved = place, place
                self.rewind()
            if floor > self._taken:
                self.dropped += floor - self._taken
                self._confirmed = self._taken = floor

    def _open(self) -> sqlite3.Connection:
        return open_beside(self._path)

    def _write(self, connection: sqlite3.Connection, note: Note = _nothing) -> None:
        try:
            connection.execute("BEGIN IMMEDIATE")
            note(connection)
            connection.execute(_SAVE, (self._reader, self._confirmed, self.dropped))
            connection.execute("COMMIT")
        except sqlite3.Error as error:
            raise EventsError(f"{self._path}: cannot be written ({error})") from error
        self._saved = (self._confirmed, self.dropped)
