"""Probabilities that mean what they say, and thresholds below which the kiosk admits that it does not know."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from edge.types import Label
from training.metrics import Indices, Probabilities

_SMALLEST = 1e-7
_TEMPERATURES = (1 / 20, 20.0)
"""Beyond these a network is broken rather than badly calibrated."""


@dataclass(frozen=True, slots=True)
class Caution:
    """How careful a kiosk shall be.

    Attributes:
        precision: of the readings of a label that are believed, at least this share shall be right.
        most_uncertain: but never may more than this share of a label's readings become uncertain for it.
    """

    precision: float = 0.98
    most_uncertain: float = 0.02


def fit_temperature(truth: Indices, probabilities: Probabilities) -> float:
    """The temperature T for which softmax(logits / T) is likeliest to give the truth (Guo et al., 2017).

    The log-likelihood is concave in 1/T, so that bisection on its slope finds the one best value.

    Args:
        truth: (N,), class of each face; N > 0.
        probabilities: (N, K), softmax of the logits.

    Returns:
        above 1 if the network is too sure of itself, below 1 if it is too timid; within 1/20 to 20.
    """
    logits = np.log(np.maximum(probabilities.astype(np.float64), _SMALLEST))
    chosen = logits[np.arange(len(truth)), truth]
    low, high = 1 / _TEMPERATURES[1], 1 / _TEMPERATURES[0]
    for _ in range(60):
        middle = (low + high) / 2
        expected = (_softmax(logits * middle) * logits).sum(axis=1)
        if (chosen - expected).mean() > 0:
            low = middle
        else:
            high = middle
    return 2 / (low + high)


def with_temperature(probabilities: Probabilities, temperature: float) -> NDArray[np.float64]:
    """softmax(logits / temperature), from softmax(logits) of shape (N, K)."""
    return _softmax(np.log(np.maximum(probabilities.astype(np.float64), _SMALLEST)) / temperature)


def _softmax(logits: NDArray[np.float64]) -> NDArray[np.float64]:
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True))


def choose_thresholds(
    truth: Indices, probabilities: Probabilities, labels: Sequence[Label], caution: Caution
) -> dict[Label, float]:
    """The smallest probability at which each label is believed, in steps of 0.01.

    Args:
        truth: (N,), class of each face.
        probabilities: (N, K), calibrated.
        labels: K names.
        caution: how careful to be; a label that is never the likeliest gets 0.
    """
    best, confidence = probabilities.argmax(axis=1), probabilities.max(axis=1)
    return {
        label: _threshold(confidence[best == index], (truth == index)[best == index], caution)
        for index, label in enumerate(labels)
    }


def _threshold(confidence: NDArray[np.floating], right: NDArray[np.bool_], caution: Caution) -> float:
    allowed = 0.0
    for threshold in np.arange(100) / 100:
        believed = confidence >= threshold
        if (~believed).sum() > caution.most_uncertain * len(confidence):
            break
        allowed = float(threshold)
        if not believed.any() or right[believed].mean() >= caution.precision:
            break
    return allowed
