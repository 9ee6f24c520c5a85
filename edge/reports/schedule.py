"""When a report is due: `daily 07:00`, or `weekly mon 07:00`, local time."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo

from edge.reports.report import Span

LATE = timedelta(hours=12)
"""A kiosk that was off sends its report this much later at most."""

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_WRITTEN = re.compile(rf"(daily|weekly ({'|'.join(_DAYS)})) ([01]\d|2[0-3]):([0-5]\d)")


@dataclass(frozen=True, slots=True)
class Schedule:
    """When a report is made.

    Attributes:
        span: of the report.
        at: local time.
        weekday: 0 for Monday; None for every day.
    """

    span: Span
    at: time
    weekday: int | None

    def due(self, now: datetime, zone: tzinfo | None = None) -> date | None:
        """The last day of the report that is due now: the day before the one at which it is made."""
        local = now.astimezone(zone)
        for day in (local.date(), local.date() - timedelta(days=1)):
            moment = datetime.combine(day, self.at, tzinfo=zone)
            moment = moment if zone else moment.astimezone()
            if self.weekday in (None, day.weekday()) and timedelta() <= now - moment < LATE:
                return day - timedelta(days=1)
        return None


def parse_schedule(text: str) -> Schedule:
    """A schedule as people write it.

    Raises:
        ValueError: with what is allowed.
    """
    found = _WRITTEN.fullmatch(text)
    if found is None:
        raise ValueError('expected "daily 07:00" or "weekly mon 07:00"')
    weekday = _DAYS.index(found[2]) if found[2] else None
    return Schedule("day" if weekday is None else "week", time(int(found[3]), int(found[4])), weekday)
