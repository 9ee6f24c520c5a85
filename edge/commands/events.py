"""The command `maskgate events`: what happened at the door, as text, CSV or JSON."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime, time, timedelta, tzinfo
from pathlib import Path

import click

from edge.commands.options import door_option
from edge.config.schema import load_config
from edge.errors import ConfigError, UsageError
from edge.events.history import (
    CSV_COLUMNS,
    EVENT_COLUMNS,
    TALLY_COLUMNS,
    History,
    Period,
    StoredEvent,
    Tally,
    csv_lines,
)
from edge.host.doors import Door, the_door
from edge.host.owner import hand_to_owner
from edge.timing import utc_now
from edge.types import EventKind

DATABASE = "events.db"
"""Where the service keeps its events, in its state folder."""

_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


def moment(text: str) -> datetime:
    """A time as people write it: ISO 8601 (local without a zone), `today`, `yesterday`, or how long ago it was.

    Raises:
        click.BadParameter: if it is none, with what is allowed.
    """
    try:
        return _parse(text.strip(), utc_now())
    except (ValueError, OverflowError) as error:
        allowed = "2026-03-01, 2026-03-01T08:30, today, yesterday, 90m, 12h or 7d"
        raise click.BadParameter(f"{text!r} is not a time; write {allowed}") from error


def _parse(text: str, now: datetime) -> datetime:
    if text in ("today", "yesterday"):
        day = now.astimezone().date() - timedelta(days=text == "yesterday")
        return datetime.combine(day, time.min).astimezone()
    if ago := re.fullmatch(r"(\d{1,9})([smhdw])", text):
        return now - timedelta(**{_UNITS[ago[2]]: int(ago[1])})
    return datetime.fromisoformat(text).astimezone()


@click.command("events")
@click.option(
    "--since",
    type=moment,
    metavar="TIME",
    help="events at or after this time: 2026-03-01T08:30, today, yesterday, 90m, 12h, 7d",
)
@click.option("--until", type=moment, metavar="TIME", help="events before this time")
@click.option(
    "--kind",
    "kinds",
    multiple=True,
    type=click.Choice([kind.value for kind in EventKind]),
    help="only events of this kind; may be given several times",
)
@click.option("--limit", type=click.IntRange(min=1), help="only this many of the newest events")
@click.option("--summary", type=click.Choice(["hour", "day"]), help="count people and alerts per hour or day instead")
@click.option(
    "--csv",
    "as_csv",
    is_flag=True,
    help="for a spreadsheet, with a header; times of events in UTC, and local with their offset",
)
@click.option("--json", "as_json", is_flag=True, help="one JSON object per line; times of events in UTC")
@click.option("--utc", is_flag=True, help="hours, days and text in UTC rather than local time")
@door_option
@click.option(
    "--database",
    type=click.Path(path_type=Path),
    help=f"file to read; default {Door().state / DATABASE}, or that of --door",
)
def events(
    since: datetime | None,
    until: datetime | None,
    kinds: tuple[str, ...],
    limit: int | None,
    summary: Period | None,
    as_csv: bool,
    as_json: bool,
    utc: bool,
    database: Path | None,
) -> None:
    """Show what happened at the door: who came in how, alerts, faults; while the kiosk runs or not."""
    if as_csv and as_json:
        raise UsageError("--csv and --json exclude each other")
    if summary and (kinds or limit):
        raise UsageError("--summary counts people and alerts; it goes with neither --kind nor --limit")
    database = database or the_door().state / DATABASE
    if hand_to_owner(database.parent):
        return
    history, zone = History(database), UTC if utc else _zone()
    if summary:
        tallies = history.tallies(summary, since=since, until=until, zone=zone)
        lines = _tally_lines(tallies, summary)
        records, columns = (tally.as_record() for tally in tallies), TALLY_COLUMNS
    else:
        stored = _events(history, since, until, kinds, limit)
        lines = (_line(event, zone) for event in stored)
        records, columns = (event.as_record() for event in stored), EVENT_COLUMNS
        if as_csv:
            records, columns = (event.as_csv_record(zone) for event in stored), CSV_COLUMNS
    for line in _formatted(records, columns, lines, as_csv=as_csv, as_json=as_json):
        click.echo(line)


def _zone() -> tzinfo | None:
    """The door's own, as its pages have; the machine's where the configuration does not tell."""
    try:
        return load_config(None).door.zone
    except ConfigError:
        return None


def _events(
    history: History, since: datetime | None, until: datetime | None, kinds: tuple[str, ...], limit: int | None
) -> Iterable[StoredEvent]:
    """Oldest first; with a limit the newest of them, which have to be held to be turned round."""
    found = history.events(since=since, until=until, kinds=kinds, limit=limit, newest_first=limit is not None)
    return found if limit is None else reversed(list(found))


def _formatted(
    records: Iterable[Mapping[str, object]],
    columns: tuple[str, ...],
    lines: Iterable[str],
    *,
    as_csv: bool,
    as_json: bool,
) -> Iterator[str]:
    if as_csv:
        return (line.removesuffix("\n") for line in csv_lines(records, columns))
    if as_json:
        return (json.dumps(record, ensure_ascii=False) for record in records)
    return iter(lines)


def _line(stored: StoredEvent, zone: tzinfo | None) -> str:
    event = stored.event
    words = [f"{event.at.astimezone(zone):%Y-%m-%d %H:%M:%S}", f"{event.kind:<11}"]
    if event.track_id is not None:
        words.append(f"person {event.track_id}")
    words += [str(event.label)] if event.label else []
    # What others may have had a hand in must not steer the terminal.
    words += ["".join(c if c.isprintable() else " " for c in event.detail)] if event.detail else []
    return "  ".join(words).rstrip()


def _tally_lines(tallies: tuple[Tally, ...], period: Period) -> Iterator[str]:
    shape = "%Y-%m-%d %H:%M" if period == "hour" else "%Y-%m-%d"
    yield f"{period:<16}  people  properly  without  wrongly  wrong kind  undecided  alerts  compliance"
    for tally in tallies:
        share = "" if tally.compliance is None else f"{tally.compliance:.1%}"
        yield (
            f"{tally.begin:{shape}}".ljust(16)
            + f"  {tally.people:6}  {tally.with_mask:8}  {tally.without_mask:7}  {tally.incorrect_mask:7}"
            f"  {tally.wrong_kind:10}  {tally.uncertain:9}  {tally.alerts:6}  {share:>10}"
        )
