"""Which events people are told of."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from edge.config.schema import NotifyConfig
from edge.events.history import StoredEvent
from edge.notify.notice import Notice
from edge.notify.rules import Rules
from edge.types import Event, EventKind

T0 = datetime(2026, 3, 1, 8, 0, tzinfo=UTC)


class Night:
    """Rules with a clock that is set by hand, and events that come at once."""

    def __init__(self, **config: object) -> None:
        self.now = 0.0
        self.rules = Rules(
            lambda: NotifyConfig.model_validate(config), clock=lambda: self.now, wall_clock=lambda: self.at(self.now)
        )
        self._id = 0

    @staticmethod
    def at(seconds: float) -> datetime:
        return T0 + timedelta(seconds=seconds)

    def happen(self, kind: EventKind, detail: str = "", *, at: float | None = None) -> list[Notice]:
        self._id += 1
        event = Event(kind, self.at(self.now if at is None else at), detail=detail)
        return self.rules.read([StoredEvent(self._id, 1, event)])

    def later(self, seconds: float) -> list[Notice]:
        self.now += seconds
        return self.rules.due()


def test_an_alert_is_told_when_it_has_lasted() -> None:
    """Once, however long it goes on; a short one is not told."""
    night = Night(alert_s=10)
    assert night.happen(EventKind.ALERT) == []
    assert night.later(9.9) == []
    assert night.rules.due_in_s == pytest.approx(0.1)
    assert night.later(0.2) == [Notice("alert", "event 1", T0, "> 10 s")]
    assert night.later(60) == []
    assert night.happen(EventKind.STATE, "alert -> pass") == []
    night.happen(EventKind.ALERT)
    night.now += 9
    assert night.happen(EventKind.STATE, "alert -> idle") == []
    assert night.later(60) == []
    assert night.rules.due_in_s is None


def test_an_alert_that_ended_before_it_was_read_is_told_by_its_length() -> None:
    """As after a start at which much is to be caught up on."""
    night = Night(alert_s=10)
    for length, told in ((9.0, 0), (11.0, 1)):
        night.happen(EventKind.ALERT, at=-100)
        assert len(night.happen(EventKind.STATE, "alert -> fault", at=-100 + length)) == told


@pytest.mark.parametrize(
    ("detail", "rule"),
    [("camera: unplugged", "camera"), ("view: stuck", "camera"), ("events: the disk is full", "fault")],
)
def test_a_fault_is_told_with_its_end(detail: str, rule: str) -> None:
    """One that passes by itself is not worth waking anybody."""
    night = Night(fault_s=30)
    night.happen(EventKind.FAULT_BEGIN, detail)
    night.now += 29
    assert night.happen(EventKind.FAULT_END, detail) == []
    night.happen(EventKind.FAULT_BEGIN, detail)
    (begin,) = night.later(30)
    (end,) = night.happen(EventKind.FAULT_END, detail)
    assert [(one.rule, one.detail, one.is_over) for one in (begin, end)] == [
        (rule, detail, False),
        (rule, detail, True),
    ]
    assert begin.cause != end.cause


def test_its_own_fault_is_not_told() -> None:
    """It would wait for the very destination that cannot be reached."""
    night = Night(fault_s=0)
    assert night.happen(EventKind.FAULT_BEGIN, "notify: mailto (1): refused") + night.later(1) == []


@pytest.mark.parametrize(("kind", "rule"), [(EventKind.DOOR_FORCED, "forced"), (EventKind.DOOR_HELD_OPEN, "held_open")])
def test_the_door_itself_is_told_at_once(kind: EventKind, rule: str) -> None:
    """And nothing that a rule does not name."""
    assert [one.rule for one in Night().happen(kind, "opened")] == [rule]
    assert Night(rules=["report"]).happen(kind, "opened") == []


def test_a_start_ends_what_went_on() -> None:
    """After a power cut nobody knows how long the alert lasted; a fault that stands begins anew."""
    night = Night(alert_s=10, fault_s=10)
    night.happen(EventKind.ALERT)
    night.happen(EventKind.FAULT_BEGIN, "camera: gone")
    night.happen(EventKind.SERVICE, "started")
    assert night.later(100) == []
    assert night.happen(EventKind.FAULT_END, "camera: gone") == []
