"""Training faces whose label is probably wrong: a network that learnt from them is sure of another class.

Confident learning (Northcutt, Jiang and Chuang, 2021): a class is believed from the mean probability that its own faces
get. A network asked about faces it learnt from doubts too little rather than too much.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from edge.networks.preprocess import crop_square
from edge.types import Image
from training.evaluation.metrics import Indices, Probabilities
from training.evaluation.predictors import BATCH_SIZE, Predictor
from training.faces.store import CropStore

SHOWN = 96
"""Faces on the sheet."""


def doubtful(truth: Indices, probabilities: Probabilities) -> NDArray[np.intp]:
    """Positions of the faces that are surely called something else, the surest first.

    Args:
        truth: (N,), class of each as labelled.
        probabilities: (N, K), what a network says.
    """
    believed = np.array([_mean(probabilities[truth == label, label]) for label in range(probabilities.shape[1])])
    sure = np.where(probabilities >= believed, probabilities, 0.0)
    called = sure.argmax(axis=1)
    surety = sure.max(axis=1)
    found = np.flatnonzero((surety > 0) & (called != truth))
    return found[np.argsort(-surety[found], kind="stable")]


def _mean(values: NDArray[np.float32]) -> float:
    """A class without a single face is never believed."""
    return float(values.mean()) if len(values) else 2.0


def cut_face(store: CropStore, index: int, predictor: Predictor) -> Image:
    """The face at `index` of a store as the network is shown it, BGR."""
    return crop_square(store.image(index), store.face_box(index), margin=predictor.input.margin)


def ask(predictor: Predictor, store: CropStore, chosen: Sequence[int]) -> Probabilities:
    """What the network says of each face, a batch in memory at a time."""
    batches = [chosen[first : first + BATCH_SIZE] for first in range(0, len(chosen), BATCH_SIZE)]
    shown = tqdm(batches, desc="asking", unit="batch", leave=False, disable=None)
    answers = [predictor.probabilities([cut_face(store, index, predictor) for index in batch]) for batch in shown]
    return np.concatenate(answers) if answers else np.zeros((0, len(predictor.labels)), np.float32)
