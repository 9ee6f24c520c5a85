"""Notices that wait on the disk, in the event database: bounded, and each told once to each who is told."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from edge.errors import EventsError
from edge.events.database import open_beside
from edge.events.retention import EPOCH, to_microseconds
from edge.notify.notice import Notice

KEPT = timedelta(days=8)
"""How long what was sent is remembered: longer than from one weekly report to the next."""

_OVER = "over: "
"""Begins the stored detail of what tells that a fault has ended."""

_INSERT = """INSERT OR IGNORE INTO notices (destination, rule, cause, at, detail) VALUES (?, ?, ?, ?, ?)"""
_WAITING = """SELECT id, rule, cause, at, detail FROM notices
    WHERE destination = ? AND sent_at IS NULL ORDER BY id LIMIT ?"""
_EXCESS = """DELETE FROM notices WHERE id IN (SELECT id FROM notices
    WHERE destination = ? AND sent_at IS NULL ORDER BY id DESC LIMIT -1 OFFSET ?)"""
_DROP = """INSERT INTO readers (name, last_event, dropped) VALUES (?, 0, ?)
    ON CONFLICT (name) DO UPDATE SET dropped = dropped + excluded.dropped"""


@dataclass(frozen=True, slots=True)
class Waiting:
    """A notice that waits for one who is told."""

    id: int
    notice: Notice


class NoticeQueue:
    """The notices of a database; may be used from any thread. Holds nothing open.

    Every method raises EventsError while the database cannot be used.

    Args:
        path: the event database.
        limit: notices that wait at most for each who is told.
    """

    def __init__(self, path: Path, *, limit: int) -> None:
        self._path = path
        self._limit = limit

    def add(self, connection: sqlite3.Connection, notices: Sequence[Notice], destinations: Sequence[str]) -> None:
        """Add them for each destination, within the transaction of a connection; the oldest give way, and are counted.

        Raises:
            sqlite3.Error: if they cannot be written.
        """
        for destination in destinations:
            connection.executemany(_INSERT, [_row(destination, notice) for notice in notices])
            dropped = connection.execute(_EXCESS, (destination, self._limit)).rowcount
            if dropped:
                _count(connection, destination, dropped)

    def put(self, notices: Sequence[Notice], destinations: Sequence[str]) -> None:
        """Add them in a transaction of their own."""
        with self._writing() as connection:
            self.add(connection, notices, destinations)

    def waiting(self, destination: str) -> list[Waiting]:
        """All that waits for it, oldest first."""
        with self._open() as connection:
            rows = connection.execute(_WAITING, (destination, self._limit)).fetchall()
        return [Waiting(row[0], _notice(row)) for row in rows]

    def last_sent(self, destination: str, *, since: datetime, until: datetime) -> list[datetime]:
        """When messages were sent to it, oldest first: a summary of many notices is one message."""
        query = """SELECT DISTINCT sent_at FROM notices WHERE destination = ? AND sent_at > ? AND sent_at <= ?
            ORDER BY sent_at"""
        with self._open() as connection:
            span = (to_microseconds(since), to_microseconds(until))
            return [EPOCH + timedelta(microseconds=at) for (at,) in connection.execute(query, (destination, *span))]

    def settle(self, sent: Sequence[Waiting], at: datetime) -> None:
        """They were sent, in one message."""
        with self._writing() as connection:
            place = to_microseconds(at)
            connection.executemany("UPDATE notices SET sent_at = ? WHERE id = ?", [(place, one.id) for one in sent])
            connection.execute("DELETE FROM notices WHERE sent_at < ?", (to_microseconds(at - KEPT),))

    def drop(self, refused: Sequence[Waiting], destination: str) -> None:
        """They will never be taken; counted."""
        with self._writing() as connection:
            connection.executemany("DELETE FROM notices WHERE id = ?", [(one.id,) for one in refused])
            _count(connection, destination, len(refused))

    def counts(self, destinations: Sequence[str]) -> tuple[int, int]:
        """How many wait for them together, and how many were dropped in all."""
        waiting = dropped = 0
        with self._open() as connection:
            for one in destinations:
                query = "SELECT count(*) FROM notices WHERE destination = ? AND sent_at IS NULL"
                waiting += connection.execute(query, (one,)).fetchone()[0]
                place = connection.execute("SELECT dropped FROM readers WHERE name = ?", (_reader(one),)).fetchone()
                dropped += place[0] if place else 0
        return waiting, dropped

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        with closing(open_beside(self._path)) as connection:
            try:
                yield connection
            except sqlite3.Error as error:
                raise EventsError(f"{self._path}: cannot be used ({error})") from error

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        with self._open() as connection:
            # What was sent must not be forgotten by a power cut, or it is sent again.
            connection.execute("PRAGMA synchronous=FULL")
            connection.execute("BEGIN IMMEDIATE")
            yield connection
            connection.execute("COMMIT")


def _count(connection: sqlite3.Connection, destination: str, dropped: int) -> None:
    connection.execute(_DROP, (_reader(destination), dropped))


def _reader(destination: str) -> str:
    return f"notify {destination}"


def _row(destination: str, notice: Notice) -> tuple[str, str, str, int, str]:
    detail = _OVER * notice.is_over + notice.detail
    return destination, notice.rule, notice.cause, to_microseconds(notice.at), detail


def _notice(row: tuple[int, str, str, int, str]) -> Notice:
    _, rule, cause, at, detail = row
    told_at = EPOCH + timedelta(microseconds=at)
    return Notice(rule, cause, told_at, detail.removeprefix(_OVER), detail.startswith(_OVER))  # type: ignore[arg-type]
