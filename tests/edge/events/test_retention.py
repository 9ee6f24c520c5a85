"""The database's bounds of age and size."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from edge.events.database import open_database
from edge.events.retention import EPOCH, INTERVAL_S, STEP_ROWS, Bounds, Retention, to_microseconds

T0 = datetime(2026, 3, 1, tzinfo=UTC)
MIB = 2**20


class Clocks:
    """A wall clock and a monotonic one, which go together unless the first jumps."""

    def __init__(self) -> None:
        self.wall, self.mono = T0, 1000.0

    def go(self, seconds: float) -> None:
        self.wall += timedelta(seconds=seconds)
        self.mono += seconds


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    opened = open_database(tmp_path / "events.db")
    yield opened
    opened.close()


@pytest.fixture
def clocks() -> Clocks:
    return Clocks()


def make(clocks: Clocks, *, max_age_days: float = 10, max_bytes: int = MIB) -> Retention:
    bounds = Bounds(max_age_days, max_bytes)
    return Retention(lambda: bounds, wall_clock=lambda: clocks.wall, clock=lambda: clocks.mono)


def fill(connection: sqlite3.Connection, times: list[datetime], detail: str = "") -> None:
    """One entry with its visit for each time."""
    connection.execute("BEGIN")
    for at in times:
        row = (to_microseconds(at), detail)
        number = connection.execute(
            "INSERT INTO events (at, kind, run, detail) VALUES (?, 'entry', 1, ?)", row
        ).lastrowid
        connection.execute("INSERT INTO visits (first_event, run, label) VALUES (?, 1, 'with_mask')", (number,))
    connection.execute("COMMIT")


def ids(connection: sqlite3.Connection, table: str = "events", column: str = "id") -> list[int]:
    return [row[0] for row in connection.execute(f"SELECT {column} FROM {table} ORDER BY 1")]


@pytest.mark.parametrize(("max_age_days", "max_bytes"), [(0, MIB), (-1, MIB), (1, MIB - 1)])
def test_bounds_that_leave_no_room_are_refused(clocks: Clocks, max_age_days: float, max_bytes: int) -> None:
    """An age of nothing, or a file too small to hold a batch, is a mistake."""
    with pytest.raises(ValueError, match="expected max_age_days > 0 and max_bytes >= 1 MiB"):
        make(clocks, max_age_days=max_age_days, max_bytes=max_bytes)


def test_old_events_go_with_their_visits(connection: sqlite3.Connection, clocks: Clocks) -> None:
    """Each event goes by its own time, wherever it stands in the order; looked for every ten minutes."""
    retention = make(clocks)
    ages = [20, 9, 11, 0, 10.5, 1]
    fill(connection, [T0 - timedelta(days=age) for age in ages] * 200)
    retention.expire(connection)
    assert len(ids(connection)) == 1200
    assert retention.due_in_s == INTERVAL_S
    clocks.go(INTERVAL_S)
    assert retention.due_in_s == 0
    while not retention.due_in_s:
        retention.expire(connection)
    kept = [index + 1 for index, age in enumerate(ages * 200) if age < 10]
    assert ids(connection) == kept
    assert ids(connection, "visits", "first_event") == kept


def test_old_events_go_step_by_step(connection: sqlite3.Connection, clocks: Clocks) -> None:
    """However many are too old at once, a call deletes a few, so that new ones are written in between."""
    retention = make(clocks)
    fill(connection, [T0 - timedelta(days=20)] * (3 * STEP_ROWS) + [T0])
    clocks.go(INTERVAL_S)
    left = []
    while not retention.due_in_s:
        retention.expire(connection)
        left.append(len(ids(connection)))
    assert left == [2 * STEP_ROWS + 1, STEP_ROWS + 1, 1, 1]
    assert retention.due_in_s == INTERVAL_S


@pytest.mark.parametrize("jump", [timedelta(days=4000), timedelta(minutes=-2)])
def test_a_clock_that_jumped_is_not_believed(
    connection: sqlite3.Connection, clocks: Clocks, jump: timedelta, caplog: pytest.LogCaptureFixture
) -> None:
    """Nothing expires in the interval of the jump, nor after the clock is set right; a clock that stays is believed."""
    retention = make(clocks)
    fill(connection, [T0, T0 - timedelta(days=4020)])
    clocks.wall += jump
    clocks.go(INTERVAL_S)
    retention.expire(connection)
    assert ids(connection) == [1, 2]
    assert "cause='the clock jumped by" in caplog.text
    clocks.wall -= jump
    clocks.go(INTERVAL_S)
    retention.expire(connection)
    assert ids(connection) == [1, 2]
    clocks.go(INTERVAL_S)
    retention.expire(connection)
    assert ids(connection) == [1]


def test_the_file_stays_within_its_bound(connection: sqlite3.Connection, clocks: Clocks, tmp_path: Path) -> None:
    """However much is written the newest stay, more than half the room is used, and ids go on."""
    retention = make(clocks)
    for _ in range(60):
        retention.make_room(connection, 100 * 600)
        fill(connection, [T0] * 100, "x" * 500)
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    kept = ids(connection)
    assert kept == list(range(kept[0], 6001))
    assert len(kept) * 500 > MIB / 2
    assert ids(connection, "visits", "first_event") == kept
    assert (tmp_path / "events.db").stat().st_size <= MIB


def test_a_lowered_bound_shrinks_the_file(connection: sqlite3.Connection, clocks: Clocks, tmp_path: Path) -> None:
    """The oldest go, and the disk gets its room back."""
    fill(connection, [T0] * 6000, "x" * 500)
    make(clocks).make_room(connection, 0)
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    assert ids(connection)[-1] == 6000
    assert MIB / 2 < (tmp_path / "events.db").stat().st_size <= MIB


def test_other_bounds_count_from_the_next_look_on(connection: sqlite3.Connection, clocks: Clocks) -> None:
    """A reload that keeps events for a week instead of ninety days forgets the older ones within ten minutes."""
    bounds = Bounds(90, 100 * MIB)
    retention = Retention(lambda: bounds, wall_clock=lambda: clocks.wall, clock=lambda: clocks.mono)
    fill(connection, [T0 - timedelta(days=age) for age in (80, 8, 6)])
    clocks.go(INTERVAL_S)
    retention.expire(connection)
    assert ids(connection) == [1, 2, 3]
    bounds = Bounds(7, MIB)
    clocks.go(INTERVAL_S)
    retention.expire(connection)
    assert ids(connection) == [3]
    fill(connection, [T0] * 6000, "x" * 500)
    retention.make_room(connection, 0)
    assert ids(connection)[0] > 3


def test_an_empty_database_has_nothing_to_delete(connection: sqlite3.Connection, clocks: Clocks) -> None:
    """Room for more than there will ever be is not looked for forever."""
    make(clocks).make_room(connection, 100 * MIB)
    assert ids(connection) == []


def test_times_are_counted_in_microseconds() -> None:
    """Exactly, whatever the zone and however far away."""
    assert to_microseconds(EPOCH) == 0
    assert to_microseconds(datetime.fromisoformat("2200-01-01T01:00:00.000001+01:00")) == 7258118400000001
