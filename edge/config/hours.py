"""Opening hours: when the kiosk is on duty."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime, time

from edge.types import Required

_SPAN = re.compile(r"(\d\d?):(\d\d)-(\d\d?):(\d\d)")

Span = tuple[time, time]


def parse_span(text: str) -> Span:
    """Read "07:00-19:00" or "7:00-19:00"; a span may pass midnight, as in "22:00-06:00", or end there, at 24:00.

    Raises:
        ValueError: if it is none, or has no length.
    """
    found = _SPAN.fullmatch(text)
    if not found:
        raise ValueError(f"expected HH:MM-HH:MM, received {text!r}")
    from_hour, from_minute, to_hour, to_minute = map(int, found.groups())
    begin = time(from_hour, from_minute)
    end = time.max if (to_hour, to_minute) == (24, 0) else time(to_hour, to_minute)
    if begin == end:
        raise ValueError(f"expected a span with a beginning and an end, received {text!r}")
    return begin, end


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
    at = now.time()
    return not spans or any(begin <= at < end if begin < end else at >= begin or at < end for begin, end in spans)
