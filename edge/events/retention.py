"""Keeps the event database within its bounds of age and size."""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

log = logging.getLogger(__name__)

INTERVAL_S = 600.0
"""How often old events are looked for."""

CLOCK_TOLERANCE_S = 60.0
"""Within an interval the clock on the wall may gain or lose this much and still be believed."""

STEP_ROWS = 250
"""Rows deleted in one transaction at least: small enough to keep the write-ahead log small."""

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def to_microseconds(at: datetime) -> int:
    """Since 1970, UTC."""
    return (at - EPOCH) // _MICROSECOND


@dataclass(frozen=True, slots=True)
class Bounds:
    """What is kept.

    Attributes:
        max_age_days: events older than this go. A clock that has just jumped is not believed for one interval, so
            that a kiosk whose clock is set wrong, and set right again, keeps its events.
        max_bytes: what the database file may grow to; its write-ahead log, a MiB or so, comes on top.

    Raises:
        ValueError: if there would be no room for anything.
    """

    max_age_days: float
    max_bytes: int

    def __post_init__(self) -> None:
        if self.max_age_days <= 0 or self.max_bytes < 2**20:
            raise ValueError(f"expected max_age_days > 0 and max_bytes >= 1 MiB, received {self}")


class Retention:
    """Deletes the oldest events, a few at a time.

    Args:
        bounds: tells what is to be kept; asked each time.
        wall_clock: UTC.
        clock: monotonic seconds.
    """

    def __init__(
        self, bounds: Callable[[], Bounds], *, wall_clock: Callable[[], datetime], clock: Callable[[], float]
    ) -> None:
        self._bounds = bounds
        self._wall_clock = wall_clock
        self._clock = clock
        self._looked_at = (wall_clock(), clock())
        self._oldest: int | None = None
        """Events before this time (microseconds since 1970) are being deleted; None if none are."""

    @property
    def due_in_s(self) -> float:
        """Until `expire` has something to do again; 0 if it has now."""
        if self._oldest is not None:
            return 0.0
        return max(0.0, self._looked_at[1] + INTERVAL_S - self._clock())

    def make_room(self, connection: sqlite3.Connection, incoming_bytes: int) -> None:
        """Delete the oldest events until as much can be written within the bound, and give back what is beyond it."""
        page_bytes = _pragma(connection, "page_size")
        pages = self._bounds().max_bytes // page_bytes
        # Twice: rows come with their index entries, and pages are never quite full.
        needed = 2 * incoming_bytes // page_bytes + 8
        while _pragma(connection, "page_count") - _pragma(connection, "freelist_count") + needed > pages:
            if not _delete_oldest(connection):
                break
        excess = _pragma(connection, "page_count") - pages
        if excess > 0:
            # As a script: a statement without columns is stepped once, which gives back one page.
            connection.executescript(f"PRAGMA incremental_vacuum({excess})")

    def expire(self, connection: sqlite3.Connection) -> None:
        """Delete a step of what is too old, if an interval has passed since the last time; the rest at the next calls.

        New events need not wait, then, until a kiosk that was off for months has forgotten its old ones.
        """
        if self.due_in_s > 0:
            return
        if self._oldest is None:
            self._oldest = self._look()
        if self._oldest is not None and not _delete_before(connection, self._oldest):
            self._oldest = None

    def _look(self) -> int | None:
        """Before which time events are too old now; None if the clock is not to be believed."""
        now, (wall, mono) = self._wall_clock(), self._looked_at
        self._looked_at = (now, self._clock())
        jump_s = (now - wall).total_seconds() - (self._looked_at[1] - mono)
        if abs(jump_s) > CLOCK_TOLERANCE_S:
            log.warning("events=kept cause='the clock jumped by %.0f s' effect='nothing expires for now'", jump_s)
            return None
        return to_microseconds(now - timedelta(days=self._bounds().max_age_days))


def _delete_before(connection: sqlite3.Connection, at: int) -> bool:
    """Whether there was anything to delete."""
    doomed = "DELETE FROM events WHERE id IN (SELECT id FROM events WHERE at < ? LIMIT ?)"
    return connection.execute(doomed, (at, STEP_ROWS)).rowcount > 0


def _delete_oldest(connection: sqlite3.Connection) -> bool:
    first, last = connection.execute("SELECT (SELECT min(id) FROM events), (SELECT max(id) FROM events)").fetchone()
    if first is None:
        return False
    step = max(STEP_ROWS, (last - first) // 100)
    connection.execute("DELETE FROM events WHERE id < ?", (first + step,))
    return True


def _pragma(connection: sqlite3.Connection, name: str) -> int:
    return int(connection.execute(f"PRAGMA {name}").fetchone()[0])
