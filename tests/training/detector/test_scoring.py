"""Average precision, recall and false alarms."""

from __future__ import annotations

import math

import numpy as np
import pytest

from edge.types import Box, Face, Label
from training.data.scenes import Scene, TrueFace
from training.detector.scoring import DetectionTally, roomy


def tally(truths: list[tuple[int, ...]], found: list[tuple[float, tuple[int, int, int, int]]]) -> DetectionTally:
    """One 100x100 scene; faces of 8 pixels and more count."""
    faces = tuple(TrueFace(Label.WITH_MASK, tuple(map(float, box))) for box in truths)  # type: ignore[arg-type]
    result = DetectionTally()
    result.add(Scene("a.jpg", 100, 100, "x", faces), [Face(Box(*box), score) for score, box in found])
    return result


LEFT, RIGHT, SMALL, NOWHERE = (10, 10, 30, 30), (60, 60, 80, 80), (90, 90, 96, 96), (10, 60, 30, 80)


@pytest.mark.parametrize(
    ("truths", "found", "precision"),
    [
        ([LEFT], [(0.9, LEFT)], 1.0),
        ([LEFT, RIGHT], [(0.9, LEFT)], 0.5),
        ([LEFT], [(0.9, NOWHERE), (0.8, LEFT)], 0.5),
        ([LEFT], [(0.9, LEFT), (0.8, NOWHERE)], 1.0),
        ([LEFT], [(0.9, LEFT), (0.8, (12, 10, 32, 30))], 1.0),
        ([LEFT, RIGHT], [(0.9, LEFT), (0.8, NOWHERE), (0.7, RIGHT)], 0.5 + 0.5 * 2 / 3),
        ([LEFT, SMALL], [(0.95, SMALL), (0.9, LEFT)], 1.0),
        ([LEFT], [(0.95, SMALL), (0.9, LEFT)], 1.0),
        ([LEFT], [(0.9, (22, 10, 42, 30))], 0.0),
        ([LEFT], [], 0.0),
    ],
    ids=["found", "half", "false first", "false last", "twice", "between", "small face", "small false", "off", "none"],
)
def test_average_precision(
    truths: list[tuple[int, ...]], found: list[tuple[float, tuple[int, int, int, int]]], precision: float
) -> None:
    """Worked out by hand; small faces neither help nor hurt."""
    assert tally(truths, found).average_precision == pytest.approx(precision)


@pytest.mark.parametrize(
    ("found", "right"),
    [
        ((60, 80, 100, 100), True),
        ((58, 60, 98, 84), True),
        ((75, 60, 115, 90), False),
        ((70, 70, 90, 80), False),
        ((30, 30, 130, 130), False),
        ((48, 48, 112, 112), True),
    ],
    ids=["half", "upper half", "beside", "an ear", "too much", "whole head"],
)
def test_roomy_matches_mind_no_data_sets_boxes(found: tuple[int, ...], right: bool) -> None:
    """Half faces and whole heads are the face's; an ear, a box beside it and one six times as large are not."""
    shared = roomy(np.array([found], np.float32), np.array([(60, 60, 100, 100)], np.float32))
    assert (shared[0, 0] >= 0) is np.bool_(right)


def test_faces_nobody_could_tell_count_nowhere() -> None:
    """Found or not, an ignored face is neither right, wrong nor missed."""
    face = TrueFace(Label.WITH_MASK, tuple(map(float, LEFT)), ignore=True)  # type: ignore[arg-type]
    for found in ([], [Face(Box(*LEFT), 0.9)]):
        result = DetectionTally()
        result.add(Scene("a.jpg", 100, 100, "x", (face,)), found)
        assert (result.sought, result.scores) == ([], [])


def test_recall_and_false_alarms_at_a_threshold() -> None:
    """Both fall as the threshold rises."""
    result = tally([LEFT, RIGHT], [(0.9, LEFT), (0.6, RIGHT), (0.5, NOWHERE), (0.4, (11, 11, 31, 31))])
    sizes = {"small": (0.0, 0.1), "large": (0.1, 1.1)}
    assert result.recall_by(0.6, sizes)["large"] == 1.0
    assert result.recall_by(0.7, sizes, label="with_mask")["large"] == 0.5
    assert math.isnan(result.recall_by(0.5, sizes)["small"])
    assert math.isnan(result.recall_by(0.5, sizes, label="face")["large"])
    assert [result.false_per_picture(score) for score in (0.3, 0.45, 0.6)] == [2, 1, 0]


@pytest.mark.parametrize(("allowed", "threshold"), [(0.0, 0.6), (1.0, 0.5), (2.0, 0.4)])
def test_threshold_allows_so_many_false_alarms(allowed: float, threshold: float) -> None:
    """The lowest score of a detection with no more than the allowed false ones at or above it."""
    found = [(0.9, LEFT), (0.6, RIGHT), (0.5, NOWHERE), (0.4, (11, 11, 31, 31))]
    assert tally([LEFT, RIGHT], found).threshold(allowed) == threshold
