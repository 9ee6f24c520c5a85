"""What a day or a week at the door came to, out of the event database."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime, time, timedelta, tzinfo
from typing import Literal

from edge.events.history import History, StoredEvent, Tally, without_gaps
from edge.types import EventKind

Span = Literal["day", "week"]
DAYS: dict[Span, int] = {"day": 1, "week": 7}

BLIND = frozenset({"camera", "frames", "view", "light"})
"""Components whose fault means that nobody can be seen."""

_Interval = tuple[datetime, datetime]


@dataclass(frozen=True, slots=True)
class FaultSpan:
    """Something that was broken for a while.

    Attributes:
        component, cause: what, and why.
        begin, end: within the span; a fault that goes on ends with it.
    """

    component: str
    cause: str
    begin: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class Report:
    """A day, or the seven days that end with it.

    Attributes:
        span: which of both.
        begin, end: local midnights, or the present if it comes first.
        total: everybody who came.
        before: the same of the week before.
        days: day by day.
        alerts_by_hour: alerts by the hour of the day, 24 numbers.
        faults: what was broken, oldest first.
        availability: share of the time in which the door was watched: the kiosk ran, and saw; None if nothing is known.
        zone: whose days; None for this machine's.
    """

    span: Span
    begin: datetime
    end: datetime
    total: Tally
    before: Tally
    days: Sequence[Tally]
    alerts_by_hour: Sequence[int]
    faults: Sequence[FaultSpan]
    availability: float | None
    zone: tzinfo | None = None


def make_report(history: History, span: Span, last: date, *, now: datetime, zone: tzinfo | None = None) -> Report:
    """The report on the day `last`, or on the seven days that end with it.

    Args:
        history: the events.
        span: day or week.
        last: the last day, local.
        now: nothing is known after it.
        zone: whose days; None for this machine's.

    Raises:
        EventsError: if the events cannot be read.
    """
    begin = _midnight(last - timedelta(days=DAYS[span] - 1), zone)
    end = _midnight(last + timedelta(days=1), zone)
    week = timedelta(days=7)
    since, earlier = _midnight(begin.date() - week, zone), _midnight(end.date() - week, zone)
    before = history.tallies("day", since=since, until=earlier, zone=zone)
    counted = history.tallies("day", since=begin, until=end, zone=zone)
    hours = [0] * 24
    for tally in history.tallies("hour", since=begin, until=end, zone=zone):
        hours[tally.begin.astimezone(zone).hour] += tally.alerts
    until = max(begin, min(end, now))
    events = list(_around(history, begin, until))
    return Report(
        span,
        begin,
        until,
        _sum(begin, counted),
        _sum(begin - week, before),
        tuple(without_gaps(counted, "day", since=begin, until=end, zone=zone)),
        tuple(hours),
        tuple(_faults(events, begin, until)),
        _availability(events, begin, until),
        zone,
    )


def _midnight(day: date, zone: tzinfo | None) -> datetime:
    midnight = datetime.combine(day, time.min, tzinfo=zone)
    return midnight if zone else midnight.astimezone()


def _sum(begin: datetime, tallies: Iterable[Tally]) -> Tally:
    many = list(tallies)
    counts = [field.name for field in fields(Tally) if field.name != "begin"]
    return Tally(begin, **{name: sum(getattr(one, name) for one in many) for name in counts})


def _around(history: History, begin: datetime, until: datetime) -> Iterator[StoredEvent]:
    """The events of a span, with the last one before it and the first one after it: they tell who ran meanwhile."""
    yield from history.events(until=begin, newest_first=True, limit=1)
    yield from history.events(since=begin, until=until)
    yield from history.events(since=until, limit=1)


def _faults(events: Sequence[StoredEvent], begin: datetime, until: datetime) -> Iterator[FaultSpan]:
    """What began within the span; the end of a run ends its faults."""
    open_faults: dict[str, StoredEvent] = {}
    spans: list[FaultSpan] = []

    def close(component: str, at: datetime) -> None:
        first = open_faults.pop(component, None)
        if first is not None:
            cause = first.event.detail.partition(": ")[2]
            spans.append(FaultSpan(component, cause, first.event.at, min(at, until)))

    for stored in events:
        event = stored.event
        if not begin <= event.at < until:
            continue
        component = event.detail.partition(": ")[0]
        if event.kind == EventKind.FAULT_BEGIN:
            open_faults.setdefault(component, stored)
        elif event.kind == EventKind.FAULT_END:
            close(component, event.at)
        elif event.kind == EventKind.SERVICE:
            for one in list(open_faults):
                close(one, event.at)
    for one in list(open_faults):
        close(one, until)
    yield from sorted(spans, key=lambda span: span.begin)


def _availability(events: Sequence[StoredEvent], begin: datetime, until: datetime) -> float | None:
    """A run lasts from its first event to its stop or, after a power cut, to its last event; the newest one goes on."""
    if not events or until <= begin:
        return None
    watched = timedelta()
    blind = [(span.begin, span.end) for span in _faults(events, begin, until) if span.component in BLIND]
    for run in {stored.run: None for stored in events}:
        own = [stored for stored in events if stored.run == run]
        is_newest = run == events[-1].run
        has_stopped = own[-1].event.kind == EventKind.SERVICE and own[-1].event.detail == "stopped"
        last = until if is_newest and not has_stopped else own[-1].event.at
        first, last = max(begin, own[0].event.at), min(until, last)
        if last > first:
            watched += last - first - _covered(blind, first, last)
    return watched / (until - begin)


def _covered(intervals: Iterable[_Interval], first: datetime, last: datetime) -> timedelta:
    """How much of a stretch the intervals cover together."""
    covered, reached = timedelta(), first
    for begin, end in sorted(intervals):
        begin, end = max(begin, reached), min(end, last)  # noqa: PLW2901 - clipped
        if end > begin:
            covered += end - begin
            reached = end
    return covered
