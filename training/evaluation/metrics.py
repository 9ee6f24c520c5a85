"""How good are the answers? Confusion matrix, precision, recall, F1 and their margins, from plain arrays."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isnan

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.metrics import confusion_matrix, precision_recall_fscore_support

from edge.types import Label
from training.intervals import wilson_interval

Indices = NDArray[np.int64]
Probabilities = NDArray[np.floating]


@dataclass(frozen=True, slots=True)
class ClassFigures:
    """How well one class is told from the others; None where there is nothing to divide by.

    Attributes:
        label: the class.
        faces: how many really belong to it.
        precision: share of the faces called so that are so.
        recall: share of its faces that are called so; `uncertain` counts as a wrong answer.
        recall_low, recall_high: where the recall lies with 95 % confidence (Wilson).
        f1: harmonic mean of precision and recall.
    """

    label: Label
    faces: int
    precision: float | None
    recall: float | None
    recall_low: float
    recall_high: float
    f1: float | None


def decide(probabilities: Probabilities, thresholds: Sequence[float]) -> Indices:
    """The class each face is called, as the kiosk decides it.

    Args:
        probabilities: (N, K), each row a distribution.
        thresholds: K numbers, the smallest probability at which a class is believed.

    Returns:
        (N,), the likeliest class, or K (`uncertain`) where it stays below its threshold.
    """
    classes = probabilities.shape[1]
    best = probabilities.argmax(axis=1)
    sure = probabilities.max(axis=1) >= np.asarray(thresholds)[best]
    return np.asarray(np.where(sure, best, classes), np.int64)


def threshold_list(labels: Sequence[Label], thresholds: Mapping[Label, float]) -> tuple[float, ...]:
    """The threshold of each label, 0 where none is set."""
    return tuple(thresholds.get(label, 0.0) for label in labels)


def confusion(truth: ArrayLike, called: ArrayLike, *, classes: int) -> Indices:
    """Count answers.

    Args:
        truth: (N,), 0 to classes - 1; N is 1 at least.
        called: (N,), 0 to classes; `classes` stands for uncertain.

    Returns:
        (classes, classes + 1), row: truth, column: called.
    """
    return np.asarray(confusion_matrix(truth, called, labels=range(classes + 1))[:classes], np.int64)


def class_figures(counts: Indices, labels: Sequence[Label]) -> tuple[ClassFigures, ...]:
    """Precision, recall and F1 of every class of a confusion matrix."""
    truth, called = np.indices(counts.shape)
    shares = np.full((3, len(labels)), np.nan)
    if counts.any():
        shares = precision_recall_fscore_support(
            truth.ravel(),
            called.ravel(),
            labels=range(len(labels)),
            sample_weight=counts.ravel(),
            zero_division=np.nan,
        )[:3]
    return tuple(
        _figures(label, int(row[index]), int(row.sum()), *(float(values[index]) for values in shares))
        for index, (label, row) in enumerate(zip(labels, counts, strict=True))
    )


def _figures(label: Label, right: int, faces: int, precision: float, recall: float, f1: float) -> ClassFigures:
    low, high = wilson_interval(right, faces)
    return ClassFigures(
        label=label,
        faces=faces,
        precision=_known(precision),
        recall=_known(recall),
        recall_low=low,
        recall_high=high,
        f1=_known(f1),
    )


def _known(share: float) -> float | None:
    return None if isnan(share) else share


def accuracy(counts: Indices) -> float | None:
    """Share of the faces called what they are; `uncertain` is a wrong answer."""
    return ratio(int(np.trace(counts)), int(counts.sum()))


def macro_f1(figures: Sequence[ClassFigures]) -> float | None:
    """Mean F1 of the classes that occur: each counts the same, however rare."""
    scores = [one.f1 or 0.0 for one in figures if one.faces]
    return ratio(sum(scores), len(scores))


def mask_or_not(counts: Indices, labels: Sequence[Label]) -> float | None:
    """Accuracy if only `with_mask` or anything else matters, as for a door; `uncertain` is a wrong answer."""
    masked = np.array([label is Label.WITH_MASK for label in labels])
    agree = masked[:, None] == masked[None, :]
    return ratio(int(counts[:, :-1][agree].sum()), int(counts.sum()))


def ratio(part: float, whole: float) -> float | None:
    """`part / whole`, None if there is nothing to divide by."""
    return part / whole if whole else None
