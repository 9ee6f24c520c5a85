"""Opening hours: when the kiosk is on duty."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime, time

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


def is_open(spans: Sequence[Span], now: datetime) -> bool:
    """Whether local time `now` lies in one of the spans; without spans it is always open."""
    at = now.time()
    return not spans or any(begin <= at < end if begin < end else at >= begin or at < end for begin, end in spans)
