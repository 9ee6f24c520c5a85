"""The command `maskgate events`."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from edge.commands.events import events, moment
from edge.errors import EventsError, UsageError
from edge.types import Event, EventKind, Label
from tests.builders import event_log

T0 = datetime(2026, 3, 1, 8, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def in_kolkata(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """This machine stands in Kolkata, five and a half hours before Greenwich."""
    monkeypatch.setenv("TZ", "Asia/Kolkata")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


Call = Callable[..., Result]


@pytest.fixture
def run(tmp_path: Path) -> Call:
    """Run the command on a database with four events."""
    path = tmp_path / "events.db"
    told = [
        Event(EventKind.SERVICE, T0, detail="started"),
        Event(EventKind.ENTRY, T0 + timedelta(minutes=1), 3, Label.WITHOUT_MASK),
        Event(EventKind.ALERT, T0 + timedelta(minutes=1)),
        Event(EventKind.AUDIT, T0 + timedelta(minutes=40), detail="named \x1b[2J it\n\u202e"),
    ]
    with event_log(path) as log:
        for event in told:
            log.record(event)
        assert log.flush(20)

    def call(*arguments: object) -> Result:
        return CliRunner().invoke(events, ["--database", str(path), *(str(argument) for argument in arguments)])

    return call


def test_text_is_for_people(run: Call) -> None:
    """Local time, one line each, and nothing in it that would steer a terminal."""
    result = run()
    assert result.exit_code == 0
    assert result.stdout.splitlines() == [
        "2026-03-01 13:30:00  service      started",
        "2026-03-01 13:31:00  entry        person 3  without_mask",
        "2026-03-01 13:31:00  alert",
        "2026-03-01 14:10:00  audit        named  [2J it",
    ]


@pytest.mark.parametrize(
    ("arguments", "details"),
    [
        ([], ["service", "entry", "alert", "audit"]),
        (["--limit", 2], ["alert", "audit"]),
        (["--kind", "alert", "--kind", "entry"], ["entry", "alert"]),
        (["--since", "2026-03-01T13:31"], ["entry", "alert", "audit"]),
        (["--since", "2026-03-01T08:01Z", "--until", "2026-03-01T08:02Z"], ["entry", "alert"]),
    ],
)
def test_filters(run: Call, arguments: list[object], details: list[str]) -> None:
    """Times without a zone are local; a limit keeps the newest, in order."""
    result = run("--json", *arguments)
    assert [json.loads(line)["kind"] for line in result.stdout.splitlines()] == details


def test_csv(run: Call) -> None:
    """A header and one record for each event, in UTC."""
    lines = run("--csv", "--kind", "alert").stdout.splitlines()
    assert lines[0] == "id,at,kind,run,track_id,label,detail,local_time"
    assert lines[1].startswith("3,2026-03-01T08:01:00.000Z,alert,")
    assert datetime.fromisoformat(lines[1].rpartition(",")[2]) == datetime(2026, 3, 1, 8, 1, tzinfo=UTC)
    assert run("--csv", "--utc", "--kind", "alert").stdout.splitlines()[1].endswith(",2026-03-01T08:01:00+00:00")
    assert len(lines) == 2


def test_summary(run: Call) -> None:
    """People and alerts by local hour or day, as text, CSV or JSON."""
    assert run("--summary", "day").stdout.splitlines() == [
        "day               people  properly  without  wrongly  wrong kind  undecided  alerts  compliance",
        "2026-03-01             1         0        1        0           0          0       1        0.0%",
    ]
    assert json.loads(run("--summary", "hour", "--json").stdout)["begin"] == "2026-03-01T13:00+05:30"
    assert run("--summary", "hour", "--csv", "--utc").stdout.splitlines() == [
        "begin,with_mask,without_mask,incorrect_mask,wrong_kind,uncertain,alerts,compliance",
        "2026-03-01T08:00+00:00,0,1,0,0,0,1,0.0",
    ]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--since", "noon"], "'noon' is not a time; write 2026-03-01, 2026-03-01T08:30, today"),
        (["--kind", "party"], "'party' is not one of 'entry'"),
        (["--limit", 0], "0 is not in the range x>=1"),
        (["--summary", "year"], "'year' is not one of 'hour', 'day'"),
    ],
)
def test_wrong_options(run: Call, arguments: list[object], message: str) -> None:
    """Each says what is allowed."""
    result = run(*arguments)
    assert result.exit_code == click.UsageError.exit_code
    assert message in result.stderr


@pytest.mark.parametrize("arguments", [["--csv", "--json"], ["--summary", "day", "--kind", "alert"]])
def test_options_that_do_not_go_together(run: Call, arguments: list[object]) -> None:
    """Refused, rather than one of them ignored."""
    assert isinstance(run(*arguments).exception, UsageError)


def test_a_missing_database(tmp_path: Path) -> None:
    """An error that the command line tells in one line."""
    result = CliRunner().invoke(events, ["--database", str(tmp_path / "none.db")])
    assert isinstance(result.exception, EventsError)


@pytest.mark.parametrize(
    ("text", "ago"),
    [
        ("90m", timedelta(minutes=90)),
        ("12h", timedelta(hours=12)),
        ("7d", timedelta(days=7)),
        ("2w", timedelta(weeks=2)),
    ],
)
def test_how_long_ago(text: str, ago: timedelta) -> None:
    """A number and a unit count back from now."""
    assert abs(datetime.now(UTC) - ago - moment(text)) < timedelta(minutes=1)


def test_today_and_yesterday() -> None:
    """From local midnight."""
    today, yesterday = moment("today"), moment("yesterday")
    assert (today.hour, today.minute, today.utcoffset()) == (0, 0, timedelta(hours=5, minutes=30))
    assert today - yesterday == timedelta(days=1)
    assert today <= datetime.now(UTC) < today + timedelta(days=1, minutes=1)


@pytest.mark.parametrize("text", ["", "99999999999d", "999999999w", "2026-13-01", "0001-01-01", "-1h"])
def test_what_is_no_time(text: str) -> None:
    """Nonsense, and times that no calendar reaches, are refused."""
    with pytest.raises(click.BadParameter, match="is not a time"):
        moment(text)
