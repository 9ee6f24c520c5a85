"""The documented schemas are those of the program, and its messages follow them."""

from __future__ import annotations

import json
import runpy
from datetime import UTC, datetime
from pathlib import Path

import jsonschema
import pytest

from edge.events.history import StoredEvent, Tally
from edge.health import HealthMonitor
from edge.mqtt.messages import (
    Answer,
    Counters,
    EventMessage,
    HealthMessage,
    Message,
    ModelMessage,
    RolloutMessage,
    State,
)
from edge.types import AlarmState, Event, EventKind, Label

DOCS = Path(__file__).resolve().parents[2] / "docs"
T0 = datetime(2026, 3, 1, 8, 0, tzinfo=UTC)


def a_health() -> HealthMessage:
    monitor = HealthMonitor(model=lambda: "test")
    monitor.fail("camera", "lost", "plug it in")
    return HealthMessage.of(monitor.health())


def a_rollout() -> RolloutMessage:
    return RolloutMessage(url="https://models.example/3", model="mask", version=3, percent=10)


MESSAGES: dict[str, Message] = {
    "state": State(state=AlarmState.ALERT, people=2, muted=False),
    "counters": Counters.of(Tally(T0, with_mask=1), waiting=0, dropped=0),
    "health": a_health(),
    "event": EventMessage.of(StoredEvent(1, 7, Event(EventKind.ENTRY, T0, 3, Label.WITH_MASK))),
    "model": ModelMessage(model="mask", version=3, trial=True, failed={"2": "hung"}),
    "rollout": a_rollout(),
    "answer": Answer(command="mute", id=None, ok=True, text="muted for 60 s"),
}


def schema(name: str) -> dict[str, object]:
    parsed: dict[str, object] = json.loads((DOCS / "fleet/schemas" / f"{name}.json").read_text())
    return parsed


def test_the_files_are_up_to_date() -> None:
    """`python docs/write_schemas.py` would change nothing."""
    made = runpy.run_path(str(DOCS / "write_schemas.py"))["schemas"]()
    assert {path.name: path.read_text() for path in (DOCS / "fleet/schemas").iterdir()} == made


@pytest.mark.parametrize("name", MESSAGES)
def test_messages_follow_their_schema(name: str) -> None:
    """As another program would check them; an unknown key is none of ours."""
    content = json.loads(MESSAGES[name].encode())
    jsonschema.validate(content, schema(name), format_checker=jsonschema.FormatChecker())
    with pytest.raises(jsonschema.ValidationError, match="Additional properties"):
        jsonschema.validate(content | {"picture": ""}, schema(name))


@pytest.mark.parametrize(
    ("command", "payload", "fits"),
    [
        ("mute", {"seconds": 60, "id": "a"}, True),
        ("mute", {}, False),
        ("mute", {"seconds": 4000}, False),
        ("acknowledge", {}, True),
        ("reload", {"id": "x" * 65}, False),
        ("install", {"url": "https://models.example/3"}, True),
        ("install", {"url": "file:///etc/passwd"}, False),
    ],
)
def test_commands_can_be_checked_before_they_are_sent(command: str, payload: dict[str, object], fits: bool) -> None:
    """The schema says the same as the kiosk would."""
    checker = jsonschema.Draft202012Validator(schema(f"command-{command}"))
    assert checker.is_valid(payload) is fits
