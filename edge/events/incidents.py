"""Alerts as incidents: how long, who and what was seen, who silenced it, and what a person made of it afterwards."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from enum import StrEnum
from pathlib import Path
from typing import Any

from edge.errors import EventsError
from edge.events.database import open_beside, open_for_reading
from edge.events.retention import EPOCH, to_microseconds
from edge.types import Label

MAX_NOTE = 500
"""Characters of what a person notes."""

MAX_SEEN = 20
"""People of whom an incident tells what they wore; more are only counted."""

_FACTS = """INSERT INTO incidents (alert, lasted_ms, people, seen, silenced_by)
    SELECT * FROM (SELECT id, ?, ?, ?, ? FROM events WHERE kind = 'alert' AND run = ? ORDER BY id DESC LIMIT 1)
    WHERE true
    ON CONFLICT (alert) DO UPDATE SET lasted_ms = excluded.lasted_ms, people = excluded.people, seen = excluded.seen,
    silenced_by = excluded.silenced_by"""
_REVIEW = """INSERT INTO incidents (alert, status, note, reviewed_by, reviewed_at)
    SELECT id, coalesce(:status, 'new'), coalesce(:note, ''), :by, :at FROM events WHERE id = :id AND kind = 'alert'
    ON CONFLICT (alert) DO UPDATE SET status = coalesce(:status, status), note = coalesce(:note, note),
    reviewed_by = excluded.reviewed_by, reviewed_at = excluded.reviewed_at"""
_FROM = """FROM events LEFT JOIN incidents ON alert = events.id
    WHERE kind = 'alert' AND at >= :since AND at < :until
    AND (:statuses IS NULL OR coalesce(status, 'new') IN (SELECT value FROM json_each(:statuses)))"""
_SELECT = f"""SELECT events.id, at, run, lasted_ms, people, seen, silenced_by, coalesce(status, 'new'), note,
    reviewed_by, reviewed_at {_FROM} AND events.id < :before AND (:id IS NULL OR events.id = :id)
    ORDER BY events.id DESC LIMIT :limit"""
_COUNT = f"SELECT count(*) {_FROM}"

INCIDENT_COLUMNS = (
    "id", "at", "local_time", "lasted_s", "people", "seen", "silenced_by", "status", "note", "reviewed_by",
    "reviewed_at",
)  # fmt: skip


class Status(StrEnum):
    """What a person made of an incident."""

    NEW = "new"
    SEEN = "seen"
    FALSE_ALARM = "false_alarm"


@dataclass(frozen=True, slots=True)
class Seen:
    """What one person in an alert wore, when the model was surest of it."""

    track_id: int
    label: Label
    probability: float


@dataclass(frozen=True, slots=True)
class AlertFacts:
    """What is known of an alert so far; each replaces the one before.

    Attributes:
        lasted_s: how long it was, by a clock that does not jump; None while it lasts.
        people: how many were in view at once, at most.
        seen: those who were not masked properly.
        silenced_by: who silenced it; empty if nobody did.
    """

    lasted_s: float | None
    people: int
    seen: tuple[Seen, ...]
    silenced_by: str = ""


@dataclass(frozen=True, slots=True)
class Incident:
    """An alert with what is known of it, and its review; facts are None for alerts of which none were kept."""

    id: int
    at: datetime
    run: int
    lasted_s: float | None
    people: int | None
    seen: tuple[Seen, ...]
    silenced_by: str
    status: Status
    note: str
    reviewed_by: str
    reviewed_at: datetime | None

    def as_record(self, zone: tzinfo | None = None) -> dict[str, object]:
        """For CSV, by INCIDENT_COLUMNS; `local_time` with its offset from UTC."""
        seen = "; ".join(f"{one.label} {one.probability:.0%}" for one in self.seen)
        return {
            "id": self.id,
            "at": utc_text(self.at),
            "local_time": local_text(self.at, zone),
            "lasted_s": self.lasted_s,
            "people": self.people,
            "seen": seen,
            "silenced_by": self.silenced_by,
            "status": str(self.status),
            "note": self.note,
            "reviewed_by": self.reviewed_by,
            "reviewed_at": None if self.reviewed_at is None else utc_text(self.reviewed_at),
        }


def utc_text(at: datetime) -> str:
    """Such as 2026-01-31T22:59:59.123Z."""
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def local_text(at: datetime, zone: tzinfo | None) -> str:
    """Such as 2026-01-31T23:59:59+01:00; None: this machine's zone."""
    return at.astimezone(zone).isoformat(timespec="seconds")


def write_facts(connection: sqlite3.Connection, run: int, facts: AlertFacts) -> None:
    """Keep what is known of the newest alert of a run; a review of it stays."""
    seen = [{"id": one.track_id, "label": one.label, "probability": round(one.probability, 3)} for one in facts.seen]
    lasted_ms = None if facts.lasted_s is None else round(facts.lasted_s * 1000)
    connection.execute(_FACTS, (lasted_ms, facts.people, json.dumps(seen[:MAX_SEEN]), facts.silenced_by, run))


class Incidents:
    """The incidents in a database file, beside the service that writes it. Holds nothing open.

    Every method raises EventsError if the file is missing, damaged, locked or of another version.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def list(
        self,
        *,
        since: datetime | None = None,
        until: datetime | None = None,
        statuses: Collection[str] = (),
        before: int | None = None,
        limit: int,
    ) -> tuple[Incident, ...]:
        """Newest first.

        Args:
            since, until: alerts that began from this time on, and before this one.
            statuses: only these; all if empty.
            before: only those with a smaller id.
            limit: not more than this many.
        """
        values = _filter(since, until, statuses) | {"before": before or 2**62, "limit": limit, "id": None}
        with self._using(open_for_reading) as connection:
            return tuple(_incident(row) for row in connection.execute(_SELECT, values))

    def count(self, status: Status, *, since: datetime | None = None, until: datetime | None = None) -> int:
        """How many have that status."""
        with self._using(open_for_reading) as connection:
            return int(connection.execute(_COUNT, _filter(since, until, [status])).fetchone()[0])

    def find(self, number: int) -> Incident | None:
        """The incident of that id; None if there is none."""
        values = _filter(None, None, ()) | {"before": 2**62, "limit": 1, "id": number}
        with self._using(open_for_reading) as connection:
            return next((_incident(row) for row in connection.execute(_SELECT, values)), None)

    def review(self, number: int, *, status: Status | None, note: str | None, by: str, at: datetime) -> bool:
        """Keep what a person made of an incident; False if there is none of that id.

        Args:
            status, note: None leaves it as it is.
            by: who says so.
            at: when, UTC.
        """
        values = {"id": number, "status": status, "note": note, "by": by, "at": to_microseconds(at)}
        with self._using(open_beside) as connection:
            return connection.execute(_REVIEW, values).rowcount > 0

    @contextmanager
    def _using(self, open_database: Any) -> Iterator[sqlite3.Connection]:
        try:
            with closing(open_database(self._path)) as connection:
                yield connection
        except sqlite3.Error as error:
            raise EventsError(f"{self._path}: incidents cannot be read or kept ({error})") from error


def _filter(since: datetime | None, until: datetime | None, statuses: Collection[str]) -> dict[str, Any]:
    return {
        "since": -(2**63) if since is None else to_microseconds(since),
        "until": 2**63 - 1 if until is None else to_microseconds(until),
        "statuses": json.dumps([str(status) for status in statuses]) if statuses else None,
    }


def _incident(row: tuple[Any, ...]) -> Incident:
    number, at, run, lasted_ms, people, seen, silenced_by, status, note, reviewed_by, reviewed_at = row
    return Incident(
        id=number,
        at=EPOCH + timedelta(microseconds=at),
        run=run,
        lasted_s=None if lasted_ms is None else lasted_ms / 1000,
        people=people,
        seen=tuple(_seen(one) for one in json.loads(seen or "[]")),
        silenced_by=silenced_by or "",
        status=Status(status),
        note=note or "",
        reviewed_by=reviewed_by or "",
        reviewed_at=None if reviewed_at is None else EPOCH + timedelta(microseconds=reviewed_at),
    )


def _seen(one: Mapping[str, Any]) -> Seen:
    return Seen(one["id"], Label(one["label"]), one["probability"])
