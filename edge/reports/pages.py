"""A report as text, for mails and terminals, and as HTML, for browsers and printers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta, tzinfo
from html import escape

from edge.reports.report import FaultSpan, Report

MOST_FAULTS = 12
"""Faults that fit on the page; of more it says how many there are."""

_BAR = 30

STYLE = """@page { size: A4; margin: 15mm }
body { font: 10pt/1.4 system-ui, sans-serif; max-width: 180mm; margin: 1em auto; color: #111; background: #fff }
table { border-collapse: collapse; margin: 0.3em 0 1em }
th, td { text-align: right; padding: 0.1em 0.8em 0.1em 0; border-bottom: 1px solid #ccc }
th:first-child, td:first-child { text-align: left }
td.long { text-align: left }
h2 { font-size: 1.1em; margin: 1em 0 0.2em }
meter { width: 12em }"""


def title(report: Report, kiosk: str) -> str:
    """Which door, and which days."""
    last = (report.begin + timedelta(days=6, hours=12)).date() if report.span == "week" else report.begin.date()
    days = f"{report.begin.date()}" if report.span == "day" else f"{report.begin.date()} to {last}"
    return f"{kiosk}: {report.span} report, {days}"


def as_text(report: Report, kiosk: str) -> str:
    """For a mail, or a terminal."""
    lines = [title(report, kiosk), ""]
    lines += [f"{name:<22} {now:>10} {before:>16}" for name, now, before in _figures(report)]
    if report.span == "week":
        lines += ["", "Day         People  Alerts  Wear a mask"]
        lines += [
            f"{day.begin.date()}  {day.people:>6}  {day.alerts:>6}  {_share(day.compliance):>11}" for day in report.days
        ]
    most = max(report.alerts_by_hour, default=0)
    if most:
        lines += ["", "Alerts by hour"]
        busy = [(hour, count) for hour, count in enumerate(report.alerts_by_hour) if count]
        lines += [f"{hour:02}:00  {count:>5}  {'#' * max(1, round(_BAR * count / most))}" for hour, count in busy]
    lines += ["", "Faults", *(_fault_lines(report) or ["none"])]
    return "\n".join(lines)


def as_html(report: Report, kiosk: str) -> str:
    """A page of its own."""
    head = f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(title(report, kiosk))}</title>'
    return f"{head}<style>{STYLE}</style></head><body>{as_section(report, kiosk)}</body></html>\n"


def as_section(report: Report, kiosk: str) -> str:
    """The part of a page that holds it, every text in it escaped."""
    return "".join(_parts(report, kiosk))


def _parts(report: Report, kiosk: str) -> Iterator[str]:
    yield f"<h1>{escape(title(report, kiosk))}</h1>"
    header, *figures = _figures(report)
    yield _table(header, figures)
    if report.span == "week":
        yield "<h2>Day by day</h2>"
        rows = [
            (str(day.begin.date()), str(day.people), str(day.alerts), _share(day.compliance)) for day in report.days
        ]
        yield _table(("Day", "People", "Alerts", "Wear a mask"), rows)
    yield "<h2>Alerts by hour</h2>"
    most = max(report.alerts_by_hour, default=0)
    if most:
        heads = "".join(f'<th scope="col">{head}</th>' for head in ("From", "Alerts", "Of the most"))
        yield f"<table><thead><tr>{heads}</tr></thead>"
        for hour, count in enumerate(report.alerts_by_hour):
            if count:
                bar = f'<meter aria-label="{hour:02}:00" min="0" max="{most}" value="{count}">{count}</meter>'
                yield f"<tr><td>{hour:02}:00</td><td>{count}</td><td>{bar}</td></tr>"
        yield "</table>"
    else:
        yield "<p>None.</p>"
    yield "<h2>Faults</h2>"
    lines = _fault_lines(report)
    yield f"<ul>{''.join(f'<li>{escape(line)}</li>' for line in lines)}</ul>" if lines else "<p>None.</p>"


def _table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    head = "".join(f'<th scope="col">{escape(cell)}</th>' for cell in header)
    body = "".join(f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in row)}</tr>" for row in rows)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _figures(report: Report) -> list[tuple[str, ...]]:
    """Name, this time, the week before; a header first."""

    def both(name: str, value: str, before: str) -> tuple[str, ...]:
        return name, value, before

    def counts(name: str, field: str) -> tuple[str, ...]:
        return both(name, str(getattr(report.total, field)), str(getattr(report.before, field)))

    return [
        both("Figure", report.span, "the week before"),
        both("Wear a mask", _share(report.total.compliance), _share(report.before.compliance)),
        counts("People", "people"),
        counts("  no mask", "without_mask"),
        counts("  worn wrongly", "incorrect_mask"),
        counts("  wrong kind", "wrong_kind"),
        counts("  undecided", "uncertain"),
        counts("Alerts", "alerts"),
        both("Door watched", _share(report.availability, digits=2), ""),
    ]


def _fault_lines(report: Report) -> list[str]:
    lines = [_fault(span, report.zone) for span in report.faults[:MOST_FAULTS]]
    left_out = len(report.faults) - len(lines)
    return [*lines, *([f"and {left_out} more"] if left_out else [])]


def _fault(span: FaultSpan, zone: tzinfo | None) -> str:
    minutes, seconds = divmod(round((span.end - span.begin).total_seconds()), 60)
    lasted = f"{minutes} min" if minutes else f"{seconds} s"
    return f"{span.begin.astimezone(zone):%Y-%m-%d %H:%M} {span.component}, {lasted}: {span.cause}"


def _share(share: float | None, *, digits: int = 0) -> str:
    return "-" if share is None else f"{share:.{digits}%}"
