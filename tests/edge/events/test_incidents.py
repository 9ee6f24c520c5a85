"""Alerts become incidents: facts as they come to be known, and what a person makes of them."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from edge.errors import EventsError
from edge.events.database import ADDITIONS, MIGRATIONS, open_database
from edge.events.incidents import INCIDENT_COLUMNS, AlertFacts, Incident, Incidents, Seen, Status
from edge.events.journal import Journal
from edge.types import AlarmState, Box, Event, EventKind, Frame, Label, Observation, Verdict
from tests.builders import event_log

NOON = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)
W, N, I, U = Label.WITH_MASK, Label.WITHOUT_MASK, Label.INCORRECT_MASK, Label.UNCERTAIN  # noqa: E741 (as models say)
PATIENCE_S = 20.0


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "events.db"


class Clock:
    """Monotonic seconds, as it is told."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


def see(**people: tuple[Label, float]) -> Observation:
    verdicts = tuple(
        Verdict(int(name[1:]), Box(0, 0, 9, 9), label, probability) for name, (label, probability) in people.items()
    )
    return Observation(Frame(np.zeros((9, 9, 3), np.uint8), 0.0, 0), verdicts, AlarmState.ALERT)


def alerts(path: Path, count: int) -> None:
    """So many alerts, a minute apart, the first at noon."""
    with event_log(path) as log:
        for number in range(count):
            log.record(Event(EventKind.ALERT, NOON + timedelta(minutes=number)))
            log.describe(AlertFacts(1.5, 1, (Seen(number, N, 0.9),)))
        assert log.flush(PATIENCE_S)


def test_an_alert_is_told_with_all_that_was_seen(path: Path) -> None:
    """How long by a clock that does not jump, how many at most, and of each without a mask the surest verdict."""
    clock = Clock()
    with event_log(path) as log:
        journal = Journal(log.record, describe=log.describe, wall_clock=lambda: NOON, clock=clock)
        journal(see(p1=(U, 0.5), p2=(W, 0.9)))
        journal(see(p1=(N, 0.7), p2=(W, 0.9)))
        journal.show(AlarmState.ALERT)
        assert log.flush(PATIENCE_S)
        [began] = Incidents(path).list(limit=10)
        assert (began.lasted_s, began.people, began.seen) == (None, 2, (Seen(1, N, 0.7),))
        journal(see(p1=(N, 0.95), p2=(W, 0.9), p3=(I, 0.8)))
        journal(see(p1=(N, 0.6)))
        journal.silence("anna", "alert acknowledged")
        journal.silence("boris", "muted for 300 s")
        clock.now += 12.3456
        journal.show(AlarmState.PASS)
        journal.silence("carla", "muted for 300 s")
        assert log.flush(PATIENCE_S)
    [incident] = Incidents(path).list(limit=10)
    assert incident == Incident(
        id=incident.id, at=NOON, run=incident.run, lasted_s=12.346, people=3, seen=(Seen(1, N, 0.95), Seen(3, I, 0.8)),
        silenced_by="anna", status=Status.NEW, note="", reviewed_by="", reviewed_at=None,
    )  # fmt: skip


def test_facts_belong_to_the_newest_alert_of_their_own_run(path: Path) -> None:
    """An alert that a power cut ended stays as it was known to be."""
    with event_log(path) as log:
        log.record(Event(EventKind.ALERT, NOON))
        log.describe(AlertFacts(None, 1, (Seen(1, N, 0.9),)))
    with event_log(path) as log:
        log.describe(AlertFacts(5.0, 9, ()))
        log.record(Event(EventKind.ALERT, NOON + timedelta(hours=1)))
        log.describe(AlertFacts(2.0, 2, ()))
        assert log.flush(PATIENCE_S)
    assert [(one.lasted_s, one.people) for one in Incidents(path).list(limit=10)] == [(2.0, 2), (None, 1)]


def test_a_review_stays_whatever_is_told_later(path: Path) -> None:
    """Status and note are changed one by one, by whoever says so last; facts that come later leave them alone."""
    incidents = Incidents(path)
    with event_log(path) as log:
        log.record(Event(EventKind.ALERT, NOON))
        assert log.flush(PATIENCE_S)
        [new] = incidents.list(limit=10)
        assert (new.status, new.people) == (Status.NEW, None)
        assert incidents.review(new.id, status=Status.FALSE_ALARM, note=None, by="anna", at=NOON)
        assert incidents.review(new.id, status=None, note="a poster", by="boris", at=NOON + timedelta(1))
        log.describe(AlertFacts(1.0, 1, ()))
        assert log.flush(PATIENCE_S)
    reviewed = incidents.find(new.id)
    assert reviewed is not None
    assert (reviewed.status, reviewed.note, reviewed.reviewed_by) == (Status.FALSE_ALARM, "a poster", "boris")
    assert (reviewed.people, reviewed.reviewed_at) == (1, NOON + timedelta(1))
    assert incidents.count(Status.NEW) == 0
    assert not incidents.review(999, status=Status.SEEN, note=None, by="anna", at=NOON)
    assert incidents.find(999) is None


def test_incidents_are_found_by_status_time_and_page(path: Path) -> None:
    """Newest first."""
    alerts(path, 5)
    incidents = Incidents(path)
    ids = [one.id for one in incidents.list(limit=10)]
    assert ids == sorted(ids, reverse=True)
    incidents.review(ids[1], status=Status.SEEN, note=None, by="anna", at=NOON)
    assert [one.id for one in incidents.list(statuses=["seen"], limit=10)] == [ids[1]]
    assert [one.id for one in incidents.list(statuses=["new"], limit=2)] == [ids[0], ids[2]]
    assert [one.id for one in incidents.list(before=ids[1], limit=10)] == ids[2:]
    since, until = NOON + timedelta(minutes=1), NOON + timedelta(minutes=3)
    assert [one.id for one in incidents.list(since=since, until=until, limit=10)] == ids[2:4]
    assert incidents.count(Status.NEW, since=since, until=until) == 2


def test_an_incident_goes_with_its_event(path: Path) -> None:
    """Retention and size are those of the events."""
    alerts(path, 3)
    with closing(open_database(path)) as connection:
        connection.execute("DELETE FROM events WHERE id < (SELECT max(id) FROM events)")
        assert connection.execute("SELECT count(*) FROM incidents").fetchone() == (1,)
    assert len(Incidents(path).list(limit=10)) == 1


def test_a_database_of_before_keeps_its_rows_and_its_version(path: Path) -> None:
    """Alerts of then are incidents of which nothing more is known; an older version goes on with the file."""
    alerts(path, 2)
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript("DROP TABLE incidents; DROP INDEX alerts")
    with pytest.raises(EventsError, match="incidents cannot be read"):
        Incidents(path).list(limit=10)
    with closing(open_database(path)) as connection:
        assert connection.execute("PRAGMA user_version").fetchone() == (len(MIGRATIONS),)
    found = Incidents(path).list(limit=10)
    assert [(one.people, one.status) for one in found] == [(None, "new")] * 2
    assert Incidents(path).review(found[0].id, status=Status.SEEN, note="", by="anna", at=NOON)


def test_additions_can_be_made_again() -> None:
    """They are at each start."""
    assert all("IF NOT EXISTS" in statement for statement in ADDITIONS)


def test_a_record_has_local_time_with_its_offset(path: Path) -> None:
    """Its columns are those of the CSV."""
    alerts(path, 1)
    [incident] = Incidents(path).list(limit=1)
    record = incident.as_record(UTC)
    assert tuple(record) == INCIDENT_COLUMNS
    assert (record["at"], record["local_time"], record["seen"]) == (
        "2026-05-04T12:00:00.000Z", "2026-05-04T12:00:00+00:00", "without_mask 90%",
    )  # fmt: skip
