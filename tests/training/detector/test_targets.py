"""Matching of faces to default boxes."""

from __future__ import annotations

import numpy as np
import pytest

from training.detector.anchors import LEVELS, anchor_grid, overlaps, to_corners
from training.detector.targets import Faces, Matcher

GRID = anchor_grid(LEVELS, width=320, height=256)


def match(*boxes: tuple[float, ...], ignored: tuple[bool, ...] | None = None) -> np.ndarray:
    """Targets of a 320x256 input with these faces."""
    corners = np.array(boxes, np.float32).reshape(-1, 4)
    flags = np.array(ignored if ignored is not None else [False] * len(boxes), np.bool_)
    return Matcher(LEVELS, width=320, height=256)(Faces(corners, flags))


def test_no_face_asks_for_silence() -> None:
    """Without a face every default box must stay silent."""
    assert not match().any()


@pytest.mark.parametrize("size", [(3, 3), (12, 15), (26, 33), (60, 75), (140, 170), (300, 250)])
@pytest.mark.parametrize("centre", [(160, 128), (8, 8), (311, 250), (100.3, 77.7)])
def test_every_face_finds_boxes_of_about_its_size(size: tuple[float, float], centre: tuple[float, float]) -> None:
    """Small or large, in the middle or the corner, on a cell or between: some box answers, and the best one does."""
    corners = np.array([*centre, *centre], np.float32) + np.array([-1, -1, 1, 1]) * np.array([*size, *size]) / 2
    targets = match(tuple(corners))
    chosen = targets[:, 4] == 1
    assert 1 <= chosen.sum() <= 54
    np.testing.assert_allclose(targets[chosen, :4], np.broadcast_to(corners, (chosen.sum(), 4)), rtol=1e-5)
    shared = overlaps(to_corners(GRID), corners[None].astype(np.float32))[:, 0]
    assert shared[chosen].max() == pytest.approx(shared.max())


def test_two_faces_keep_their_own_boxes() -> None:
    """A default box near two faces answers for the one it overlaps more."""
    left, right = (100, 100, 140, 150), (130, 100, 170, 150)
    targets = match(left, right)
    chosen = targets[:, 4] == 1
    shared = overlaps(to_corners(GRID[chosen]), np.array([left, right], np.float32))
    told = np.where((targets[chosen, :4] == left).all(axis=1), 0, 1)
    assert set(told) == {0, 1}
    distance = np.abs(shared[:, 0] - shared[:, 1])
    assert (told == shared.argmax(axis=1))[distance > 0.2].all()


def test_ignored_faces_are_neither_asked_nor_punished() -> None:
    """Boxes in a face that is cut off count for nothing, unless another face claims them or they see an ear of it."""
    targets = match((50, 50, 120, 140), (60, 60, 90, 100), ignored=(True, False))
    inside = ((GRID[:, :2] > (50, 50)) & (GRID[:, :2] < (120, 140))).all(axis=1)
    tiny = GRID[:, 3] < 27
    assert set(targets[inside & ~tiny, 4]) == {-1, 1}
    assert (targets[~inside | tiny, 4] != -1).all()
    assert (targets[inside & tiny, 4] == 0).any()
