"""A day or a week at the door, against a database that was written for it."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from edge.commands.main import cli
from edge.config.schema import Config, NotifyConfig
from edge.events.history import History
from edge.notify.notice import Notice
from edge.notify.start import _report, _report_due
from edge.reports.pages import as_html, as_text
from edge.reports.report import make_report
from edge.reports.schedule import parse_schedule
from edge.types import Event, EventKind, Label
from tests.builders import event_log

MONDAY = datetime(2026, 3, 2, tzinfo=UTC)


def at(hours: float) -> datetime:
    return MONDAY + timedelta(hours=hours)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Two runs with a power cut between, a blind hour, three people and two alerts; and one the week before."""
    path = tmp_path / "events.db"
    with event_log(path) as log:
        log.record(Event(EventKind.SERVICE, at(-168), detail="started"))
        log.record(Event(EventKind.ENTRY, at(-167), 1, Label.WITHOUT_MASK))
        log.record(Event(EventKind.ENTRY, at(8), 2, Label.WITH_MASK))
        log.record(Event(EventKind.ENTRY, at(8.1), 3, Label.WITH_MASK))
        log.record(Event(EventKind.ALERT, at(8.2)))
        log.record(Event(EventKind.ENTRY, at(8.2), 4, Label.WITHOUT_MASK))
        log.record(Event(EventKind.FAULT_BEGIN, at(9), detail="camera: <unplugged>"))
        log.record(Event(EventKind.FAULT_END, at(10), detail="camera: <unplugged>"))
        log.record(Event(EventKind.FAULT_BEGIN, at(11), detail="events: the disk is full"))
        log.record(Event(EventKind.ALERT, at(12)))
    with event_log(path, max_age_days=3650) as log:
        log.record(Event(EventKind.SERVICE, at(18), detail="started"))
    return path


def test_a_day_is_summed_up(path: Path) -> None:
    """Who came, the week before, alerts by hour, faults, and how long the door was watched."""
    report = make_report(History(path), "day", MONDAY.date(), now=at(100), zone=UTC)
    assert (report.total.people, report.total.alerts) == (3, 2)
    assert report.total.compliance == pytest.approx(2 / 3)
    assert report.before.compliance == 0.0
    assert [(hour, count) for hour, count in enumerate(report.alerts_by_hour) if count] == [(8, 1), (12, 1)]
    assert [(one.component, one.end - one.begin) for one in report.faults] == [
        ("camera", timedelta(hours=1)),
        ("events", timedelta(hours=7)),
    ]
    # Twelve hours until the power cut and six after it, but for the blind one.
    assert report.availability == pytest.approx(17 / 24)


def test_a_week_is_told_day_by_day(path: Path) -> None:
    """Also days on which nobody came; what has not been yet does not count as missed."""
    report = make_report(History(path), "week", MONDAY.date(), now=at(20), zone=UTC)
    assert [day.people for day in report.days] == [0] * 6 + [3]
    assert report.begin == at(-144)
    assert report.end == at(20)
    assert report.total.people == 3
    assert report.before.people == 1


def test_an_empty_day_is_a_page_all_the_same(path: Path) -> None:
    """Before the first event, nothing is known."""
    report = make_report(History(path), "day", date(2020, 1, 1), now=at(0), zone=UTC)
    assert (report.total.people, report.faults) == (0, ())
    assert "Door watched" in as_text(report, "west")


def test_text_and_page_say_the_same(path: Path) -> None:
    """With every text of the events escaped."""
    report = make_report(History(path), "week", MONDAY.date(), now=at(100), zone=UTC)
    text, page = as_text(report, "west"), as_html(report, "w<est")
    assert "west: week report, 2026-02-24 to 2026-03-02" in text
    for figure in ("67%", "camera, 60 min", "the week before", "08:00", "2026-03-01"):
        assert figure in text
        assert figure in page
    assert "&lt;unplugged&gt;" in page
    assert "<unplugged>" not in page
    assert "w&lt;est" in page


@pytest.mark.parametrize(
    ("text", "now", "last"),
    [
        ("daily 07:00", at(6.9), None),
        ("daily 07:00", at(7), date(2026, 3, 1)),
        ("daily 07:00", at(18.9), date(2026, 3, 1)),
        ("daily 23:30", at(24.5), date(2026, 3, 1)),
        ("weekly mon 07:00", at(8), date(2026, 3, 1)),
        ("weekly tue 07:00", at(8), None),
    ],
)
def test_a_report_is_due(text: str, now: datetime, last: date | None) -> None:
    """From its hour on for half a day, should the kiosk be off; on its day."""
    assert parse_schedule(text).due(now, UTC) == last


@pytest.mark.parametrize("text", ["daily", "daily 7:00", "weekly 07:00", "weekly moon 07:00", "daily 24:00"])
def test_another_schedule_is_refused(text: str) -> None:
    """With what is allowed."""
    with pytest.raises(ValueError, match="daily 07:00"):
        NotifyConfig(report=text)


def test_a_report_is_ordered_once_and_sent_whole(path: Path) -> None:
    """The same cause as long as it is due: the queue takes it once. Not where the rule is left out."""
    notify = NotifyConfig(report="daily 00:00")
    now = datetime.combine(MONDAY.date() + timedelta(days=1), datetime.min.time()).astimezone() + timedelta(hours=1)
    first, again = _report_due(notify, now), _report_due(notify, now + timedelta(hours=1))
    assert first is not None
    assert again is not None
    assert first.cause == again.cause == "report day 2026-03-02"
    assert _report_due(NotifyConfig(report="daily 00:00", rules=("alert",)), now) is None
    bulletin = _report(path, Notice("report", first.cause, now, first.detail), "west", "key", Config())
    assert bulletin.title == "west: day report, 2026-03-02"
    assert bulletin.html is not None
    assert "Alerts" in bulletin.text


def test_the_command_prints_and_writes(path: Path, tmp_path: Path) -> None:
    """Text on the terminal, or a page in a file."""
    said = CliRunner().invoke(cli, ["report", "day", "--date", "2026-03-02", "--database", str(path)])
    assert said.exit_code == 0, said.output
    assert "day report, 2026-03-02" in said.output
    page = tmp_path / "report.html"
    said = CliRunner().invoke(cli, ["report", "week", "--database", str(path), "--html", str(page)])
    assert (said.exit_code, said.output) == (0, f"{page}\n")
    assert page.read_text().startswith("<!doctype html>")
    lost = CliRunner().invoke(cli, ["report", "day", "--database", str(path), "--html", str(page / "x")])
    assert lost.exit_code != 0
