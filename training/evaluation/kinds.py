"""How well a classifier tells kinds of masks apart."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from edge.types import Label, MaskKind
from training.evaluation.answers import Answers
from training.evaluation.metrics import Indices, accuracy, confusion


@dataclass(frozen=True, slots=True)
class KindFigures:
    """Of the properly worn masks whose kind is known; shares are None where there is nothing to divide by.

    Attributes:
        kinds: M, those that the classifier tells apart.
        faces: how many masks.
        confusion: M rows (truth) of M columns (called).
        accuracy: share called by their kind.
        balanced: mean recall of the kinds there are.
        respirator: mean recall of respirators and of all other kinds together, where the likeliest kind decides.
    """

    kinds: tuple[MaskKind, ...]
    faces: int
    confusion: tuple[tuple[int, ...], ...]
    accuracy: float | None
    balanced: float | None
    respirator: float | None


def kind_figures(answers: Answers) -> KindFigures | None:
    """Figures of the kinds; None for a classifier that tells none, or where no mask's kind is known."""
    kinds = answers.kinds
    truth = np.array([kinds.index(one.kind) if one.kind in kinds else -1 for one in answers.traits], np.int64)
    counted = (truth >= 0) & (answers.truth == answers.labels.index(Label.WITH_MASK))
    if not counted.any():
        return None
    called = answers.of_kinds[counted].argmax(axis=1)
    counts = confusion(truth[counted], called, classes=len(kinds))[:, : len(kinds)]
    return KindFigures(
        kinds=kinds,
        faces=int(counted.sum()),
        confusion=tuple(tuple(row) for row in counts.tolist()),
        accuracy=accuracy(counts),
        balanced=_mean_recall(counts),
        respirator=_mean_recall(_respirator_or_not(counts, kinds)),
    )


def _mean_recall(counts: Indices) -> float | None:
    found = counts.sum(axis=1) > 0
    return float((np.diag(counts)[found] / counts.sum(axis=1)[found]).mean()) if found.any() else None


def _respirator_or_not(counts: Indices, kinds: tuple[MaskKind, ...]) -> Indices:
    where = np.array([kind is not MaskKind.RESPIRATOR for kind in kinds], np.int64)
    merged = np.zeros((2, 2), np.int64)
    np.add.at(merged, (where[:, None], where[None, :]), counts)
    return merged
