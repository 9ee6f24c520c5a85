"""What a classifier with one or two outputs is trained for, and how well it does: loss and metrics of its answer."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

KIND_WEIGHT = 0.5
"""Of the loss over kinds against that over labels."""

_SMALLEST = 1e-7


@keras.saving.register_keras_serializable("maskgate")
class AnswerLoss(keras.losses.Loss):
    """Cross-entropy over the labels, and KIND_WEIGHT times that over the kinds of masks.

    Targets are distributions: one-hot, smoothed here, or a teacher's. A face whose kind is unknown has zeros for all
    kinds and adds nothing there.

    Args:
        classes: number of labels, which come first.
        label_smoothing: probability taken from the true label and spread over all (Szegedy et al., 2016).
    """

    def __init__(
        self, *, classes: int, label_smoothing: float, reduction: str = "sum_over_batch_size", **options: Any
    ) -> None:
        super().__init__(reduction=reduction, **options)
        self.classes, self.label_smoothing = classes, label_smoothing

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """Shapes (B, classes + kinds) -> (B,)."""
        said = ops.log(ops.maximum(y_pred, _SMALLEST))
        labels = y_true[:, : self.classes] * (1 - self.label_smoothing) + self.label_smoothing / self.classes
        of_labels = ops.sum(labels * said[:, : self.classes], axis=-1)
        return -of_labels - KIND_WEIGHT * ops.sum(y_true[:, self.classes :] * said[:, self.classes :], axis=-1)

    def get_config(self) -> dict[str, Any]:
        config: dict[str, Any] = super().get_config()
        return config | {"classes": self.classes, "label_smoothing": self.label_smoothing}


class LabelAccuracy(keras.metrics.CategoricalAccuracy):
    """Accuracy over the labels of an answer."""

    def __init__(self, *, classes: int) -> None:
        super().__init__(name="accuracy")
        self._classes = classes

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> Any:
        return super().update_state(y_true[:, : self._classes], y_pred[:, : self._classes], sample_weight)


class LabelF1(keras.metrics.F1Score):
    """Macro F1 over the labels of an answer."""

    def __init__(self, *, classes: int) -> None:
        super().__init__(average="macro", name="macro_f1")
        self._classes = classes

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> Any:
        return super().update_state(_hard(y_true[:, : self._classes]), y_pred[:, : self._classes], sample_weight)


class KindAccuracy(keras.metrics.CategoricalAccuracy):
    """Accuracy over the kinds of masks, of the faces whose kind is known."""

    def __init__(self, *, classes: int) -> None:
        super().__init__(name="kind_accuracy")
        self._classes = classes

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> Any:
        kinds = y_true[:, self._classes :]
        known = ops.cast(ops.sum(kinds, axis=-1) > 0, "float32")
        return super().update_state(kinds, y_pred[:, self._classes :], known)


def metrics(*, classes: int, kinds: int) -> list[keras.metrics.Metric]:
    """What is told after each epoch."""
    of_labels: list[keras.metrics.Metric] = [LabelAccuracy(classes=classes), LabelF1(classes=classes)]
    return [*of_labels, KindAccuracy(classes=classes)] if kinds else of_labels


def _hard(distribution: Any) -> Any:
    """One-hot of what is likeliest: F1 counts, it does not weigh."""
    return ops.one_hot(ops.argmax(distribution, axis=-1), distribution.shape[-1])
