"""Alerts of before, judged by other settings."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from edge.config.hours import parse_span
from edge.events.incidents import Incident, Seen, Status
from edge.types import Label
from edge.web.hindsight import Fate, Rules, count, replayed

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
"""A Monday."""

BARE = (Seen(1, Label.WITHOUT_MASK, 0.8), Seen(2, Label.INCORRECT_MASK, 0.7))
KIND = (Seen(1, Label.WRONG_KIND, 0.9),)
NOW = Rules(hours=(), reminds_of_kind=False, cool_down_s=0.0, longer_hold_s=0.0, surest=0.0, zone=UTC)


def incident(number: int, after_s: float = 0.0, **facts: Any) -> Incident:
    """One that lasted ten seconds, so long after noon."""
    given: dict[str, Any] = {"lasted_s": 10.0, "people": 1, "seen": BARE} | facts
    return Incident(
        id=number, at=NOON + timedelta(seconds=after_s), run=1, silenced_by="", status=Status.NEW, note="",
        reviewed_by="", reviewed_at=None, **given,
    )  # fmt: skip


def fates(rules: Rules, *incidents: Incident) -> list[Fate]:
    return [one.fate for one in replayed(incidents, rules)]


@pytest.mark.parametrize(
    ("change", "one", "fate"),
    [
        ({}, {}, Fate.SAME),
        ({"surest": 0.8}, {}, Fate.SAME),
        ({"surest": 0.81}, {}, Fate.PERHAPS_NOT),
        ({"surest": 0.81}, {"people": None, "seen": ()}, Fate.UNKNOWN),
        ({"hours": (parse_span("Mon 11:00-13:00"),)}, {}, Fate.SAME),
        ({"hours": (parse_span("Tue 11:00-13:00"),)}, {}, Fate.NOT),
        ({"hours": (parse_span("12:00-13:00"),)}, {"after_s": -5.0}, Fate.PERHAPS_NOT),
        ({"hours": (parse_span("13:00-14:00"),)}, {"people": None, "seen": (), "lasted_s": None}, Fate.NOT),
        ({"reminds_of_kind": True}, {"seen": KIND}, Fate.NOT),
        ({"reminds_of_kind": True}, {"seen": KIND + BARE}, Fate.SAME),
        ({"reminds_of_kind": True, "surest": 0.85}, {"seen": KIND + BARE}, Fate.PERHAPS_NOT),
        ({}, {"seen": KIND}, Fate.SAME),
    ],
)
def test_an_alert_by_other_rules(change: dict[str, Any], one: dict[str, Any], fate: Fate) -> None:
    """What is certain, what is open, and what cannot be judged."""
    assert fates(replace(NOW, **change), incident(1, **one)) == [fate]


def test_alerts_in_a_row() -> None:
    """A silence counts from the end of the alert before; what would have been none silences nothing."""
    row = incident(1), incident(2, after_s=25.0), incident(3, after_s=80.0)
    assert fates(NOW, *row) == [Fate.SAME] * 3
    assert fates(replace(NOW, cool_down_s=20.0), *row) == [Fate.SAME, Fate.SILENT, Fate.SAME]
    assert fates(replace(NOW, cool_down_s=60.0), *row) == [Fate.SAME, Fate.SILENT, Fate.SILENT]
    assert fates(replace(NOW, longer_hold_s=15.0), *row) == [Fate.SAME, Fate.PERHAPS_NOT, Fate.SAME]
    rules = replace(NOW, cool_down_s=60.0, reminds_of_kind=True)
    assert fates(rules, incident(1, seen=KIND), incident(2, after_s=25.0)) == [Fate.NOT, Fate.SAME]
    unended = incident(1, lasted_s=None), incident(2, after_s=25.0)
    assert fates(replace(NOW, cool_down_s=60.0), *unended) == [Fate.SAME, Fate.SAME]


def test_each_has_a_reason_and_is_counted() -> None:
    """In words for people."""
    judged = list(replayed([incident(1), incident(2, after_s=25.0)], replace(NOW, cool_down_s=20.0)))
    assert [one.why for one in judged] == ["", "15 s after the one before"]
    assert (count(judged, Fate.SILENT), count(judged, Fate.NOT)) == (1, 0)
