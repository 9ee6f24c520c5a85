"""`maskgate report`: a day or a week at the door on one page."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import click

from edge.commands.events import DATABASE
from edge.commands.options import door_option
from edge.errors import UsageError
from edge.events.history import History
from edge.host.doors import Door, the_door
from edge.host.files import write_atomically
from edge.host.owner import hand_to_owner
from edge.reports.pages import as_html, as_text
from edge.reports.report import Span, make_report
from edge.timing import utc_now


@click.command("report")
@click.argument("span", type=click.Choice(["day", "week"]))
@click.option(
    "--date",
    "last",
    type=click.DateTime(["%Y-%m-%d"]),
    help="the day, or the last of the seven days; default: yesterday",
)
@click.option("--html", type=click.Path(path_type=Path, dir_okay=False), help="write a page to print, in place of text")
@door_option
@click.option(
    "--database",
    type=click.Path(path_type=Path),
    help=f"file to read; default {Door().state / DATABASE}, or that of --door",
)
def report(span: Span, last: datetime | None, html: Path | None, database: Path | None) -> None:
    """Sum up a day or a week: masks, people, alerts by hour, faults, and how long the door was watched."""
    database = database or the_door().state / DATABASE
    if html is None and hand_to_owner(database.parent):
        return
    day = last.date() if last else datetime.now().astimezone().date() - timedelta(days=1)
    found = make_report(History(database), span, day, now=utc_now())
    kiosk = the_door().network_name
    if html is None:
        click.echo(as_text(found, kiosk))
        return
    try:
        write_atomically(html, as_html(found, kiosk).encode())
    except OSError as error:
        raise UsageError(f"{html}: cannot be written ({error.strerror}); choose another folder") from error
    click.echo(html)
