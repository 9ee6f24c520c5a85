"""What a network's last layer gives, and how it becomes one probability for each label."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from edge.errors import ModelError

Floats = NDArray[np.float32]

Head = Literal["probabilities", "logits", "probability", "logit"]
"""Of all labels or, in the singular, of the second of two."""

ROUNDING = 0.03
"""How far the sum of quantised probabilities may be from 1: three outputs, steps of 1/256, and some more."""


def head_of(raw: Floats, path: Path) -> Head:
    """What these answers are, shape (N, outputs).

    Raises:
        ModelError: if they are neither probabilities nor logits.
    """
    if not np.isfinite(raw).all():
        raise ModelError(f"{path}: the network answers with values that are not finite; train it again")
    inside = bool((raw >= -ROUNDING).all() and (raw <= 1 + ROUNDING).all())
    if raw.shape[1] == 1:
        return "probability" if inside else "logit"
    if not inside:
        return "logits"
    if np.abs(raw.sum(axis=1) - 1).max() <= ROUNDING:
        return "probabilities"
    raise ModelError(
        f"{path}: its outputs lie between 0 and 1 and their sum is not 1, so several labels may hold at once; "
        "only a classifier with one label for each face can be imported: end the network in a softmax"
    )


def probabilities(raw: Floats, head: Head) -> Floats:
    """One probability for each label, shape (N, labels)."""
    if head == "logits":
        powers = np.exp(raw - raw.max(axis=1, keepdims=True))
        return np.asarray(powers / powers.sum(axis=1, keepdims=True), np.float32)
    if head == "logit":
        raw = np.asarray(1 / (1 + np.exp(-raw)), np.float32)
    if raw.shape[1] == 1:
        raw = np.concatenate([1 - raw, raw], axis=1)
    return np.asarray(raw, np.float32)
