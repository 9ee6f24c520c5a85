"""The queue for the broker."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from edge.errors import EventsError
from edge.events.outbox import Outbox
from edge.types import Event, EventKind
from tests.builders import event_log

T0 = datetime(2026, 3, 1, 8, 0, tzinfo=UTC)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "events.db"


def write(path: Path, count: int) -> None:
    """Record `count` more events."""
    with event_log(path) as log:
        for number in range(count):
            log.record(Event(EventKind.STATE, T0 + timedelta(seconds=number)))


def take(outbox: Outbox, count: int = 1000) -> list[int]:
    return [stored.id for stored in outbox.take(count)]


def test_events_are_taken_in_order_and_once(path: Path) -> None:
    """In portions, and then as they come."""
    write(path, 5)
    outbox = Outbox(path, "mqtt", limit=100)
    assert [take(outbox, 2), take(outbox, 0), take(outbox, 9), take(outbox)] == [[1, 2], [], [3, 4, 5], []]
    write(path, 2)
    assert take(outbox) == [6, 7]
    assert outbox.waiting == 7


def test_what_was_not_confirmed_is_taken_again(path: Path) -> None:
    """After a lost connection, and after the end of the process."""
    write(path, 5)
    outbox = Outbox(path, "mqtt", limit=100)
    take(outbox)
    outbox.confirm(2)
    outbox.rewind()
    assert take(outbox) == [3, 4, 5]
    outbox.save()
    again = Outbox(path, "mqtt", limit=100)
    assert take(again) == [3, 4, 5]
    assert take(Outbox(path, "another", limit=100)) == [1, 2, 3, 4, 5]


def test_a_long_outage_drops_the_oldest_and_counts_them(path: Path) -> None:
    """The newest `limit` are kept; the count outlives the process."""
    write(path, 3)
    outbox = Outbox(path, "mqtt", limit=4)
    assert take(outbox) == [1, 2, 3]
    outbox.confirm(3)
    outbox.save()
    write(path, 10)
    assert take(outbox) == [10, 11, 12, 13]
    assert outbox.dropped == 6
    outbox.confirm(13)
    outbox.save()
    again = Outbox(path, "mqtt", limit=4)
    assert take(again) == []
    assert (again.dropped, again.waiting) == (6, 0)


def test_events_that_were_deleted_unread_are_counted(path: Path) -> None:
    """Age and size bound the database, too."""
    write(path, 10)
    outbox = Outbox(path, "mqtt", limit=100)
    assert take(outbox, 2) == [1, 2]
    with closing(sqlite3.connect(path)) as database, database:
        database.execute("DELETE FROM events WHERE id <= 6")
    assert take(outbox) == [7, 8, 9, 10]
    assert outbox.dropped == 4


def test_at_first_it_begins_with_the_newest(path: Path) -> None:
    """Years of events are not poured over a new broker, and are no loss."""
    write(path, 10)
    outbox = Outbox(path, "mqtt", limit=3)
    assert take(outbox) == [8, 9, 10]
    assert outbox.dropped == 0


def test_a_fresh_database_is_begun_anew(path: Path) -> None:
    """When a damaged one was set aside, the numbers start again and nothing is missed."""
    write(path, 5)
    outbox = Outbox(path, "mqtt", limit=100)
    take(outbox)
    outbox.confirm(5)
    path.unlink()
    for suffix in ("-wal", "-shm"):
        Path(f"{path}{suffix}").unlink(missing_ok=True)
    write(path, 3)
    assert take(outbox) == [1, 2, 3]


def test_without_a_database_there_is_an_error(path: Path) -> None:
    """Not an empty queue: it may come yet, and then all is there."""
    outbox = Outbox(path, "mqtt", limit=100)
    with pytest.raises(EventsError, match="no such event database"):
        outbox.take(1)
    outbox.save()
    write(path, 1)
    assert take(outbox) == [1]
