"""A year of a busy door in the database: the kiosk starts, answers and forgets as quickly as ever."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from edge.events.database import open_database
from edge.events.history import History
from edge.events.outbox import Outbox
from edge.events.retention import INTERVAL_S, to_microseconds
from edge.types import Event, EventKind, Label
from tests.builders import event_log

pytestmark = pytest.mark.slow

DAYS = 365
VISITORS = 500
"""A day, between 7 and 19 h; each tells four or five events."""

LONG_S = 600.0
START_S = 20.0
"""From the start to the first event on the disk: the whole file is checked first, on a thread of its own."""

PAGE_S = 1.0
"""What a page asks for by itself."""

MONTH_S = 4.0
YEAR_S = 15.0
WAIT_S = 1.0
"""A new event is on the disk by then, even while the kiosk forgets three quarters of a year."""


def a_year(until: datetime) -> Iterator[tuple[int, str, int, int | None, str | None, str]]:
    """Rows of the table of events; every tenth visitor comes without a mask."""
    for day in range(DAYS):
        opens = until - timedelta(days=DAYS - day)
        for visitor in range(VISITORS):
            at = to_microseconds(opens + timedelta(hours=12 * visitor / VISITORS))
            is_bare = visitor % 10 == 0
            shown = "alert" if is_bare else "pass"
            yield at, "state", day, None, None, "idle -> checking"
            yield at + 400_000, "entry", day, visitor, "without_mask" if is_bare else "with_mask", ""
            yield at + 400_000, "state", day, None, None, f"checking -> {shown}"
            if is_bare:
                yield at + 400_000, "alert", day, None, None, ""
            yield at + 5_000_000, "state", day, None, None, f"{shown} -> idle"


@pytest.fixture
def database(tmp_path: Path) -> Path:
    """Written in bulk."""
    path = tmp_path / "events.db"
    with closing(open_database(path)) as connection:
        connection.execute("PRAGMA synchronous=OFF")
        connection.execute("BEGIN")
        insert = "INSERT INTO events (at, kind, run, track_id, label, detail) VALUES (?, ?, ?, ?, ?, ?)"
        connection.executemany(insert, a_year(datetime.now(UTC)))
        connection.execute("INSERT INTO visits SELECT id, run, track_id, label FROM events WHERE kind = 'entry'")
        connection.execute("COMMIT")
    return path


class Stopwatch:
    """Remembers how long things took, seconds."""

    def __init__(self) -> None:
        self.took_s: dict[str, float] = {}

    def __call__(self, name: str, call: Callable[[], object]) -> None:
        began = time.monotonic()
        call()
        self.took_s[name] = max(self.took_s.get(name, 0.0), time.monotonic() - began)


def test_a_year_of_events_slows_nothing_down(database: Path) -> None:
    """Start, pages, counters, queue and new events, before, while and after the kiosk forgets what is too old."""
    took, ahead_s = Stopwatch(), 0.0
    history, outbox, now = History(database), Outbox(database, "mqtt", limit=10_000), datetime.now(UTC)

    def ask() -> None:
        took("page: newest events", lambda: list(history.events(limit=50, newest_first=True)))
        took("page: a day by hours", lambda: history.tallies("hour", since=now - timedelta(hours=24)))
        took("page: today", lambda: history.tallies("day", since=now - timedelta(hours=9)))
        took("page: queue for the broker", lambda: outbox.take(100))
        took("month: by days", lambda: history.tallies("day", since=now - timedelta(days=30)))
        took("year: by days", lambda: history.tallies("day", since=now - timedelta(days=DAYS)))

    def tell() -> None:
        log.record(Event(EventKind.ENTRY, datetime.now(UTC), 1, Label.WITH_MASK))
        assert log.flush(LONG_S)

    rows = [f"{database.stat().st_size / 2**20:.0f} MiB"]
    log = event_log(
        database,
        wall_clock=lambda: datetime.now(UTC) + timedelta(seconds=ahead_s),
        clock=lambda: time.monotonic() + ahead_s,
    )
    with log:
        took("start: first event on the disk", tell)
        ask()
        ahead_s = INTERVAL_S
        until = time.monotonic() + LONG_S
        while _oldest(history) < now - timedelta(days=91):
            assert time.monotonic() < until, "forgets nothing"
            # The first one has the kiosk look for what is too old, the second comes in the middle of it.
            took("wait: a new event", tell)
            took("wait: a new event", tell)
            ask()
        ask()
    print()
    for name, seconds in took.took_s.items():
        print(f"{name}: {seconds:.2f} s")
    print("the database:", *rows, f"-> {sum(1 for _ in history.events())} events left")
    limits = {"start": START_S, "page": PAGE_S, "month": MONTH_S, "year": YEAR_S, "wait": WAIT_S}
    assert {name: s for name, s in took.took_s.items() if s > limits[name.partition(":")[0]]} == {}


def _oldest(history: History) -> datetime:
    return next(history.events(limit=1)).event.at
