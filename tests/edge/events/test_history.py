"""Reading events back: filters, counts of people by hour and day, export."""

from __future__ import annotations

import csv
import io
import json
import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta, tzinfo
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from edge.errors import EventsError
from edge.events import history as history_module
from edge.events.history import (
    EVENT_COLUMNS,
    TALLY_COLUMNS,
    History,
    Period,
    StoredEvent,
    Tally,
    csv_lines,
    without_gaps,
)
from edge.types import Event, EventKind, Label
from tests.builders import event_log

W, N, I, _, U = Label  # noqa: E741 - as the labels are called in the tests of the alarm
T0 = datetime(2026, 3, 1, 8, 0, tzinfo=UTC)
BERLIN, KOLKATA = ZoneInfo("Europe/Berlin"), ZoneInfo("Asia/Kolkata")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "events.db"


def write(path: Path, *recorded: Event) -> History:
    with event_log(path) as log:
        for event in recorded:
            log.record(event)
        assert log.flush(20)
    return History(path)


def entry(minutes: float, track_id: int | None, label: Label | None) -> Event:
    return Event(EventKind.ENTRY, T0 + timedelta(minutes=minutes), track_id, label)


def alert(minutes: float) -> Event:
    return Event(EventKind.ALERT, T0 + timedelta(minutes=minutes))


@pytest.fixture
def hour(path: Path) -> History:
    """An event each minute from T0, entries and alerts in turn; the clock went back at the end."""
    told = [entry(m, m, W) if m % 2 else alert(m) for m in range(60)]
    return write(path, *told, Event(EventKind.STATE, T0 - timedelta(hours=1)))


def at(minutes: float) -> datetime:
    return T0 + timedelta(minutes=minutes)


@pytest.mark.parametrize(
    ("filters", "ids"),
    [
        ({}, list(range(1, 62))),
        ({"since": at(58)}, [59, 60]),
        ({"since": at(58.5)}, [60]),
        ({"since": at(99)}, []),
        ({"until": at(1)}, [1, 61]),
        ({"until": at(-99)}, []),
        ({"since": at(3), "until": at(5)}, [4, 5]),
        ({"since": at(5), "until": at(3)}, []),
        ({"since": at(50), "kinds": ["alert"]}, [51, 53, 55, 57, 59]),
        ({"kinds": [EventKind.STATE]}, [61]),
        ({"kinds": ["nothing"]}, []),
        ({"kinds": ["x') OR 1=1 --"]}, []),
        ({"kinds": {"state", "alert"}, "since": at(57), "until": at(99)}, [59]),
        ({"limit": 3}, [1, 2, 3]),
        ({"limit": 0}, []),
        ({"limit": 3, "newest_first": True}, [61, 60, 59]),
        ({"limit": 2, "newest_first": True, "kinds": ["entry"]}, [60, 58]),
        ({"after": 59}, [60, 61]),
        ({"after": 59, "newest_first": True}, [61, 60]),
        ({"before": 3}, [1, 2]),
        ({"before": 60, "limit": 2, "newest_first": True}, [59, 58]),
        ({"after": 4, "limit": 2}, [5, 6]),
        ({"after": 61}, []),
    ],
)
@pytest.mark.parametrize("page", [2, 500])
def test_filters(
    hour: History, monkeypatch: pytest.MonkeyPatch, page: int, filters: dict[str, object], ids: list[int]
) -> None:
    """`since` is included and `until` is not; filters combine; pages are seamless."""
    monkeypatch.setattr(history_module, "PAGE_ROWS", page)
    assert [stored.id for stored in hour.events(**filters)] == ids  # type: ignore[arg-type]


def test_a_dawdling_reader_holds_nothing(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Between two pages the write-ahead log can be emptied; what is written meanwhile is for the next."""
    monkeypatch.setattr(history_module, "PAGE_ROWS", 2)
    with event_log(path) as log:
        for number in range(4):
            log.record(Event(EventKind.AUDIT, T0, detail=str(number)))
        assert log.flush(20)
        reader = History(path).events()
        assert next(reader).event.detail == "0"
        with closing(sqlite3.connect(path)) as other:
            busy, _, _ = other.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        assert not busy
        log.record(Event(EventKind.AUDIT, T0, detail="late"))
        assert log.flush(20)
        assert [stored.event.detail for stored in reader] == ["1", "2", "3"]


@pytest.mark.parametrize(
    ("told", "counted"),
    [
        ([entry(0, 1, W)], (1, 0, 0, 0)),
        ([entry(0, 1, N), entry(1, 1, N)], (0, 1, 0, 0)),
        ([entry(0, 1, N), entry(1, 1, I), entry(2, 1, W)], (1, 0, 0, 0)),
        ([entry(0, 1, W), entry(1, 1, U)], (1, 0, 0, 0)),
        ([entry(0, 1, U), entry(1, 1, I)], (0, 0, 1, 0)),
        ([entry(0, 1, None)], (0, 0, 0, 1)),
        ([entry(0, 1, W), entry(0, 2, W), entry(0, 3, N)], (2, 1, 0, 0)),
        ([entry(0, None, W), entry(0, None, W)], (2, 0, 0, 0)),
        ([Event(EventKind.STATE, T0, 1, W)], None),
    ],
)
def test_a_person_counts_once(path: Path, told: list[Event], counted: tuple[int, int, int, int] | None) -> None:
    """By the label they ended with; doubt takes nothing back; people without a track count each."""
    tallies = write(path, *told).tallies("day", zone=UTC)
    expected = [] if counted is None else [(datetime(2026, 3, 1, tzinfo=UTC), *counted)]
    assert [(t.begin, t.with_mask, t.without_mask, t.incorrect_mask, t.uncertain) for t in tallies] == expected


def test_the_next_run_brings_other_people(path: Path) -> None:
    """Track 1 of two runs is two people."""
    write(path, entry(0, 1, W))
    [tally] = write(path, entry(1, 1, N)).tallies("day", zone=UTC)
    assert (tally.people, tally.with_mask, tally.without_mask) == (2, 1, 1)


def test_compliance_by_hour(path: Path) -> None:
    """A visit and its alert belong to the hour in which they began; those nobody could judge are left out."""
    history = write(
        path, entry(59, 1, N), alert(59), entry(61, 1, W), entry(70, 2, N), alert(70), alert(75), entry(80, 3, None)
    )
    first, second = history.tallies("hour", zone=UTC)
    assert first == Tally(at(0), with_mask=1, alerts=1)
    assert second == Tally(at(60), without_mask=1, uncertain=1, alerts=2)
    assert (first.compliance, second.compliance, second.people) == (1.0, 0.0, 2)
    assert Tally(at(0), uncertain=1).compliance is None
    assert history.tallies("hour", since=at(60), zone=UTC) == (second,)
    assert history.tallies("hour", until=at(60), zone=UTC) == (first,)


@pytest.mark.parametrize(
    ("by", "zone", "times", "begins"),
    [
        (
            "day",
            BERLIN,
            ["2026-02-28T22:59Z", "2026-02-28T23:00Z"],
            ["2026-02-28T00:00+01:00", "2026-03-01T00:00+01:00"],
        ),
        ("day", BERLIN, ["2026-03-29T00:30Z", "2026-03-29T21:30Z"], ["2026-03-29T00:00+01:00"]),
        (
            "hour",
            BERLIN,
            ["2026-10-25T00:59Z", "2026-10-25T01:01Z"],
            ["2026-10-25T02:00+02:00", "2026-10-25T02:00+01:00"],
        ),
        (
            "hour",
            KOLKATA,
            ["2026-03-01T08:29Z", "2026-03-01T08:30Z"],
            ["2026-03-01T13:00+05:30", "2026-03-01T14:00+05:30"],
        ),
        ("hour", UTC, ["2026-03-01T09:00Z", "2026-03-01T08:00Z"], ["2026-03-01T08:00+00:00", "2026-03-01T09:00+00:00"]),
    ],
)
def test_hours_and_days_are_local(path: Path, by: Period, zone: tzinfo, times: list[str], begins: list[str]) -> None:
    """Midnight is where the door is; a day of 23 hours is one day, and the hour that comes twice is two."""
    history = write(path, *(Event(EventKind.ALERT, datetime.fromisoformat(text)) for text in times))
    assert [tally.begin.isoformat(timespec="minutes") for tally in history.tallies(by, zone=zone)] == begins


@pytest.fixture
def in_berlin(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """This machine stands in Berlin."""
    monkeypatch.setenv("TZ", "Europe/Berlin")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.usefixtures("in_berlin")
def test_without_a_zone_this_machines_counts(path: Path) -> None:
    """In winter and in summer, on one machine."""
    texts = ["2026-02-28T23:30Z", "2026-03-29T21:30Z", "2026-07-01T22:30Z"]
    history = write(path, *(Event(EventKind.ALERT, datetime.fromisoformat(text)) for text in texts))
    assert [tally.begin.isoformat(timespec="minutes") for tally in history.tallies("day")] == [
        "2026-03-01T00:00+01:00",
        "2026-03-29T00:00+01:00",
        "2026-07-02T00:00+02:00",
    ]


def test_records_for_export(path: Path) -> None:
    """Times in UTC to the millisecond; the columns are those of the CSV."""
    moment = datetime.fromisoformat("2026-03-01T09:00:00.123456+01:00")
    [stored] = write(path, Event(EventKind.ENTRY, moment, 7, W, "café")).events()
    record = stored.as_record()
    assert json.loads(json.dumps(record)) == {
        "id": 1,
        "at": "2026-03-01T08:00:00.123Z",
        "kind": "entry",
        "run": stored.run,
        "track_id": 7,
        "label": "with_mask",
        "detail": "café",
    }
    assert tuple(record) == EVENT_COLUMNS
    assert tuple(Tally(T0).as_record()) == TALLY_COLUMNS
    assert Tally(T0, 2, 1).as_record()["compliance"] == 0.6667


@pytest.mark.parametrize(
    ("detail", "cell"),
    [("plain", "plain"), ('a, "b"\nc', 'a, "b"\nc'), ("=cmd()", "'=cmd()"), ("@x", "'@x"), ("-1", "'-1"), ("", "")],
)
def test_csv_can_be_opened_without_fear(detail: str, cell: str) -> None:
    """What RFC 4180 quotes comes back as it was; a formula becomes text; nothing becomes an empty cell."""
    stored = StoredEvent(5, 9, Event(EventKind.AUDIT, T0, -3, None, detail))
    text = "".join(csv_lines([stored.as_record()], EVENT_COLUMNS))
    assert list(csv.reader(io.StringIO(text))) == [
        list(EVENT_COLUMNS),
        ["5", "2026-03-01T08:00:00.000Z", "audit", "9", "-3", "", cell],
    ]


def test_csv_of_nothing_is_a_header() -> None:
    """A spreadsheet shows the columns at least."""
    assert list(csv_lines([], ("a", "b"))) == ["a,b\n"]


def test_what_cannot_be_read_is_an_error(path: Path) -> None:
    """A missing file, and one that turns out damaged while it is read."""
    with pytest.raises(EventsError, match="no such event database"):
        next(History(path).events())
    write(path, *(Event(EventKind.AUDIT, T0, detail="x" * 400) for _ in range(100)))
    with path.open("r+b") as file:
        file.seek(4096 * 2)
        file.write(os.urandom(path.stat().st_size - 4096 * 2))
    with pytest.raises(EventsError, match="cannot be read"):
        list(History(path).events())


@pytest.mark.parametrize(
    ("by", "zone", "since", "until", "begins"),
    [
        ("hour", UTC, at(-90), at(1), ["2026-03-01T06:00+00:00", "2026-03-01T07:00+00:00", "2026-03-01T08:00+00:00"]),
        ("hour", KOLKATA, at(0), at(31), ["2026-03-01T13:00+05:30", "2026-03-01T14:00+05:30"]),
        ("day", BERLIN, at(-1440), at(1), ["2026-02-28T00:00+01:00", "2026-03-01T00:00+01:00"]),
        ("day", UTC, at(0), at(-1), ["2026-03-01T00:00+00:00"]),
        ("hour", UTC, at(0), at(0), []),
    ],
)
def test_no_hour_or_day_is_left_out(
    by: Period, zone: tzinfo, since: datetime, until: datetime, begins: list[str]
) -> None:
    """From the one in which the span begins to the one in which it ends."""
    filled = without_gaps((), by, since=since, until=until, zone=zone)
    assert [tally.begin.isoformat(timespec="minutes") for tally in filled] == begins


@pytest.mark.parametrize(("month", "day", "hours"), [(3, 29, 23), (10, 25, 25)])
def test_gaps_are_filled_when_clocks_change(month: int, day: int, hours: int, path: Path) -> None:
    """Each hour of the short and of the long day once, with what was counted in it; the doubled one twice."""
    first = datetime(2026, month, day, tzinfo=BERLIN).astimezone(UTC)
    told = [Event(EventKind.ALERT, first + timedelta(hours=n, minutes=5)) for n in range(hours)]
    tallies = write(path, *told).tallies("hour", zone=BERLIN)
    until = datetime(2026, month, day + 1, tzinfo=BERLIN).astimezone(UTC)
    filled = list(without_gaps(tallies, "hour", since=first, until=until, zone=BERLIN))
    assert [tally.alerts for tally in filled] == [1] * hours
