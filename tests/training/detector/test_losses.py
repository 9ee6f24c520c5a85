"""The detector's loss."""

from __future__ import annotations

import numpy as np
import pytest
from keras import ops

from training.detector.anchors import LEVELS, anchor_grid
from training.detector.losses import SsdLoss, overlap_and_distance, quality_focal
from training.detector.targets import Faces, Matcher

FACE = (100.0, 60.0, 150.0, 120.0)


def targets(*boxes: tuple[float, ...], ignored: bool = False) -> np.ndarray:
    """A batch of one 320x256 input with these faces, as SceneBatches makes it."""
    faces = Faces(np.array(boxes, np.float32).reshape(-1, 4), np.full(len(boxes), ignored))
    grid = anchor_grid(LEVELS, width=320, height=256)
    return np.concatenate([Matcher(LEVELS, width=320, height=256)(faces), grid], axis=1)[None]


def answer(truth: np.ndarray, *, sure: float = 12.0) -> np.ndarray:
    """The predictions that say exactly what `truth` asks for."""
    chosen, corners, anchors = truth[..., 4] == 1, truth[..., :4], truth[..., 5:]
    size = np.where(chosen[..., None], corners[..., 2:] - corners[..., :2], anchors[..., 2:])
    centre = np.where(chosen[..., None], (corners[..., 2:] + corners[..., :2]) / 2, anchors[..., :2])
    offset = (centre - anchors[..., :2]) / anchors[..., 2:] / 0.1
    scale = np.log(size / anchors[..., 2:]) / 0.2
    logit = np.where(chosen, sure, -sure)[..., None]
    return np.concatenate([offset, scale, logit], axis=-1).astype(np.float32)


def loss(truth: np.ndarray, predicted: np.ndarray) -> float:
    return float(SsdLoss()(truth.astype(np.float32), predicted))


def test_the_right_answer_costs_nothing() -> None:
    """Exact boxes, certain scores."""
    truth = targets(FACE)
    assert loss(truth, answer(truth)) == pytest.approx(0, abs=1e-3)


@pytest.mark.parametrize("column", range(5))
def test_every_error_costs(column: int) -> None:
    """A shifted, resized or doubted box costs more than the right one."""
    truth = targets(FACE)
    wrong = answer(truth)
    wrong[truth[..., 4] == 1, column] -= 3 if column < 4 else 20
    assert loss(truth, wrong) > 0.05


def test_a_false_face_costs_and_an_ignored_one_does_not() -> None:
    """Where a face is cut off, anything may be said."""
    loud = answer(targets(FACE))
    assert loss(targets(), loud) > 1
    silent = targets(FACE, ignored=True)
    spared = answer(silent)
    spared[silent[..., 4] == -1, 4] = 12
    assert loss(silent, spared) == pytest.approx(0, abs=1e-3)


def test_a_poor_box_should_not_score_high() -> None:
    """The score is asked to be the overlap: certainty about a poor box costs more than doubt."""
    truth = targets(FACE)
    poor = answer(truth)
    poor[..., 0] += 5
    doubtful = poor.copy()
    doubtful[truth[..., 4] == 1, 4] = 0
    assert loss(truth, doubtful) < loss(truth, poor)


def test_far_boxes_still_learn() -> None:
    """Boxes that do not touch cost more the farther they are apart (distance IoU)."""
    first = np.array([[0, 0, 10, 10]] * 2, np.float32)
    second = np.array([[20, 0, 30, 10], [40, 0, 50, 10]], np.float32)
    shared, distance = (ops.convert_to_numpy(one) for one in overlap_and_distance(first, second))
    assert shared.tolist() == [0, 0]
    assert distance[0] == pytest.approx(400 / 1000)
    assert distance[0] < distance[1]


def test_huge_predictions_stay_finite() -> None:
    """A diverging step gives a large loss, not NaN."""
    truth = targets(FACE)
    assert np.isfinite(loss(truth, np.full_like(answer(truth), 1e4)))


def test_quality_focal_is_least_at_its_target() -> None:
    """For a target of 0.7 nothing is cheaper than a score of 0.7."""
    scores = np.linspace(0.05, 0.95, 19)
    costs = ops.convert_to_numpy(quality_focal(np.full(19, 0.7, np.float32), np.log(scores / (1 - scores))))
    assert scores[costs.argmin()] == pytest.approx(0.7)
