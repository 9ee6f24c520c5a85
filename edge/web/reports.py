"""The page Reports: a day or a week, made to be printed."""

from __future__ import annotations

from datetime import date, timedelta

from starlette.datastructures import QueryParams

from edge.errors import EventsError
from edge.host.doors import the_door
from edge.languages.words import Words, mark
from edge.reports.pages import as_section
from edge.reports.report import Span, make_report
from edge.timing import utc_now
from edge.web.site import Site


def report_values(site: Site, query: QueryParams, words: Words) -> dict[str, object]:
    """What the page's template needs; where it is asked for no day, yesterday's."""
    span: Span = "week" if query.get("span") == "week" else "day"
    try:
        last = date.fromisoformat(query.get("date", ""))
    except ValueError:
        last = utc_now().astimezone(site.in_use().door.zone).date() - timedelta(days=1)
    report, trouble = "", mark("events are not stored: name a file in events.database")
    if site.history is not None:
        config = site.in_use()
        kiosk = config.door.name or config.mqtt.name or the_door().network_name
        try:
            report = as_section(
                make_report(site.history, span, last, now=utc_now(), zone=config.door.zone), kiosk, words
            )
        except EventsError as error:
            trouble = str(error)
        except (OverflowError, ValueError):  # the first and the last days that a calendar has
            trouble = words("{day}: nothing is known of that day", day=last)
    return {"span": span, "last": last, "report": report, "trouble": trouble}
