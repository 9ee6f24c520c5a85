"""What other kiosks say is remembered as long as the broker keeps it, bounded, and believed no further than shown."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from edge import others as module
from edge.others import MAX_BYTES, MAX_DOORS, SILENT_S, OtherDoor, Others
from edge.types import AlarmState

NOW = datetime(2026, 3, 1, 8, 30, tzinfo=UTC)
BEFORE = datetime(2026, 2, 28, 22, 0, tzinfo=UTC)
COUNTERS = {
    "day": "2026-03-01", "with_mask": 8, "without_mask": 1, "incorrect_mask": 0, "wrong_kind": 1, "uncertain": 2,
    "alerts": 3, "compliance": 0.8, "events_waiting": 0, "events_dropped": 0,
}  # fmt: skip
HEALTH = {
    "level": "ok", "faults": [], "at": BEFORE.isoformat(), "name": "East gate", "place": "Yard",
    "page": "https://east.example", "fps": 10.0,
}  # fmt: skip


class Clock:
    """Stands still until it is moved."""

    def __init__(self) -> None:
        self.s = 1000.0

    def __call__(self) -> float:
        return self.s


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def others(clock: Clock) -> Others:
    listening = Others(clock=clock, now=lambda: NOW)
    listening.connect(True)
    topics = listening.listen("site/doors", "west")
    assert topics[0] == "site/doors/+/available"
    return listening


def say(others: Others, leaf: str, content: Any, *, kiosk: str = "east", retained: bool = False) -> None:
    payload = content if isinstance(content, bytes) else json.dumps(content).encode()
    assert others.hear(f"site/doors/{kiosk}/{leaf}", payload, retained)


def the_door(others: Others) -> OtherDoor:
    (door,) = others.doors()
    return door


def test_a_door_is_told_as_it_says_itself(others: Others) -> None:
    """State, figures, name and place; people are all who were there."""
    say(others, "available", b"online")
    say(others, "state", {"state": "pass", "people": 1, "muted": False, "something": "new"})
    say(others, "counters", COUNTERS)
    say(others, "health", HEALTH)
    assert the_door(others) == OtherDoor(
        "east", False, name="East gate", place="Yard", page="https://east.example", state=AlarmState.PASS, level="ok",
        day="2026-03-01", people=12, alerts=3, compliance=0.8, heard_at=NOW,
    )  # fmt: skip
    say(others, "available", b"online", kiosk="west")
    assert [(door.kiosk, door.is_own) for door in others.doors()] == [("east", False), ("west", True)]


def test_the_worst_fault_is_told(others: Others) -> None:
    """Of several, the first that keeps people from being checked."""
    faults = [{"cause": "hot", "level": "degraded"}, {"cause": "camera lost", "level": "fault"}]
    say(others, "health", HEALTH | {"level": "fault", "faults": faults})
    assert (the_door(others).level, the_door(others).problem) == ("fault", "camera lost")


def test_silence_is_told_with_its_beginning(others: Others, clock: Clock) -> None:
    """Gone by the broker's word, or by saying nothing; what the broker kept is dated by what it says itself."""
    say(others, "available", b"online", retained=True)
    say(others, "health", HEALTH, retained=True)
    assert (the_door(others).is_silent, the_door(others).heard_at) == (False, BEFORE)
    clock.s += SILENT_S + 1
    assert the_door(others).is_silent
    say(others, "health", HEALTH)
    assert (the_door(others).is_silent, the_door(others).heard_at) == (False, NOW)
    say(others, "available", b"offline")
    assert (the_door(others).is_silent, the_door(others).heard_at) == (True, NOW)
    say(others, "available", b"online")
    clock.s += SILENT_S + 1
    others.connect(False)
    others.connect(True)
    assert not the_door(others).is_silent


def test_what_the_broker_keeps_no_more_is_forgotten(others: Others) -> None:
    """Leaf by leaf; a door of which nothing is left is gone."""
    say(others, "available", b"online")
    say(others, "state", {"state": "idle"})
    say(others, "state", b"")
    assert the_door(others).state is None
    say(others, "available", b"")
    assert others.doors() == ()
    say(others, "available", b"", kiosk="never")
    assert others.doors() == ()


@pytest.mark.parametrize(
    "content",
    [b"{", b"\xff\xfe", {"state": "dancing"}, {"state": None}, [1], b"[" * 5000],
    ids=["cut", "no-text", "unknown", "null", "list", "deep"],
)
def test_what_makes_no_sense_is_said_to(content: Any, others: Others) -> None:
    """The rest is told nevertheless."""
    say(others, "available", b"online")
    say(others, "counters", COUNTERS)
    say(others, "state", content)
    door = the_door(others)
    assert (door.state, door.people, door.is_understood) == (None, 12, False)


@pytest.mark.parametrize(
    "page",
    [
        "javascript:alert(1)",
        "data:text/html,x",
        "https://",
        "http://[",
        "//east",
        "https://a\nb",
        7,
        "https://a/" + "b" * 500,
    ],
)
def test_only_pages_are_linked(page: Any, others: Others) -> None:
    """A browser would run some addresses."""
    say(others, "health", HEALTH | {"page": page})
    assert (the_door(others).page, the_door(others).name) == (None, "East gate")


def test_texts_messages_and_doors_are_bounded(others: Others, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is too long is cut, what is far too long is not looked at, and nobody fills the memory with doors."""
    say(others, "health", HEALTH | {"name": "x" * 4000})
    assert the_door(others).name == "x" * 160
    say(others, "health", HEALTH | {"name": "x" * MAX_BYTES})
    assert the_door(others).name == "x" * 160
    say(others, "available", b"online", kiosk="n" * 65)
    say(others, "available", b"online", kiosk="a b")
    assert len(others.doors()) == 1
    assert MAX_DOORS == 500
    monkeypatch.setattr(module, "MAX_DOORS", 3)
    for number in range(5):
        say(others, "available", b"online", kiosk=f"door-{number}")
    assert (len(others.doors()), others.is_full) == (3, True)


def test_other_topics_are_not_its_business(others: Others) -> None:
    """Commands, another prefix, a leaf that is not listened to; nor anything before it listens."""
    for topic in (
        "site/doors/west/command/mute",
        "site/door/east/state",
        "site/doors/east/event",
        "site/doors/all/model",
    ):
        assert not others.hear(topic, b"{}", False)
    assert not Others().hear("site/doors/east/state", b"{}", False)
    assert others.doors() == ()
