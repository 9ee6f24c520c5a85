"""Tests of training.evaluation.curves."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score, roc_curve

from training.evaluation.curves import alarm_table, belief_table, calibration_error, log_loss, reliability, roc

TRUTH = np.array([0, 0, 1, 1])
PROBABILITIES = np.array([[0.9, 0.1], [0.4, 0.6], [0.3, 0.7], [0.8, 0.2]])
"""Right, wrong (0.6), right, wrong (0.8)."""


def test_reliability_sorts_by_confidence() -> None:
    """A face falls into the bin of its likeliest class's probability; upper edges belong to the bin."""
    bins = reliability(TRUTH, PROBABILITIES, bins=5)
    assert [(one.faces, one.right) for one in bins] == [(0, None), (0, None), (1, 0.0), (2, 0.5), (1, 1.0)]
    assert bins[3].confidence == pytest.approx(0.75)


@pytest.mark.parametrize("confidence", [0.0, 0.2, 1.0])
def test_no_face_is_lost_at_the_edges(confidence: float) -> None:
    """Probabilities of exactly 0, an inner edge and 1 find a bin."""
    bins = reliability(np.array([0]), np.array([[confidence]]), bins=5)
    assert sum(one.faces for one in bins) == 1


def test_calibration_error_by_hand() -> None:
    """|0.6 - 0| / 4 + |0.75 - 0.5| * 2 / 4 + |0.9 - 1| / 4; nothing without faces."""
    assert calibration_error(reliability(TRUTH, PROBABILITIES, bins=5)) == pytest.approx(0.3)
    assert calibration_error([]) is None


def test_log_loss_is_finite() -> None:
    """The mean of -log of the probability of the truth; a probability of 0 does not make it infinite."""
    assert log_loss(TRUTH, PROBABILITIES) == pytest.approx(-np.log([0.9, 0.4, 0.7, 0.2]).mean())
    assert log_loss(np.array([1]), np.array([[1.0, 0.0]])) == pytest.approx(-np.log(1e-7))


@settings(deadline=None)  # a busy machine is no mistake
@given(st.lists(st.tuples(st.sampled_from([0.0, 0.2, 0.5, 0.5, 0.9, 1.0]), st.booleans()), min_size=2, max_size=30))
def test_roc_agrees_with_scikit_learn(pairs: list[tuple[float, bool]]) -> None:
    """The same curve and area, ties included, wherever both kinds of face occur."""
    score, positive = (np.array(values) for values in zip(*pairs, strict=True))
    curve = roc(score, positive)
    if len(set(positive.tolist())) < 2:
        assert curve.area is None
        return
    false_rate, true_rate, thresholds = roc_curve(positive, score, drop_intermediate=False)
    assert curve.false_rate == pytest.approx(false_rate)
    assert curve.true_rate == pytest.approx(true_rate)
    assert curve.thresholds == pytest.approx(thresholds)
    assert curve.area == pytest.approx(roc_auc_score(positive, score))


def test_roc_of_nothing() -> None:
    """Without faces the curve is a point."""
    assert roc([], []).false_rate.tolist() == [0.0]


@pytest.mark.parametrize(
    ("threshold", "caught", "false_alarms", "precision"),
    [(0.0, 1.0, 1.0, 0.5), (0.5, 0.5, 0.5, 0.5), (0.7, 0.5, 0.0, 1.0), (0.71, 0.0, 0.0, None)],
)
def test_alarm_table(threshold: float, caught: float, false_alarms: float, precision: float | None) -> None:
    """An alarm is raised from the threshold on; its rates are shares of the bare and of the masked."""
    (row,) = alarm_table([0.1, 0.6, 0.7, 0.2], [False, False, True, True], [threshold])
    assert (row.caught, row.false_alarms, row.precision) == (caught, false_alarms, precision)


@pytest.mark.parametrize(
    ("threshold", "uncertain", "right", "false_alarms", "waved_through"),
    [
        (0.0, 0.0, 0.5, 0.5, 0.5),
        (0.65, 0.25, 2 / 3, 0.0, 0.5),
        (0.85, 0.75, 1.0, 0.0, 0.0),
        (0.95, 1.0, None, 0.0, 0.0),
    ],
)
def test_belief_table(
    threshold: float, uncertain: float, right: float | None, false_alarms: float, waved_through: float
) -> None:
    """Readings below the threshold are uncertain: they raise no alarm and wave nobody through."""
    (row,) = belief_table(TRUTH, PROBABILITIES, masked=0, thresholds=[threshold])
    assert (row.uncertain, row.right) == (uncertain, right)
    assert (row.false_alarms, row.waved_through) == (false_alarms, waved_through)
