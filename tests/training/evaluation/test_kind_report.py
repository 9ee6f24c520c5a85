"""Tests of training.evaluation.kind_report and the threshold of kinds."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from numpy.typing import NDArray

from edge.errors import InputError
from edge.networks.manifest import InputSpec
from edge.types import Image, Label, MaskKind, Required
from training.evaluation.faces import LabelledFace
from training.evaluation.kind_report import chosen_thresholds, judge_masks, kind_page
from training.evaluation.predictors import Predictor
from training.evaluation.scaling import FEWEST, kind_thresholds

KINDS = (MaskKind.RESPIRATOR, MaskKind.SURGICAL, MaskKind.CLOTH)
R, S, C = KINDS


def told_by_colour(faces: Sequence[Image]) -> NDArray[np.float32]:
    """One label, and the share of each channel as that of a kind: respirators are blue."""
    means = np.array([face.mean(axis=(0, 1)) for face in faces], np.float32)
    return np.concatenate([np.ones((len(faces), 1), np.float32), means / means.sum(axis=1, keepdims=True)], axis=1)


PREDICTOR = Predictor("colours", "float32", (Label.WITH_MASK,), InputSpec(width=8, height=8), {}, told_by_colour, KINDS)


def face(kind: MaskKind | None, shares: tuple[int, int, int], label: Label = Label.WITH_MASK) -> LabelledFace:
    image = np.full((90, 90, 3), shares, np.uint8)
    tags = ("profile",) if kind is C else ()
    return LabelledFace("face", label, "painted", lambda: (image, None), kind=kind, tags=tags)


FACES = [
    *[face(R, (180, 10, 10))] * 3,
    face(R, (90, 60, 50)),
    *[face(S, (20, 160, 20))] * 2,
    face(S, (120, 40, 40)),
    *[face(C, (5, 5, 190))] * 2,
    face(None, (180, 10, 10)),
    face(R, (180, 10, 10), Label.INCORRECT_MASK),
]


def test_each_figure_is_that_of_the_masks() -> None:
    """Those properly worn, of a known kind; a threshold refuses and lets in by the probability of what is required."""
    masks = judge_masks(PREDICTOR, FACES)
    assert [masks.truth.count(kind) for kind in KINDS] == [4, 3, 2]
    page = kind_page(masks, model="colours", part="test")
    rows = [line.strip("| ").split(" | ") for line in page.splitlines() if line.startswith("|")]
    # Respirators: 3 of 0.9 and one of 0.45; others: one of 0.6, which is no respirator.
    assert ["0.40", "0.0000", "0.0000", "0.2000", "0.2000"] in rows
    assert ["0.50", "0.2500", "0.2500", "0.2000", "0.2000"] in rows
    assert ["0.65", "0.2500", "0.2500", "0.0000", "0.0000"] in rows
    assert ["respirator", "4", "0", "0"] in rows
    assert ["surgical", "1", "2", "0"] in rows
    assert ["profile", "2", "1.0000"] in rows
    views = {row[0]: row[1:] for row in rows}
    assert views["as they are"] == views["clips"] == views["faces of 56 px"] == ["0.9000", "0.8889", "0.8889"]
    # Without colours nothing is told apart: everything is the first.
    assert views["in grey"] == ["0.5000", "0.3333", "0.4444"]


def test_without_masks_of_known_kinds_there_is_nothing_to_say() -> None:
    """The error names the classifier."""
    with pytest.raises(InputError, match="colours"):
        judge_masks(PREDICTOR, [face(None, (1, 2, 3))])


@pytest.mark.parametrize(
    ("respirator", "medical", "expected"),
    [
        # Of twenty, 0.97 down to 0.78, a rule for respirators may refuse one; one for medical masks, none.
        (1.0, 0.0, {Required.RESPIRATOR: 0.79, Required.MEDICAL: 0.78}),
        (0.5, 0.5, {Required.RESPIRATOR: 0.39, Required.MEDICAL: 0.78}),
        (0.1, 0.0, {Required.RESPIRATOR: 0.30, Required.MEDICAL: 0.30}),
    ],
)
def test_the_threshold_of_a_rule_refuses_few_that_meet_it(
    respirator: float, medical: float, expected: dict[Required, float]
) -> None:
    """As strict as that allows, each by the kinds that meet it together."""
    shares = np.array([[respirator, medical, 0.0]]) * np.array([[0.97 - 0.01 * step] for step in range(FEWEST)])
    chosen = kind_thresholds(KINDS, [R] * FEWEST, shares)
    assert {rule: chosen[rule] for rule in expected} == pytest.approx(expected)


def test_no_threshold_is_chosen_by_few_masks() -> None:
    """A rule's by those that meet it; where too few kinds are known, none at all."""
    shares = np.full((FEWEST, 3), [0.2, 0.2, 0.6])
    assert set(kind_thresholds(KINDS, [S] * FEWEST, shares)) == {Required.ANY, Required.MEDICAL}
    assert set(kind_thresholds(KINDS, [C] * FEWEST, shares)) == {Required.ANY}
    assert kind_thresholds(KINDS, [C] * (FEWEST - 1) + [None], shares) == {}
    assert chosen_thresholds(judge_masks(PREDICTOR, FACES)) == {}


def test_a_kind_is_told_where_it_is_right() -> None:
    """The unsure tenth is wrong: it is not told any more; with all wrong, no more than a tenth becomes unsure."""
    shares = np.array([[0.9, 0.1, 0.0]] * 36 + [[0.5, 0.4, 0.1]] * 4)
    assert kind_thresholds(KINDS, [R] * 36 + [S] * 4, shares)[Required.ANY] == pytest.approx(0.51)
    assert kind_thresholds(KINDS, [R] * 40, shares)[Required.ANY] == 0.0
