"""Changes become events."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pytest

from edge.events.journal import Journal
from edge.health import Fault
from edge.types import AlarmState, Box, Event, Frame, Label, Observation, Verdict

NOON = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)
W, N, U = Label.WITH_MASK, Label.WITHOUT_MASK, Label.UNCERTAIN


@pytest.fixture
def events() -> list[Event]:
    return []


@pytest.fixture
def journal(events: list[Event]) -> Journal:
    return Journal(events.append, wall_clock=lambda: NOON)


def see(state: AlarmState, **people: Label) -> Observation:
    verdicts = tuple(Verdict(int(name[1:]), Box(0, 0, 9, 9), label, 0.9) for name, label in people.items())
    return Observation(Frame(np.zeros((9, 9, 3), np.uint8), 0.0, 0), verdicts, state)


def told(events: list[Event]) -> list[tuple[str, int | None, Label | None, str]]:
    return [(str(event.kind), event.track_id, event.label, event.detail) for event in events]


def test_a_person_is_told_once_for_each_judgement(journal: Journal, events: list[Event]) -> None:
    """Undecided frames in between are no new judgement, another label is."""
    for label in (U, W, W, U, W, N, N):
        journal(see(AlarmState.IDLE, p1=label))
    assert told(events) == [("entry", 1, W, ""), ("entry", 1, N, "")]


def test_states_and_alerts_are_told_on_change(journal: Journal, events: list[Event]) -> None:
    """An alert that lasts is one event."""
    for state in (AlarmState.IDLE, AlarmState.ALERT, AlarmState.ALERT, AlarmState.PASS):
        journal.show(state)
    assert told(events) == [
        ("state", None, None, "idle -> alert"),
        ("alert", None, None, ""),
        ("state", None, None, "alert -> pass"),
    ]


def test_faults_begin_and_end(journal: Journal, events: list[Event]) -> None:
    """Both are told with what was wrong."""
    fault = Fault("camera", "usb:0 is gone", "check the cable", NOON)
    journal.fault(fault, begins=True)
    journal.fault(fault, begins=False)
    assert told(events) == [
        ("fault_begin", None, None, "camera: usb:0 is gone"),
        ("fault_end", None, None, "camera: usb:0 is gone"),
    ]
