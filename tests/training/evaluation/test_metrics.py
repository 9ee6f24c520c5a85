"""Tests of training.evaluation.metrics."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import confusion_matrix, precision_recall_fscore_support

from edge.types import Label
from training.data.samples import CLASSES
from training.evaluation.metrics import (
    accuracy,
    class_figures,
    confusion,
    decide,
    macro_f1,
    mask_or_not,
    threshold_list,
)

COUNTS = np.array([[8, 1, 0, 1], [2, 5, 1, 0], [1, 0, 0, 1]])
"""Row: truth; the last column is uncertain."""


@pytest.mark.parametrize(
    ("probabilities", "thresholds", "called"),
    [
        ((0.5, 0.3, 0.2), (0.0, 0.0, 0.0), 0),
        ((0.5, 0.3, 0.2), (0.5, 0.9, 0.9), 0),
        ((0.5, 0.3, 0.2), (0.51, 0.0, 0.0), 3),
        ((0.1, 0.3, 0.6), (0.9, 0.9, 0.6), 2),
        ((0.4, 0.4, 0.2), (0.0, 0.0, 0.0), 0),
    ],
)
def test_decide(probabilities: tuple[float, ...], thresholds: tuple[float, ...], called: int) -> None:
    """The likeliest class is called, or uncertain if it stays below its own threshold; the first of equals wins."""
    assert decide(np.array([probabilities]), thresholds).tolist() == [called]


def test_threshold_list_fills_gaps() -> None:
    """A label without a threshold needs no more than to be the likeliest."""
    assert threshold_list(CLASSES, {Label.INCORRECT_MASK: 0.7}) == (0.0, 0.0, 0.7)


def test_confusion_counts_uncertain_apart() -> None:
    """Row is the truth, column the answer, and the last column uncertain."""
    assert confusion([0, 0, 1, 1, 1], [0, 2, 1, 1, 0], classes=2).tolist() == [[1, 0, 1], [1, 2, 0]]


@settings(deadline=None)  # a busy machine is no mistake
@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 2)), min_size=1, max_size=40))
def test_figures_agree_with_scikit_learn(pairs: list[tuple[int, int]]) -> None:
    """Confusion, precision, recall and F1 are scikit-learn's, where it has something to divide by."""
    truth, called = zip(*pairs, strict=True)
    counts = confusion(truth, called, classes=3)
    assert counts[:, :3].tolist() == confusion_matrix(truth, called, labels=[0, 1, 2]).tolist()
    expected = precision_recall_fscore_support(truth, called, labels=[0, 1, 2], zero_division=0)
    for index, one in enumerate(class_figures(counts, CLASSES)):
        given_ = (one.precision or 0.0, one.recall or 0.0, one.f1 or 0.0, one.faces)
        assert given_ == pytest.approx([values[index] for values in expected])


def test_uncertain_is_a_wrong_answer() -> None:
    """Accuracy, mask or not, and recall count an uncertain face as wrong; precision does not see it."""
    figures = class_figures(COUNTS, CLASSES)
    assert accuracy(COUNTS) == pytest.approx(13 / 20)
    assert mask_or_not(COUNTS, CLASSES) == pytest.approx((8 + 5 + 1) / 20)
    assert figures[0].recall == pytest.approx(0.8)
    assert figures[0].precision == pytest.approx(8 / 11)


@pytest.mark.parametrize(
    ("counts", "mean"),
    [
        ([[1, 0, 0], [0, 1, 0]], 1.0),
        ([[1, 0, 0], [0, 0, 1]], 0.5),
        ([[4, 0, 0], [0, 0, 0]], 1.0),
        ([[0, 0, 0], [0, 0, 0]], None),
    ],
)
def test_macro_f1(counts: list[list[int]], mean: float | None) -> None:
    """Every class that occurs counts the same, and a class that does not occur counts nothing."""
    assert macro_f1(class_figures(np.array(counts), CLASSES[:2])) == mean


def test_nothing_to_divide_by() -> None:
    """Without faces there are no shares, and the interval is everything."""
    (one,) = class_figures(np.zeros((1, 2), np.int64), CLASSES[:1])
    assert (one.precision, one.recall, one.f1) == (None, None, None)
    assert (one.recall_low, one.recall_high) == (0.0, 1.0)
    assert accuracy(np.zeros((2, 3), np.int64)) is None
