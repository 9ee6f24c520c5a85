"""Opening hours: when the kiosk is on duty."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time

from edge.types import Required

DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")

_DAY = "|".join(DAYS)
_SPAN = re.compile(rf"(?:({_DAY})(?:-({_DAY}))? )?(\d\d?):(\d\d)-(\d\d?):(\d\d)")


@dataclass(frozen=True, slots=True)
class Span:
    """Hours of some days; one that passes midnight belongs to the day on which it begins.

    Attributes:
        begin, end: local time; the end is no part of it.
        days: 0 is Monday.
    """

    begin: time
    end: time
    days: frozenset[int]

    def holds(self, now: datetime) -> bool:
        """Whether local time `now` lies in it."""
        at, today, yesterday = now.time(), now.weekday(), (now.weekday() - 1) % 7
        if self.begin < self.end:
            return today in self.days and self.begin <= at < self.end
        return (today in self.days and at >= self.begin) or (yesterday in self.days and at < self.end)


def parse_span(text: str) -> Span:
    """Read "07:00-19:00", "Mon-Fri 7:00-19:00" or "Sat 09:00-12:00"; without days it is every day.

    A span may pass midnight, as in "22:00-06:00", or end there, at 24:00; days may pass Sunday, as in "Fri-Mon".

    Raises:
        ValueError: if it is none, or has no length.
    """
    found = _SPAN.fullmatch(text)
    if not found:
        raise ValueError(f"expected HH:MM-HH:MM, also after a day or days such as Mon-Fri, received {text!r}")
    first, last, *times = found.groups()
    from_hour, from_minute, to_hour, to_minute = map(int, times)
    begin = time(from_hour, from_minute)
    end = time.max if (to_hour, to_minute) == (24, 0) else time(to_hour, to_minute)
    if begin == end:
        raise ValueError(f"expected a span with a beginning and an end, received {text!r}")
    return Span(begin, end, _days(first, last or first))


def _days(first: str | None, last: str | None) -> frozenset[int]:
    if first is None or last is None:
        return frozenset(range(len(DAYS)))
    begin, length = DAYS.index(first), (DAYS.index(last) - DAYS.index(first)) % len(DAYS) + 1
    return frozenset((begin + day) % len(DAYS) for day in range(length))


def parse_required(text: str) -> tuple[Required, Span]:
    """Read "respirator 07:00-19:00".

    Raises:
        ValueError: if it is none.
    """
    word, _, span = text.partition(" ")
    if word not in list(Required):
        raise ValueError(f"expected one of {', '.join(Required)}, a space and HH:MM-HH:MM, received {text!r}")
    return Required(word), parse_span(span.strip())


def required_at(required: Required, lines: Sequence[tuple[Required, Span]], now: datetime | None) -> Required:
    """What is required at local time `now`; the strictest of all where nobody knows the time.

    Args:
        required: outside the lines' hours.
        lines: what is required within some hours; of two that overlap the stricter one applies.
        now: None if the clock cannot be believed.
    """
    if now is None:
        return strictest((required, *(one for one, _ in lines)))
    within = [one for one, span in lines if is_open([span], now)]
    return strictest(within) if within else required


def strictest(several: Sequence[Required]) -> Required:
    """The one that the fewest masks meet."""
    return min(several, key=lambda one: len(one.kinds))


def is_open(spans: Sequence[Span], now: datetime) -> bool:
    """Whether local time `now` lies in one of the spans; without spans it is always open."""
    return not spans or any(span.holds(now) for span in spans)
