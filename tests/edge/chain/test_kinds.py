"""Which kind of mask is worn, and whether it lets somebody in, are votes over time beside the label's."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from edge.chain.kinds import UNSURE_S
from edge.chain.verdicts import Verdicts
from edge.types import Box, Face, Label, MaskKind, Reading, Required, TrackedFace, Verdict

W, N, I, U, X = Label.WITH_MASK, Label.WITHOUT_MASK, Label.INCORRECT_MASK, Label.UNCERTAIN, Label.WRONG_KIND  # noqa: E741
BOX = Box(0, 0, 10, 10)
FPS = 10

R = {"respirator": 0.9, "surgical": 0.1}
S = {"respirator": 0.1, "surgical": 0.9}
C = {"cloth": 0.8, "respirator": 0.1, "surgical": 0.1}
MEDICAL = {"respirator": 0.45, "surgical": 0.45, "cloth": 0.1}
"""One of the two that a hospital may mean, and nobody knows which."""

Kinds = dict[str, float]


def reading(kinds: Kinds | Label, **thresholds: float) -> Reading:
    """Of a masked face of these kinds; of another label."""
    if isinstance(kinds, Label):
        return Reading(kinds, ((W if kinds is U else kinds, 0.9),))
    needed = tuple((Required(rule), threshold) for rule, threshold in thresholds.items())
    return Reading(W, ((W, 0.9),), tuple((MaskKind(kind), share) for kind, share in kinds.items()), needed)


def play(
    seen: Sequence[Kinds | Label],
    required: Required | Sequence[Required],
    *,
    window_s: float = 0.3,
    **thresholds: float,
) -> list[Verdict]:
    """The verdict on one person after each frame, three readings of which decide; ten frames a second."""
    rules = iter([required] * len(seen) if isinstance(required, Required) else required)
    verdicts = Verdicts(
        window_s=window_s,
        min_votes=3,
        majority=0.6,
        memory_s=0.5,
        min_presence_s=0.0,
        min_share=0.5,
        required=lambda: next(rules),
    )
    said: list[Verdict] = []
    for index, kinds in enumerate(seen):
        person = TrackedFace(1, Face(BOX, 0.9), index + 1)
        said += verdicts((person,), (reading(kinds, **thresholds),), index / FPS)
    return said


def labels(said: list[Verdict]) -> list[Label]:
    return [verdict.label for verdict in said]


@pytest.mark.parametrize(
    ("required", "worn", "label", "kind"),
    [
        (Required.ANY, R, W, "respirator"),
        (Required.ANY, C, W, "cloth"),
        (Required.ANY, MEDICAL, W, "unsure"),
        (Required.ANY, {}, W, None),
        (Required.MEDICAL, R, W, "respirator"),
        (Required.MEDICAL, S, W, "surgical"),
        (Required.MEDICAL, MEDICAL, W, "unsure"),
        (Required.MEDICAL, C, X, "cloth"),
        (Required.RESPIRATOR, R, W, "respirator"),
        (Required.RESPIRATOR, S, X, "surgical"),
        (Required.RESPIRATOR, C, X, "cloth"),
        (Required.RESPIRATOR, MEDICAL, U, "unsure"),
    ],
)
def test_what_is_required_decides(required: Required, worn: Kinds, label: Label, kind: str | None) -> None:
    """Kinds that both do add up; one that is not likely enough is told as unsure; none by a model that tells none."""
    verdict = play([worn] * 4, required)[-1]
    assert (verdict.label, verdict.kind) == (label, kind)
    assert verdict.required is (required if label is X else None)
    if worn:
        assert verdict.kind_probability == pytest.approx(max(worn.values()))


@pytest.mark.parametrize("worn", [N, I])
def test_a_face_without_a_proper_mask_has_no_kind(worn: Label) -> None:
    """Whatever is required."""
    verdict = play([worn] * 4, Required.RESPIRATOR)[-1]
    assert (verdict.label, verdict.kind, verdict.kind_probability) == (worn, None, None)


@pytest.mark.parametrize("worn", [MEDICAL, {}])
def test_an_unsure_kind_is_looked_at_for_a_while_and_then_is_the_wrong_one(worn: Kinds) -> None:
    """So it is where the model tells no kinds at all: a rule that cannot be kept lets nobody in."""
    said = labels(play([worn] * 60, Required.RESPIRATOR))
    first = said.index(X)
    assert set(said[:first]) == {U}
    assert first / FPS == pytest.approx(0.2 + UNSURE_S, abs=0.11)
    assert set(said[first:]) == {X}


def test_the_threshold_of_the_model_counts() -> None:
    """The rule's own: below it nobody is let in, however much likelier the kind is than the others."""
    worn = {"respirator": 0.7, "surgical": 0.3}
    assert labels(play([worn] * 4, Required.RESPIRATOR, respirator=0.65, medical=1.0))[-1] is W
    assert labels(play([worn] * 4, Required.RESPIRATOR, respirator=0.75, medical=0.0))[-1] is U


def test_who_is_let_in_may_wear_a_kind_that_is_not_told() -> None:
    """To meet a rule is one thing, to name the mask another; each has its threshold."""
    worn = {"respirator": 0.45, "surgical": 0.3, "cloth": 0.25}
    verdict = play([worn] * 4, Required.RESPIRATOR, respirator=0.4, any=0.6)[-1]
    assert (verdict.label, verdict.kind) == (W, "unsure")
    verdict = play([worn] * 4, Required.MEDICAL, medical=0.6, any=0.4)[-1]
    assert (verdict.label, verdict.kind) == (W, "respirator")


def test_who_changes_the_mask_is_judged_by_the_new_one() -> None:
    """Refused until most readings are of the right one; let in until most are of another; an alert by 60 % of them."""
    to_better = labels(play([S] * 6 + [R] * 6, Required.RESPIRATOR))
    assert to_better[5:] == [X, X, X, W, W, W, W]
    to_worse = labels(play([R] * 6 + [S] * 6, Required.RESPIRATOR))
    assert to_worse[5:] == [W, W, W, U, X, X, X]


def test_one_reading_of_another_kind_changes_nothing() -> None:
    """Neither for who is let in nor for who is refused."""
    assert set(labels(play([R] * 5 + [S] + [R] * 5, Required.RESPIRATOR))[2:]) == {W}
    assert set(labels(play([S] * 5 + [R] + [S] * 5, Required.RESPIRATOR))[2:]) == {X}


def test_what_was_worn_a_second_ago_lets_nobody_in() -> None:
    """However long readings count: those of the last second must say so, too."""
    said = labels(play([R] * 30 + [S] * 11, Required.RESPIRATOR, window_s=5.0))
    assert said[29] is W
    assert W not in said[36:]


def test_another_rule_judges_everybody_anew() -> None:
    """At the hour at which it begins, in the same frame."""
    said = play([S] * 8, [Required.MEDICAL] * 4 + [Required.RESPIRATOR] * 4)
    assert labels(said)[2:] == [W, W, X, X, X, X]


def test_who_took_the_mask_off_is_judged_anew() -> None:
    """The doubt about the one before says nothing of the next."""
    said = labels(play([S] * 4 + [N] * 4 + [R] * 4, Required.RESPIRATOR))
    assert said[3] is X
    assert said[7] is N
    assert said[-1] is W
