"""Probabilities that mean what they say, and thresholds below which the kiosk admits that it does not know."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from edge.types import Label, MaskKind, Required
from training.evaluation.metrics import Indices, Probabilities

_SMALLEST = 1e-7
_TEMPERATURES = (1 / 20, 20.0)
"""Beyond these a network is broken rather than badly calibrated."""

PULL = 1e-4
"""Weight of the squared biases against the mean logarithmic loss."""


@dataclass(frozen=True, slots=True)
class Caution:
    """How careful a kiosk shall be.

    Attributes:
        precision: of the readings of a label that are believed, at least this share shall be right.
        most_uncertain: but never may more than this share of a label's readings become uncertain for it.
    """

    precision: float = 0.98
    most_uncertain: float = 0.02


@dataclass(frozen=True, slots=True, eq=False)
class Scaling:
    """How logits become calibrated ones: `logits / temperature + biases` (bias-corrected temperature scaling;
    Alexandari, Kundaje and Shrikumar, 2020).

    Attributes:
        temperature: above 1 if the network is too sure of itself, below 1 if it is too timid.
        biases: (K,), of mean 0: what training with other shares of the classes did to them is undone.
    """

    temperature: float
    biases: NDArray[np.float64]

    def __call__(self, probabilities: Probabilities) -> NDArray[np.float64]:
        """Calibrated probabilities (N, K), from softmax(logits) of that shape."""
        return _softmax(_logits(probabilities) / self.temperature + self.biases)


def fit_scaling(truth: Indices, probabilities: Probabilities, *, biases: bool = True) -> Scaling:
    """The scaling under which the truth is likeliest; the likelihood is concave in 1 / temperature and the biases.

    A little pull towards no change keeps classes with few or no faces from running away.

    Args:
        truth: (N,), class of each face; N > 0.
        probabilities: (N, K), softmax of the logits.
        biases: whether to fit them; else they are 0. They make classes as likely as they are among these faces: where a
            door will see more of a rare one, or missing it is worse, its recall is better left as it was trained.
    """
    logits, rows = _logits(probabilities), np.arange(len(truth))
    target = np.zeros_like(logits)
    target[rows, truth] = 1

    def cost(values: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        steepness, biases = values[0], values[1:]
        said = _softmax(logits * steepness + biases)
        loss = -np.log(np.maximum(said[rows, truth], _SMALLEST)).mean() + PULL * np.square(biases).sum()
        slope = (said - target) / len(truth)
        return loss, np.concatenate([[(slope * logits).sum()], slope.sum(axis=0) + 2 * PULL * biases])

    limits = [(1 / _TEMPERATURES[1], 1 / _TEMPERATURES[0]), *[(-5.0, 5.0) if biases else (0.0, 0.0)] * logits.shape[1]]
    start = np.concatenate([[1.0], np.zeros(logits.shape[1])])
    found = minimize(cost, start, jac=True, bounds=limits, method="L-BFGS-B").x
    return Scaling(float(1 / found[0]), np.asarray(found[1:] - found[1:].mean()))


def _logits(probabilities: Probabilities) -> NDArray[np.float64]:
    return np.log(np.maximum(probabilities.astype(np.float64), _SMALLEST))


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


THRESHOLDS = tuple(step / 100 for step in range(30, 91))
"""Of rules, that are tried."""

MOST_REFUSED = {Required.MEDICAL: 0.02, Required.RESPIRATOR: 0.05}
"""Share of the readings of masks that meet a rule which it may refuse wrongly. Where medical masks are required nearly
everybody wears one: a wrong refusal meets many, and keeps out few others."""

TOLD = Caution(precision=0.95, most_uncertain=0.1)
"""How sure a kind that is told must be."""

FEWEST = 20
"""Masks by which a threshold is chosen at all."""


def kind_thresholds(
    kinds: Sequence[MaskKind], truth: Sequence[MaskKind | None], of_kinds: Probabilities
) -> dict[Required, float]:
    """From which probability a kind is told, and from which a rule is met.

    Args:
        kinds: M names.
        truth: N, the kind of each mask; None where it is not known.
        of_kinds: (N, M).

    Returns:
        for each rule the greatest of THRESHOLDS that refuses no more than MOST_REFUSED of those that meet it, or the
        smallest if none does; for ANY the smallest from which a kind is right as often as TOLD says. A rule by which
        too few masks are known is left out.
    """
    known = np.array([kind in kinds for kind in truth], bool)
    if known.sum() < FEWEST:
        return {}
    answers, worn = of_kinds[known], [kind for kind in truth if kind in kinds]
    right = np.array([kinds[index] is kind for index, kind in zip(answers.argmax(axis=1), worn, strict=True)], bool)
    chosen = {Required.ANY: _threshold(answers.max(axis=1), right, TOLD)}
    for rule, most in MOST_REFUSED.items():
        shares = answers[:, [kind in rule.kinds for kind in kinds]].sum(axis=1)
        shares = shares[np.array([kind in rule.kinds for kind in worn], bool)]
        if len(shares) >= FEWEST:
            few = [threshold for threshold in THRESHOLDS if (shares < threshold).mean() <= most]
            chosen[rule] = max(few, default=THRESHOLDS[0])
    return chosen
