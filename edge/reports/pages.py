"""A report as text, for mails and terminals, and as HTML, for browsers and printers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta, tzinfo
from html import escape

from edge.languages.language import decimal_mark, direction
from edge.languages.words import Words
from edge.reports.report import FaultSpan, Report

MOST_FAULTS = 12
"""Faults that fit on the page; of more it says how many there are."""

_BAR = 30

ENGLISH = Words("en")

STYLE = """@page { size: A4; margin: 15mm }
body { font: 10pt/1.4 system-ui, sans-serif; max-width: 180mm; margin: 1em auto; color: #111; background: #fff }
table { border-collapse: collapse; margin: 0.3em 0 1em }
th, td { text-align: end; padding-block: 0.1em; padding-inline: 0 0.8em; border-bottom: 1px solid #ccc }
th:first-child, td:first-child { text-align: start }
td.long { text-align: start }
h2 { font-size: 1.1em; margin: 1em 0 0.2em }
meter { width: 12em }"""


def title(report: Report, kiosk: str, _: Words = ENGLISH) -> str:
    """Which door, and which days."""
    first = _day(report.begin.date(), _)
    if report.span == "day":
        return _("{kiosk}: day report, {day}", kiosk=kiosk, day=first)
    last = _day((report.begin + timedelta(days=6, hours=12)).date(), _)
    return _("{kiosk}: week report, {first} to {last}", kiosk=kiosk, first=first, last=last)


def as_text(report: Report, kiosk: str, _: Words = ENGLISH) -> str:
    """For a mail, or a terminal, in the language of the words."""
    lines = [title(report, kiosk, _), ""]
    figures = _figures(report, _)
    name_width, now_width = (max(least, *(len(row[i]) for row in figures)) for i, least in ((0, 22), (1, 10)))
    lines += [f"{name:<{name_width}} {now:>{now_width}} {before:>16}" for name, now, before in figures]
    if report.span == "week":
        day, *heads = _day_heads(_)
        lines += ["", "  ".join([f"{day:<10}", *(f"{head:>6}" for head in heads)])]
        widths = [max(6, len(head)) for head in heads]
        lines += ["  ".join([day, *(f"{cell:>{width}}" for cell, width in zip(cells, widths, strict=True))])
                  for day, *cells in _days(report, _)]  # fmt: skip
    most = max(report.alerts_by_hour, default=0)
    if most:
        lines += ["", _("Alerts by hour")]
        busy = [(hour, count) for hour, count in enumerate(report.alerts_by_hour) if count]
        lines += [f"{hour:02}:00  {count:>5}  {'#' * max(1, round(_BAR * count / most))}" for hour, count in busy]
    lines += ["", _("Faults"), *(_fault_lines(report, _) or [_("none")])]
    return "\n".join(lines)


def as_html(report: Report, kiosk: str, _: Words = ENGLISH) -> str:
    """A page of its own, in the language of the words."""
    head = f'<html lang="{_.language}" dir="{direction(_.language)}"><head><meta charset="utf-8">'
    heading = f"<title>{escape(title(report, kiosk, _))}</title><style>{STYLE}</style></head>"
    return f"<!doctype html>{head}{heading}<body>{as_section(report, kiosk, _)}</body></html>\n"


def as_section(report: Report, kiosk: str, _: Words = ENGLISH) -> str:
    """The part of a page that holds it, every text in it escaped."""
    return "".join(_parts(report, kiosk, _))


def _parts(report: Report, kiosk: str, _: Words) -> Iterator[str]:
    yield f"<h1>{escape(title(report, kiosk, _))}</h1>"
    nothing = _("None.")
    none = f"<p>{escape(nothing)}</p>"
    header, *figures = _figures(report, _)
    yield _table(header, figures)
    if report.span == "week":
        yield _heading(_("Day by day"))
        yield _table(_day_heads(_), _days(report, _))
    yield _heading(_("Alerts by hour"))
    most = max(report.alerts_by_hour, default=0)
    if most:
        heads = (_("From"), _("Alerts"), _("Of the most"))
        yield f"<table>{_head(heads)}"
        for hour, count in enumerate(report.alerts_by_hour):
            if count:
                bar = f'<meter aria-label="{hour:02}:00" min="0" max="{most}" value="{count}">{count}</meter>'
                yield f"<tr><td>{hour:02}:00</td><td>{count}</td><td>{bar}</td></tr>"
        yield "</table>"
    else:
        yield none
    yield _heading(_("Faults"))
    lines = _fault_lines(report, _)
    yield f"<ul>{''.join(f'<li>{escape(line)}</li>' for line in lines)}</ul>" if lines else none


def _heading(text: str) -> str:
    return f"<h2>{escape(text)}</h2>"


def _head(cells: Sequence[str]) -> str:
    row = "".join(f'<th scope="col">{escape(cell)}</th>' for cell in cells)
    return f"<thead><tr>{row}</tr></thead>"


def _table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    body = "".join(f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in row)}</tr>" for row in rows)
    return f"<table>{_head(header)}<tbody>{body}</tbody></table>"


def _day_heads(_: Words) -> tuple[str, ...]:
    return _("Day"), _("People"), _("Alerts"), _("Wear a mask")


def _days(report: Report, _: Words) -> list[tuple[str, ...]]:
    """Day, people, alerts, compliance."""
    return [
        (_day(day.begin.date(), _), str(day.people), str(day.alerts), _share(day.compliance, _)) for day in report.days
    ]


def _figures(report: Report, _: Words) -> list[tuple[str, ...]]:
    """Name, this time, the week before; a header first."""

    def both(name: str, value: str, before: str) -> tuple[str, ...]:
        return name, value, before

    def counts(name: str, field: str) -> tuple[str, ...]:
        return both(name, str(getattr(report.total, field)), str(getattr(report.before, field)))

    return [
        both(_("Figure"), _("day") if report.span == "day" else _("week"), _("the week before")),
        both(_("Wear a mask"), _share(report.total.compliance, _), _share(report.before.compliance, _)),
        counts(_("People"), "people"),
        counts("  " + _("no mask"), "without_mask"),
        counts("  " + _("worn wrongly"), "incorrect_mask"),
        counts("  " + _("wrong kind"), "wrong_kind"),
        counts("  " + _("undecided"), "uncertain"),
        counts(_("Alerts"), "alerts"),
        both(_("Door watched"), _share(report.availability, _, digits=2), ""),
    ]


def _fault_lines(report: Report, _: Words) -> list[str]:
    lines = [_fault(span, report.zone, _) for span in report.faults[:MOST_FAULTS]]
    left_out = len(report.faults) - len(lines)
    return [*lines, *([_("and {n} more", n=left_out)] if left_out else [])]


def _fault(span: FaultSpan, zone: tzinfo | None, _: Words) -> str:
    minutes, seconds = divmod(round((span.end - span.begin).total_seconds()), 60)
    lasted = _("{n} min", n=minutes) if minutes else _("{n} s", n=seconds)
    begin = span.begin.astimezone(zone)
    return f"{_day(begin.date(), _)} {begin:%H:%M} {span.component}, {lasted}: {span.cause}"


def _share(share: float | None, _: Words, *, digits: int = 0) -> str:
    if share is None:
        return "-"
    number = f"{100 * share:.{digits}f}".replace(".", decimal_mark(_.language))
    return _("{n}%", n=number)


def _day(day: date, _: Words) -> str:
    """As the language writes it, in figures."""
    return _("{year}-{month}-{day}", year=day.strftime("%Y"), month=day.strftime("%m"), day=day.strftime("%d"))
