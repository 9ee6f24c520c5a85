"""The loss and the metrics of an answer with one or two parts."""

from __future__ import annotations

import keras
import numpy as np
import pytest

from training.classifier.objective import KIND_WEIGHT, AnswerLoss, KindAccuracy, LabelAccuracy, LabelF1

SAID = np.array([[0.7, 0.2, 0.1, 0.9, 0.1], [0.1, 0.3, 0.6, 0.4, 0.6], [0.5, 0.4, 0.1, 0.2, 0.8]], np.float32)
TRUE = np.array([[1, 0, 0, 1, 0], [0, 0, 1, 0, 0], [0, 1, 0, 0, 1]], np.float32)
"""The second face's kind is not known."""


@pytest.mark.parametrize("label_smoothing", [0.0, 0.1])
def test_without_kinds_it_is_cross_entropy(label_smoothing: float) -> None:
    """Of labels alone, smoothed or not, it is what Keras computes."""
    expected = keras.losses.CategoricalCrossentropy(label_smoothing=label_smoothing)(TRUE[:, :3], SAID[:, :3])
    loss = AnswerLoss(classes=3, label_smoothing=label_smoothing)
    assert float(loss(TRUE[:, :3], SAID[:, :3])) == pytest.approx(float(expected), rel=1e-5)


def test_a_kind_counts_where_it_is_known() -> None:
    """The second part adds its cross-entropy, KIND_WEIGHT times, and nothing for a face whose kind nobody knows."""
    loss = AnswerLoss(classes=3, label_smoothing=0.0, reduction="none")
    added = np.asarray(loss(TRUE, SAID)) - np.asarray(loss(TRUE[:, :3], SAID[:, :3]))
    assert added == pytest.approx([-KIND_WEIGHT * np.log(0.9), 0, -KIND_WEIGHT * np.log(0.8)], rel=1e-5)


def test_a_teacher_s_answer_is_a_target() -> None:
    """A distribution is cheapest to answer with itself."""
    taught = np.array([[0.5, 0.3, 0.2]], np.float32)
    loss = AnswerLoss(classes=3, label_smoothing=0.0)
    assert float(loss(taught, taught)) < float(loss(taught, np.array([[0.6, 0.2, 0.2]], np.float32)))


def test_the_loss_can_be_saved() -> None:
    """Keras gets it back from its configuration."""
    loss = AnswerLoss(classes=3, label_smoothing=0.1)
    again = keras.losses.deserialize(keras.losses.serialize(loss))
    assert float(again(TRUE, SAID)) == pytest.approx(float(loss(TRUE, SAID)))


def test_metrics_look_at_their_part() -> None:
    """Labels: two of three right; kinds: of the two that are known both."""
    accuracy, f1, kinds = LabelAccuracy(classes=3), LabelF1(classes=3), KindAccuracy(classes=3)
    for metric in (accuracy, f1, kinds):
        metric.update_state(TRUE, SAID)
    assert float(accuracy.result()) == pytest.approx(2 / 3)
    assert float(kinds.result()) == 1.0
    assert float(f1.result()) == pytest.approx((2 / 3 + 0 + 1) / 3)
