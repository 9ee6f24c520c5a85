"""When a converted model passes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from convert.recipes import INT8, Recipe
from convert.tables import few_faces
from convert.verify import Verification, compare
from edge.errors import ModelError
from edge.types import Label

LABELS = (Label.WITH_MASK, Label.WITHOUT_MASK)


def answers(named: NDArray[np.int64], probability: float = 0.9) -> NDArray[np.float32]:
    """Softmax outputs that name the given labels."""
    rows = np.full((len(named), 2), 1 - probability, np.float32)
    rows[np.arange(len(named)), named] = probability
    return rows


def judged(
    truth: NDArray[np.int64], keras: NDArray[np.int64], converted: NDArray[np.int64], recipe: Recipe = INT8
) -> Verification:
    return compare(
        recipe,
        truth,
        expected=answers(keras),
        answers=answers(converted, 0.8),
        labels=LABELS,
        size_bytes=1,
        cpu_ms_per_face=2.0,
        max_loss=recipe.max_loss,
    )


def flipped(named: NDArray[np.int64], *where: int) -> NDArray[np.int64]:
    changed = named.copy()
    changed[list(where)] ^= 1
    return changed


TRUTH = np.arange(1000) % 2


@pytest.mark.parametrize(
    ("wrong", "passed"), [(0, True), (5, True), (6, False)], ids=["equal", "at the limit", "above the limit"]
)
def test_accuracy_may_fall_to_the_limit(wrong: int, passed: bool) -> None:
    """Half a point of a thousand pictures are five."""
    verification = judged(TRUTH, TRUTH, flipped(TRUTH, *range(wrong)))
    assert verification.loss == pytest.approx(wrong / 1000)
    assert verification.passed is passed


def test_a_gain_is_no_loss() -> None:
    """A converted model may be right where Keras was wrong."""
    verification = judged(TRUTH, flipped(TRUTH, 1, 2), TRUTH)
    assert verification.passed
    assert verification.loss == pytest.approx(-0.002)


def test_equal_accuracy_on_other_faces_is_refused() -> None:
    """Twenty errors each, but on different pictures: agreement is 0.96."""
    verification = judged(TRUTH, flipped(TRUTH, *range(20)), flipped(TRUTH, *range(500, 520)))
    assert verification.loss == 0
    assert verification.failures == (
        "agrees with its original on 96.00 % of the pictures, at least 97 % wanted (40 of 1000 named otherwise)",
    )


def test_a_stricter_limit_says_what_was_lost() -> None:
    """The failure names the loss, the limit, and the faces."""
    verification = judged(TRUTH, TRUTH, flipped(TRUTH, *range(5)), replace(INT8, max_loss=0.001))
    assert verification.failures == (
        "loses 0.50 points of accuracy, at most 0.10 allowed (of 1000 faces 5 lost, 0 gained)",
    )


@pytest.mark.parametrize(
    ("lost", "gained", "passed"),
    [(1, 0, True), (2, 0, True), (3, 0, True), (3, 3, False), (4, 0, False), (17, 0, False)],
    ids=["2.9 points", "5.9 points", "8.8 points", "as many on other faces", "11.8 points", "half"],
)
def test_few_faces_prove_little(lost: int, gained: int, passed: bool) -> None:
    """Of 34 faces, one that falls to the other side is no reason to refuse, four that answer otherwise are."""
    truth = np.arange(34) % 2
    verification = judged(truth, flipped(truth, *range(30, 30 + gained)), flipped(truth, *range(lost)))
    assert (verification.lost, verification.gained) == (lost, gained)
    assert verification.passed is passed, verification.failures


def test_says_what_few_faces_do_not_rule_out() -> None:
    """None of 34 lost leaves up to 8.4 points, one of 34 up to 13.2 (exact binomial, one-sided 95 %)."""
    truth = np.arange(34) % 2
    assert judged(truth, truth, truth).loss_bound == pytest.approx(1 - 0.05 ** (1 / 34))
    assert judged(truth, truth, flipped(truth, 3)).loss_bound == pytest.approx(0.132, abs=1e-3)
    assert "34 validation faces" in few_faces(judged(truth, truth, truth))
    assert not few_faces(judged(TRUTH, TRUTH, TRUTH))


def test_measures_each_label_and_each_probability() -> None:
    """Recall is by true label; a label without pictures has none."""
    verification = judged(TRUTH, TRUTH, flipped(TRUTH, 0, 2, 4, 6, 8))
    assert verification.recall == {Label.WITH_MASK: 0.99, Label.WITHOUT_MASK: 1.0}
    assert verification.max_difference == pytest.approx(0.7)
    assert verification.mean_difference == pytest.approx(0.1 * 0.995 + 0.7 * 0.005)
    alone = judged(np.zeros(4, np.int64), np.zeros(4, np.int64), np.zeros(4, np.int64))
    assert alone.recall == {Label.WITH_MASK: 1.0}


def test_refuses_answers_that_are_not_finite() -> None:
    """A network that answers NaN has no accuracy."""
    broken = answers(TRUTH)
    broken[3, 0] = np.nan
    with pytest.raises(ModelError, match=r"int8: .*not finite"):
        compare(
            INT8,
            TRUTH,
            expected=answers(TRUTH),
            answers=broken,
            labels=LABELS,
            size_bytes=1,
            cpu_ms_per_face=1.0,
            max_loss=1.0,
        )


def test_a_saved_verification_reads_back() -> None:
    """What stands in verify.json is everything."""
    verification = judged(TRUTH, TRUTH, flipped(TRUTH, *range(9)))
    assert Verification.model_validate_json(verification.model_dump_json()) == verification
