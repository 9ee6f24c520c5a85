"""Tests of training.evaluation.scaling."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from edge.types import Label
from training.evaluation.curves import calibration_error, log_loss, reliability
from training.evaluation.scaling import Caution, Scaling, choose_thresholds, fit_scaling

LABELS = (Label.WITH_MASK, Label.WITHOUT_MASK)


def drawn_faces(count: int, *, seed: int) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Faces whose class is drawn from the probabilities given with them: perfectly calibrated."""
    chance = np.random.default_rng(seed)
    probabilities = chance.dirichlet((1.0, 1.0, 1.0), count)
    truth = (probabilities.cumsum(axis=1) < chance.random((count, 1))).sum(axis=1)
    return truth.astype(np.int64), probabilities


def none() -> NDArray[np.float64]:
    return np.zeros(3)


@pytest.mark.parametrize("wrong_by", [0.4, 1.0, 3.0])
@pytest.mark.parametrize("biases", [(0.0, 0.0, 0.0), (0.5, 0.5, -1.0)])
def test_scaling_is_recovered(wrong_by: float, biases: tuple[float, ...]) -> None:
    """Probabilities sharpened or softened, and shifted between the classes, are brought back, and fit better."""
    truth, honest = drawn_faces(20_000, seed=1)
    given = Scaling(1 / wrong_by, -np.array(biases) * wrong_by)(honest)
    scaling = fit_scaling(truth, given)
    assert scaling.temperature == pytest.approx(wrong_by, rel=0.05)
    assert scaling.biases == pytest.approx(np.array(biases), abs=0.06)
    mended = scaling(given)
    assert (log_loss(truth, mended) or 0) <= (log_loss(truth, given) or 0) + 1e-6
    assert calibration_error(reliability(truth, mended)) == pytest.approx(0, abs=0.02)


def test_without_biases_a_rare_class_stays_as_likely() -> None:
    """Only the temperature is fitted: what is likeliest stays so, though fewer faces are of that class."""
    truth, honest = drawn_faces(4_000, seed=3)
    given = Scaling(0.5, np.array([-0.5, -0.5, 1.0]))(honest)
    scaling = fit_scaling(truth, given, biases=False)
    assert scaling.biases.tolist() == [0, 0, 0]
    assert scaling.temperature > 1.2
    np.testing.assert_array_equal(scaling(given).argmax(axis=1), given.argmax(axis=1))


def test_scaling_stays_within_bounds() -> None:
    """A network that is always right, or always wrong, gives a bounded temperature and bounded biases."""
    sure = np.array([[0.9, 0.1], [0.8, 0.2]])
    for truth in ([0, 0], [1, 1]):
        scaling = fit_scaling(np.array(truth), sure)
        assert 1 / 20 <= scaling.temperature <= 20
        assert np.abs(scaling.biases).max() <= 10
        assert np.isfinite(scaling(sure)).all()


def test_a_class_without_faces_does_not_run_away() -> None:
    """It gets less likely, but by no more than the pull allows."""
    truth, honest = drawn_faces(2_000, seed=2)
    kept = truth < 2
    assert fit_scaling(truth[kept], honest[kept]).biases[2] > -6


def test_temperature_alone_keeps_the_order() -> None:
    """Only how sure the network is changes, and rows stay distributions; zeros survive."""
    before = np.array([[0.7, 0.2, 0.1], [0.0, 0.0, 1.0]])
    after = Scaling(2.5, none())(before)
    assert (after.argsort(axis=1)[:, -1] == before.argsort(axis=1)[:, -1]).all()
    assert after.sum(axis=1) == pytest.approx([1, 1])
    assert Scaling(1.0, none())(before) == pytest.approx(before, abs=1e-6)


@pytest.mark.parametrize(
    ("right_below", "precision", "most_uncertain", "threshold"),
    [
        (10, 1.0, 1.0, 0.0),
        (0, 1.0, 1.0, 0.61),
        (0, 0.9, 1.0, 0.0),
        (0, 1.0, 0.05, 0.60),
        (0, 1.0, 0.0, 0.60),
        (5, 0.96, 1.0, 0.61),
    ],
)
def test_threshold(right_below: int, precision: float, most_uncertain: float, threshold: float) -> None:
    """The smallest threshold that is precise enough, unless that would make too many uncertain.

    100 faces are called masked: 10 with 0.6, of which `right_below` rightly, and 90 with 0.9, all rightly.
    """
    confidence = np.array([0.6] * 10 + [0.9] * 90)
    truth = np.array([0] * right_below + [1] * (10 - right_below) + [0] * 90)
    probabilities = np.stack([confidence, 1 - confidence], axis=1)
    chosen = choose_thresholds(truth, probabilities, LABELS, Caution(precision, most_uncertain))
    assert chosen == {Label.WITH_MASK: pytest.approx(threshold), Label.WITHOUT_MASK: 0.0}


def test_precision_out_of_reach() -> None:
    """Where even the surest readings are wrong the budget alone decides."""
    confidence = np.linspace(0.5, 0.99, 50)
    probabilities = np.stack([confidence, 1 - confidence], axis=1)
    chosen = choose_thresholds(np.ones(50, np.int64), probabilities, LABELS, Caution(0.9, 0.1))
    assert (confidence < chosen[Label.WITH_MASK]).sum() == 5
