"""Opening hours."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from edge.config.hours import is_open, parse_required, parse_span, required_at
from edge.types import Required


@pytest.mark.parametrize(
    ("spans", "clock", "expected"),
    [
        ([], "03:00", True),
        (["07:00-19:00"], "07:00", True),
        (["07:00-19:00"], "19:00", False),
        (["22:00-06:00"], "23:30", True),
        (["22:00-06:00"], "05:59", True),
        (["22:00-06:00"], "12:00", False),
        (["06:00-08:00", "18:00-20:00"], "18:30", True),
        (["06:00-08:00", "18:00-20:00"], "12:00", False),
        (["7:00-19:00"], "07:30", True),
        (["18:00-24:00"], "23:59", True),
        (["18:00-24:00"], "00:00", False),
        (["00:00-24:00"], "00:00", True),
    ],
)
def test_spans_hold_their_beginning_and_not_their_end(spans: list[str], clock: str, expected: bool) -> None:
    """Several spans add up, and one may pass midnight; without any the kiosk is always on duty."""
    now = datetime.strptime(f"2026-05-04 {clock}", "%Y-%m-%d %H:%M").replace(tzinfo=UTC)
    assert is_open([parse_span(span) for span in spans], now) is expected


@pytest.mark.parametrize(
    ("span", "day", "clock", "expected"),
    [
        ("Mon-Fri 07:00-19:00", 8, "08:00", True),
        ("Mon-Fri 07:00-19:00", 9, "08:00", False),
        ("Sat 07:00-19:00", 9, "08:00", True),
        ("Fri-Mon 07:00-19:00", 10, "08:00", True),
        ("Fri-Mon 07:00-19:00", 5, "08:00", False),
        ("Fri 22:00-06:00", 8, "23:00", True),
        ("Fri 22:00-06:00", 9, "05:00", True),
        ("Fri 22:00-06:00", 8, "05:00", False),
        ("Sun 22:00-06:00", 4, "05:00", True),
    ],
)
def test_a_span_may_have_days(span: str, day: int, clock: str, expected: bool) -> None:
    """One day or several in a row, also over Sunday; a night belongs to the day on which it begins (4 May: Monday)."""
    now = datetime.strptime(f"2026-05-{day:02d} {clock}", "%Y-%m-%d %H:%M").replace(tzinfo=UTC)
    assert is_open([parse_span(span)], now) is expected


@pytest.mark.parametrize(
    "text",
    [
        "Mo 07:00-19:00",
        "Mon-Fri",
        "Mon,Tue 07:00-19:00",
        "Mon-Fri  07:00-19:00",
        "7-19",
        "07:00",
        "07:00-07:00",
        "07:00 - 19:00",
    ],
)
def test_what_is_no_span_is_refused(text: str) -> None:
    """The error shows what was read."""
    with pytest.raises(ValueError, match="expected"):
        parse_span(text)


@pytest.mark.parametrize("text", ["25:00-26:00", "07:61-08:00"])
def test_impossible_times_are_refused(text: str) -> None:
    """There is no hour 25."""
    with pytest.raises(ValueError, match="must be in"):
        parse_span(text)


@pytest.mark.parametrize(
    ("lines", "clock", "required"),
    [
        ([], "08:00", "medical"),
        (["respirator 07:00-19:00"], "08:00", "respirator"),
        (["respirator 07:00-19:00"], "19:00", "medical"),
        (["any 22:00-06:00"], "23:00", "any"),
        (["any 07:00-19:00", "respirator 08:00-09:00"], "08:30", "respirator"),
        (["any 07:00-19:00", "respirator 08:00-09:00"], "10:00", "any"),
        (["any 07:00-19:00", "respirator 08:00-09:00"], None, "respirator"),
        (["any 07:00-19:00"], None, "medical"),
    ],
)
def test_what_is_required_follows_the_hour(lines: list[str], clock: str | None, required: str) -> None:
    """Of two the stricter one; of all of them while nobody knows the time."""
    now = None if clock is None else datetime.strptime(f"2026-05-04 {clock}", "%Y-%m-%d %H:%M").replace(tzinfo=UTC)
    assert required_at(Required.MEDICAL, [parse_required(line) for line in lines], now) == required


@pytest.mark.parametrize("text", ["respirator", "FFP2 07:00-19:00", "07:00-19:00", "respirator 07:00"])
def test_what_is_no_requirement_is_refused(text: str) -> None:
    """The error shows what was read."""
    with pytest.raises(ValueError, match="expected"):
        parse_required(text)
