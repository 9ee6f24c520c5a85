"""What is remembered of an alert while it lasts."""

from __future__ import annotations

from edge.events.alerts import OpenAlert
from edge.types import Box, Label, Required, Verdict


def wears(person: int, label: Label, probability: float) -> Verdict:
    required = Required.RESPIRATOR if label is Label.WRONG_KIND else None
    return Verdict(person, Box(0, 0, 9, 9), label, probability, required=required)


def test_the_surest_verdict_on_each_who_may_not_pass_is_kept() -> None:
    """Bare, worn wrongly, or of the wrong kind; whoever wears the right mask is only counted."""
    alert = OpenAlert(began=0.0)
    alert.see((wears(1, Label.WITHOUT_MASK, 0.7), wears(2, Label.WITH_MASK, 0.9)))
    alert.see((wears(1, Label.WITHOUT_MASK, 0.9), wears(3, Label.WRONG_KIND, 0.8), wears(4, Label.INCORRECT_MASK, 0.6)))
    alert.see((wears(1, Label.WITHOUT_MASK, 0.8),))
    facts = alert.facts()
    assert facts.people == 3
    assert [(one.track_id, one.label, one.probability) for one in facts.seen] == [
        (1, Label.WITHOUT_MASK, 0.9), (3, Label.WRONG_KIND, 0.8), (4, Label.INCORRECT_MASK, 0.6),
    ]  # fmt: skip
