"""Figures of five made-up faces, for everything that shows figures."""

from __future__ import annotations

import numpy as np

from tests.training.coloured import LABELS
from training.evaluation.answers import Answers
from training.evaluation.figures import Figures, figures
from training.evaluation.slices import FaceTraits

PROBABILITIES = np.array([[0.9, 0.1, 0.0], [0.45, 0.4, 0.15], [0.2, 0.7, 0.1], [0.0, 0.6, 0.4], [0.6, 0.1, 0.3]])
"""Called, at a threshold of 0.5 for with_mask: masked, uncertain, bare, bare, masked."""


def some_answers(*, truth: tuple[int, ...] = (0, 0, 1, 2, 2)) -> Answers:
    """Right; uncertain, else right; right; wrong for three classes but not for a door; wrong for both."""
    count = len(truth)
    traits = tuple(FaceTraits(50, 10, 100, "here") for _ in truth)
    return Answers(LABELS, np.array(truth, np.int64), PROBABILITIES[:count], (0.5, 0.0, 0.0), traits, ("f",) * count)


def some_figures(*, truth: tuple[int, ...] = (0, 0, 1, 2, 2)) -> Figures:
    return figures(some_answers(truth=truth))
