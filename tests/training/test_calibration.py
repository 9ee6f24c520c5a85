"""Tests of training.calibration."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from edge.types import Label
from training.calibration import Caution, choose_thresholds, fit_temperature, with_temperature
from training.curves import calibration_error, log_loss, reliability

LABELS = (Label.WITH_MASK, Label.WITHOUT_MASK)


def drawn_faces(count: int, *, seed: int) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Faces whose class is drawn from the probabilities given with them: perfectly calibrated."""
    chance = np.random.default_rng(seed)
    probabilities = chance.dirichlet((1.0, 1.0, 1.0), count)
    truth = (probabilities.cumsum(axis=1) < chance.random((count, 1))).sum(axis=1)
    return truth.astype(np.int64), probabilities


@pytest.mark.parametrize("wrong_by", [0.4, 1.0, 3.0])
def test_temperature_is_recovered(wrong_by: float) -> None:
    """Probabilities sharpened or softened by a known temperature are brought back, and fit better."""
    truth, honest = drawn_faces(20_000, seed=1)
    given = with_temperature(honest, 1 / wrong_by)
    temperature = fit_temperature(truth, given)
    assert temperature == pytest.approx(wrong_by, rel=0.05)
    mended = with_temperature(given, temperature)
    assert (log_loss(truth, mended) or 0) <= (log_loss(truth, given) or 0) + 1e-12
    assert calibration_error(reliability(truth, mended)) == pytest.approx(0, abs=0.02)


def test_temperature_stays_within_bounds() -> None:
    """A network that is always right, or always wrong, gives the smallest or largest temperature, not infinity."""
    sure = np.array([[0.9, 0.1], [0.8, 0.2]])
    assert fit_temperature(np.array([0, 0]), sure) == pytest.approx(1 / 20, rel=1e-3)
    assert fit_temperature(np.array([1, 1]), sure) == pytest.approx(20, rel=1e-3)


def test_temperature_keeps_the_order() -> None:
    """Only how sure the network is changes, and rows stay distributions; zeros survive."""
    before = np.array([[0.7, 0.2, 0.1], [0.0, 0.0, 1.0]])
    after = with_temperature(before, 2.5)
    assert (after.argsort(axis=1)[:, -1] == before.argsort(axis=1)[:, -1]).all()
    assert after.sum(axis=1) == pytest.approx([1, 1])
    assert with_temperature(before, 1.0) == pytest.approx(before, abs=1e-6)


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
