"""Reads what happened: events by filter, people and alerts counted by hour or day; for export too."""

from __future__ import annotations

import csv
import io
import json
import sqlite3
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta, tzinfo
from itertools import chain
from pathlib import Path
from typing import Any, Literal

from edge.errors import EventsError
from edge.events.database import open_for_reading
from edge.events.incidents import local_text, utc_text
from edge.events.retention import EPOCH, to_microseconds
from edge.types import Event, Label

Period = Literal["hour", "day"]

LENGTH: Mapping[Period, timedelta] = {"hour": timedelta(hours=1), "day": timedelta(days=1)}
"""But for those in which clocks are changed."""

PAGE_ROWS = 500
"""Rows read at once: a reader that dawdles must not keep the write-ahead log from being emptied."""

# Ids between which all events of a span lie, whatever the clock did; the last one without a span costs nothing.
_FIRST = "SELECT min(id) FROM events WHERE at >= :since"
_LAST = "SELECT max(id) FROM events WHERE at < :until"
_NEWEST = "SELECT max(id) FROM events"
# The plus keeps SQLite from going by the index on times and sorting every page.
_SELECT = """SELECT id, at, kind, run, track_id, label, detail FROM events
    WHERE id BETWEEN :first AND :last AND +at >= :since AND +at < :until
    AND (:kinds IS NULL OR kind IN (SELECT value FROM json_each(:kinds)))"""
_FORWARDS = f"{_SELECT} ORDER BY id LIMIT :page"
_BACKWARDS = f"{_SELECT} ORDER BY id DESC LIMIT :page"
# Every zone's offset is a multiple of a quarter of an hour: local hours and days can be put together from quarters.
_PEOPLE = """SELECT at / 900000000 AS quarter, visits.label, count(*) FROM events JOIN visits ON first_event = id
    WHERE at >= :since AND at < :until GROUP BY 1, 2"""
_ALERTS = """SELECT at / 900000000 AS quarter, 'alerts', count(*) FROM events
    WHERE kind = 'alert' AND at >= :since AND at < :until GROUP BY 1"""

EVENT_COLUMNS = ("id", "at", "kind", "run", "track_id", "label", "detail")
CSV_COLUMNS = (*EVENT_COLUMNS, "local_time")
TALLY_COLUMNS = ("begin", *(label.value for label in Label), "alerts", "compliance")

_FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""A spreadsheet computes what begins so (OWASP, "CSV injection")."""


@dataclass(frozen=True, slots=True)
class StoredEvent:
    """An event with its place in the order of events; a track id is one person within one `run`."""

    id: int
    run: int
    event: Event

    def as_record(self) -> dict[str, object]:
        """For JSON and CSV, by EVENT_COLUMNS; UTC."""
        event = self.event
        return {
            "id": self.id,
            "at": utc_text(event.at),
            "kind": str(event.kind),
            "run": self.run,
            "track_id": event.track_id,
            "label": None if event.label is None else event.label.value,
            "detail": event.detail,
        }

    def as_csv_record(self, zone: tzinfo | None = None) -> dict[str, object]:
        """For CSV, by CSV_COLUMNS: the local time, too, with its offset from UTC; None for this machine's zone."""
        return self.as_record() | {"local_time": local_text(self.event.at, zone)}


@dataclass(frozen=True, slots=True)
class Tally:
    """People who came and alerts that began within one hour or day; `begin` carries its zone.

    A person counts once for each visit, when it began, and by the label it ended with: somebody who puts the mask on
    at the door counts as masked. The alert that told them to is counted too.
    """

    begin: datetime
    with_mask: int = 0
    without_mask: int = 0
    incorrect_mask: int = 0
    wrong_kind: int = 0
    uncertain: int = 0
    alerts: int = 0

    @property
    def people(self) -> int:
        """Everyone who was judged, undecided ones included."""
        return self.with_mask + self.without_mask + self.incorrect_mask + self.wrong_kind + self.uncertain

    @property
    def compliance(self) -> float | None:
        """Share with a mask of the right kind worn properly, of those who could be judged; None if nobody could."""
        judged = self.people - self.uncertain
        return self.with_mask / judged if judged else None

    def as_record(self) -> dict[str, object]:
        """For JSON and CSV, by TALLY_COLUMNS."""
        return {
            "begin": self.begin.isoformat(timespec="minutes"),
            "with_mask": self.with_mask,
            "without_mask": self.without_mask,
            "incorrect_mask": self.incorrect_mask,
            "wrong_kind": self.wrong_kind,
            "uncertain": self.uncertain,
            "alerts": self.alerts,
            "compliance": None if self.compliance is None else round(self.compliance, 4),
        }


class History:
    """The events in a database file, beside the service that writes it or without one. Holds nothing open.

    Every method raises EventsError if the file is missing, damaged, locked or of another version.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def events(
        self,
        *,
        since: datetime | None = None,
        until: datetime | None = None,
        kinds: Collection[str] = (),
        after: int = 0,
        before: int | None = None,
        limit: int | None = None,
        newest_first: bool = False,
    ) -> Iterator[StoredEvent]:
        """Events in the order in which they were recorded, or the other way round.

        Args:
            since, until: from this time on, and before this one.
            kinds: only these; all if empty.
            after, before: only events with a greater id, and with a smaller one.
            limit: not more than this many.
        """
        with self._reading() as connection:
            span = _span(since, until)
            first = self._fetch(connection, _FIRST, span)[0][0] if since else 1
            last = self._fetch(connection, _LAST if until else _NEWEST, span)[0][0]
            values: dict[str, Any] = {
                **span,
                "first": max(after + 1, first or 2**62),
                "last": min(last or 0, 2**62 if before is None else before - 1),
                "kinds": json.dumps([str(kind) for kind in kinds]) if kinds else None,
            }
            left = limit
            while left is None or left > 0:
                values["page"] = PAGE_ROWS if left is None else min(left, PAGE_ROWS)
                rows = self._fetch(connection, _BACKWARDS if newest_first else _FORWARDS, values)
                yield from (_stored(row) for row in rows)
                if len(rows) < values["page"]:
                    return
                place = rows[-1][0]
                values |= {"last": place - 1} if newest_first else {"first": place + 1}
                left = None if left is None else left - len(rows)

    def tallies(
        self,
        by: Period,
        *,
        since: datetime | None = None,
        until: datetime | None = None,
        zone: tzinfo | None = None,
    ) -> tuple[Tally, ...]:
        """Counts for each hour or day in which anything was counted, oldest first; see `without_gaps`.

        Args:
            by: local hours or days.
            since, until: from this time on, and before this one.
            zone: whose hours and days; None for this machine's.
        """
        span = _span(since, until)
        with self._reading() as connection:
            rows = [*self._fetch(connection, _PEOPLE, span), *self._fetch(connection, _ALERTS, span)]
        counts: dict[datetime, Counter[str]] = {}
        for quarter, what, count in rows:
            begin = begin_of(by, EPOCH + quarter * timedelta(minutes=15), zone)
            counts.setdefault(begin, Counter())[what] += count
        return tuple(Tally(begin.astimezone(zone), **counts[begin]) for begin in sorted(counts))

    def _reading(self) -> closing[sqlite3.Connection]:
        return closing(open_for_reading(self._path))

    def _fetch(self, connection: sqlite3.Connection, query: str, values: Mapping[str, Any]) -> list[tuple[Any, ...]]:
        try:
            return connection.execute(query, values).fetchall()
        except sqlite3.Error as error:
            raise EventsError(f"{self._path}: cannot be read ({error})") from error


def _span(since: datetime | None, until: datetime | None) -> dict[str, int]:
    return {
        "since": -(2**63) if since is None else to_microseconds(since),
        "until": 2**63 - 1 if until is None else to_microseconds(until),
    }


def _stored(row: tuple[Any, ...]) -> StoredEvent:
    number, at, kind, run, track_id, label, detail = row
    told_at = EPOCH + timedelta(microseconds=at)
    return StoredEvent(number, run, Event(kind, told_at, track_id, label and Label(label), detail))


def begin_of(by: Period, at: datetime, zone: tzinfo | None = None) -> datetime:
    """When the local hour or day of `at` began, UTC: local times alone cannot tell the two hours when summer ends."""
    local = at.astimezone(zone)
    if by == "hour":
        return local.replace(minute=0, second=0, microsecond=0).astimezone(UTC)
    midnight = datetime.combine(local.date(), time.min, tzinfo=zone)
    return midnight.astimezone(UTC)


def without_gaps(
    tallies: Sequence[Tally], by: Period, *, since: datetime, until: datetime, zone: tzinfo | None = None
) -> Iterator[Tally]:
    """A tally for every hour or day from that of `since` to that before `until`, also where nothing was counted."""
    # UTC: of the two hours when summer ends, neither equals itself in another zone (PEP 495).
    counted = {tally.begin.astimezone(UTC): tally for tally in tallies}
    begin = begin_of(by, since, zone)
    while begin < until:
        yield counted.get(begin, Tally(begin.astimezone(zone)))
        # Into the middle of the next one, however long the clocks make this one.
        begin = begin_of(by, begin + LENGTH[by] * 1.5, zone)


def csv_lines(records: Iterable[Mapping[str, object]], columns: Sequence[str]) -> Iterator[str]:
    """Records as CSV, a header first. Text that a spreadsheet would compute gets an apostrophe before it."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    for cells in chain([columns], ([record[column] for column in columns] for record in records)):
        writer.writerow([f"'{cell}" if isinstance(cell, str) and cell.startswith(_FORMULA) else cell for cell in cells])
        yield buffer.getvalue()
        buffer.seek(0)
        buffer.truncate()
