"""What happens as a threshold moves: reliability of the probabilities, ROC, the false alarms each threshold costs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from training.evaluation.metrics import Indices, Probabilities, ratio

RELIABILITY_BINS = 15
"""As in Guo et al., On Calibration of Modern Neural Networks, 2017."""
ALARM_THRESHOLDS = (0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.98)
BELIEF_THRESHOLDS = (0.0, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.98)


@dataclass(frozen=True, slots=True)
class ReliabilityBin:
    """Faces whose likeliest class has a probability in (low, high]: how sure the network was, and how often right."""

    low: float
    high: float
    faces: int
    confidence: float | None
    right: float | None


@dataclass(frozen=True, slots=True, eq=False)
class Roc:
    """Share of the positives found against share of the negatives taken for positives, thresholds falling.

    Attributes:
        false_rate, true_rate: (M,), from 0 to 1.
        thresholds: (M,), a face is positive if its score is at least this; the first is above every score.
        area: under the curve, 0.5 (chance) to 1; None if one of the two kinds is missing.
    """

    false_rate: NDArray[np.float64]
    true_rate: NDArray[np.float64]
    thresholds: NDArray[np.float64]
    area: float | None


@dataclass(frozen=True, slots=True)
class AlarmRow:
    """An alarm is raised for a face if 1 - P(with_mask) is at least `threshold`.

    Attributes:
        caught: share of the bare and wrongly covered faces that raise one.
        false_alarms: share of the properly masked faces that raise one.
        precision: share of the alarms that are justified.
    """

    threshold: float
    caught: float | None
    false_alarms: float | None
    precision: float | None


@dataclass(frozen=True, slots=True)
class BeliefRow:
    """A reading is believed if its likeliest class has at least probability `threshold`, else it is uncertain.

    Attributes:
        uncertain: share of all faces.
        right: share of the believed readings that are right.
        false_alarms: share of the properly masked faces believed to be bare or wrongly covered.
        waved_through: share of the bare or wrongly covered faces believed to be properly masked.
    """

    threshold: float
    uncertain: float | None
    right: float | None
    false_alarms: float | None
    waved_through: float | None


def reliability(truth: Indices, probabilities: Probabilities, *, bins: int = RELIABILITY_BINS) -> list[ReliabilityBin]:
    """Sort the faces into `bins` equally wide intervals by the probability (N, K) of their likeliest class."""
    confidence = probabilities.max(axis=1).astype(np.float64)
    right = probabilities.argmax(axis=1) == truth
    edges = np.linspace(0, 1, bins + 1)
    where = np.clip(np.searchsorted(edges, confidence, side="left") - 1, 0, bins - 1)
    return [_bin(float(edges[i]), float(edges[i + 1]), confidence[where == i], right[where == i]) for i in range(bins)]


def _bin(low: float, high: float, confidence: NDArray[np.float64], right: NDArray[np.bool_]) -> ReliabilityBin:
    faces = len(confidence)
    return ReliabilityBin(low, high, faces, ratio(float(confidence.sum()), faces), ratio(int(right.sum()), faces))


def calibration_error(bins: Sequence[ReliabilityBin]) -> float | None:
    """Expected calibration error: how far, on average over the faces, confidence and being right lie apart."""
    gaps = [
        one.faces * abs(one.confidence - one.right)
        for one in bins
        if one.confidence is not None and one.right is not None
    ]
    return ratio(sum(gaps), sum(one.faces for one in bins))


def log_loss(truth: Indices, probabilities: Probabilities) -> float | None:
    """Mean negative log-likelihood in nats; a probability of 0 counts as 1e-7."""
    given = probabilities[np.arange(len(truth)), truth].astype(np.float64)
    return ratio(float(-np.log(np.maximum(given, 1e-7)).sum()), len(truth))


def roc(score: ArrayLike, positive: ArrayLike) -> Roc:
    """Receiver operating characteristic of a score (N,) for telling the positives (N, bool) from the rest."""
    scores, wanted = np.asarray(score, np.float64), np.asarray(positive, bool)
    order = np.argsort(-scores, kind="stable")
    scores, wanted = scores[order], wanted[order]
    last = np.flatnonzero(np.append(scores[1:] != scores[:-1], True)) if len(scores) else np.array([], np.int64)
    found, wrong = np.cumsum(wanted)[last], np.cumsum(~wanted)[last]
    positives, negatives = int(wanted.sum()), int((~wanted).sum())
    true_rate = np.concatenate(([0.0], found / max(positives, 1)))
    false_rate = np.concatenate(([0.0], wrong / max(negatives, 1)))
    area = float(np.trapezoid(true_rate, false_rate)) if positives and negatives else None
    return Roc(false_rate, true_rate, np.concatenate(([np.inf], scores[last])), area)


def alarm_table(
    score: ArrayLike, positive: ArrayLike, thresholds: Sequence[float] = ALARM_THRESHOLDS
) -> tuple[AlarmRow, ...]:
    """What each threshold on the alarm score (N,) catches, and how many properly masked people it bothers."""
    scores, wanted = np.asarray(score, np.float64), np.asarray(positive, bool)
    return tuple(_alarm_row(threshold, scores >= threshold, wanted) for threshold in thresholds)


def _alarm_row(threshold: float, alarm: NDArray[np.bool_], wanted: NDArray[np.bool_]) -> AlarmRow:
    caught, false = int((alarm & wanted).sum()), int((alarm & ~wanted).sum())
    return AlarmRow(
        threshold=threshold,
        caught=ratio(caught, int(wanted.sum())),
        false_alarms=ratio(false, int((~wanted).sum())),
        precision=ratio(caught, caught + false),
    )


def belief_table(
    truth: Indices, probabilities: Probabilities, *, masked: int, thresholds: Sequence[float] = BELIEF_THRESHOLDS
) -> tuple[BeliefRow, ...]:
    """What one threshold for all labels would give; `masked` is the index of `with_mask` in probabilities (N, K)."""
    best, confidence = probabilities.argmax(axis=1), probabilities.max(axis=1)
    proper, says_proper = truth == masked, best == masked
    return tuple(
        BeliefRow(
            threshold=threshold,
            uncertain=ratio(int((~believed).sum()), len(truth)),
            right=ratio(int((believed & (best == truth)).sum()), int(believed.sum())),
            false_alarms=ratio(int((believed & proper & ~says_proper).sum()), int(proper.sum())),
            waved_through=ratio(int((believed & ~proper & says_proper).sum()), int((~proper).sum())),
        )
        for threshold in thresholds
        for believed in [confidence >= threshold]
    )
