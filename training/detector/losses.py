"""The loss of the single-shot detector, in Keras operations: runs on every Keras backend."""

from __future__ import annotations

import keras
from keras import KerasTensor, ops

BOX_WEIGHT = 2.0
"""Of the box loss against the score loss (generalized focal loss, Li et al., 2020)."""
FOCUS = 2.0
"""Exponent that quietens what is already right."""
FULL_MARKS = 0.7
"""Overlap from which a box is as right as can be told: annotators of the same face agree no better."""
EPSILON = 1e-7


class SsdLoss(keras.losses.Loss):
    """Quality focal loss for the score, distance-IoU loss for the box, both per answering default box.

    A face's target score is the overlap its predicted box reaches (Li et al., 2020), up to FULL_MARKS, so that the best
    box of a face also scores highest and survives the suppression of doubles.

    Args:
        variances: see `edge.networks.manifest.DetectorManifest`.
    """

    def __init__(self, variances: tuple[float, float] = (0.1, 0.2)) -> None:
        super().__init__(reduction=None, name="ssd")
        self._variances = variances

    def call(self, y_true: KerasTensor, y_pred: KerasTensor) -> KerasTensor:
        """Loss of a batch.

        Args:
            y_true: (batch, N, 9): what `targets.Matcher` gives, and the default box (centre, size).
            y_pred: (batch, N, 5): dx, dy, dw, dh, logit.
        """
        positive = ops.cast(y_true[..., 4] > 0.5, "float32")
        asked = ops.cast(y_true[..., 4] > -0.5, "float32")
        count = ops.maximum(ops.sum(positive), 1.0)
        shared, distance = overlap_and_distance(y_true[..., :4], self._corners(y_pred, y_true[..., 5:]))
        quality = ops.stop_gradient(positive * ops.clip(shared / FULL_MARKS, 0.0, 1.0))
        score = ops.sum(asked * quality_focal(quality, y_pred[..., 4])) / count
        box = ops.sum(positive * (1.0 - shared + distance)) / count
        return score + BOX_WEIGHT * box

    def _corners(self, predicted: KerasTensor, anchors: KerasTensor) -> KerasTensor:
        sizes = anchors[..., 2:]
        centre = anchors[..., :2] + predicted[..., :2] * self._variances[0] * sizes
        half = 0.5 * sizes * ops.exp(ops.clip(predicted[..., 2:4] * self._variances[1], -4.0, 4.0))
        return ops.concatenate([centre - half, centre + half], axis=-1)


def quality_focal(target: KerasTensor, logit: KerasTensor) -> KerasTensor:
    """Cross entropy with a target in [0, 1], weighted by the distance to it."""
    entropy = ops.maximum(logit, 0.0) - logit * target + ops.log1p(ops.exp(-ops.abs(logit)))
    return entropy * ops.power(ops.abs(target - ops.sigmoid(logit)), FOCUS)


def overlap_and_distance(first: KerasTensor, second: KerasTensor) -> tuple[KerasTensor, KerasTensor]:
    """Overlap and distance of each pair of corner boxes (..., 4).

    Returns:
        IoU, and the squared distance of the centres over the squared diagonal of the box around both (distance IoU;
        Zheng et al., 2020).
    """
    low = ops.maximum(first[..., :2], second[..., :2])
    high = ops.minimum(first[..., 2:], second[..., 2:])
    shared = ops.prod(ops.maximum(high - low, 0.0), axis=-1)
    area = ops.prod(first[..., 2:] - first[..., :2], axis=-1) + ops.prod(second[..., 2:] - second[..., :2], axis=-1)
    around = ops.maximum(first[..., 2:], second[..., 2:]) - ops.minimum(first[..., :2], second[..., :2])
    apart = (first[..., :2] + first[..., 2:] - second[..., :2] - second[..., 2:]) / 2
    distance = ops.sum(ops.square(apart), axis=-1) / (ops.sum(ops.square(around), axis=-1) + EPSILON)
    return shared / (area - shared + EPSILON), distance
