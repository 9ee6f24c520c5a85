"""Opening hours."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from edge.config.hours import is_open, parse_span


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


@pytest.mark.parametrize("text", ["7-19", "07:00", "07:00-07:00", "07:00 - 19:00"])
def test_what_is_no_span_is_refused(text: str) -> None:
    """The error shows what was read."""
    with pytest.raises(ValueError, match="expected"):
        parse_span(text)


@pytest.mark.parametrize("text", ["25:00-26:00", "07:61-08:00"])
def test_impossible_times_are_refused(text: str) -> None:
    """There is no hour 25."""
    with pytest.raises(ValueError, match="must be in"):
        parse_span(text)
