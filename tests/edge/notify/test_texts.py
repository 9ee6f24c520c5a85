"""How a notice is put into words."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from edge.notify.notice import Notice
from edge.notify.texts import MOST_LINES, words

T0 = datetime(2026, 3, 1, 8, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _berlin(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", "Europe/Berlin")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def test_one_notice_is_told_in_full() -> None:
    """The kiosk's name, the door's language, the time on the wall."""
    forced = Notice("forced", "event 1", T0, "opened while it was locked")
    assert words([forced], "west", "de") == (
        "west: Die Tür wurde aufgebrochen",
        "opened while it was locked\n2026-03-01 09:00:00 CET\nwest",
    )
    over = Notice("camera", "event 2", T0, "camera: unplugged", is_over=True)
    assert words([over], "west", "en")[0] == "west: Works again"


def test_several_are_summed_up() -> None:
    """The newest by name, the others by number."""
    many = [Notice("held_open", f"event {n}", T0 + timedelta(minutes=n), f"{n}") for n in range(MOST_LINES + 5)]
    title, text = words(many, "west", "en")
    assert title == f"west: Several messages: {MOST_LINES + 5}"
    lines = text.splitlines()
    assert lines[0] == "+ 5"
    assert lines[1] == "2026-03-01 09:05:00 CET: The door is held open (5)"
    assert len(lines) == MOST_LINES + 2
