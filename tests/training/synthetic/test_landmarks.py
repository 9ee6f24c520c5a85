"""The landmark model on a real photograph, and what is refused."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from skimage import data

from edge.errors import ModelError
from edge.types import Box, Image
from training.synthetic.landmarks import LANDMARK_FILE, POINTS, LandmarkFinder, roll_deg, yaw

FACE = Box(175, 65, 275, 190)


def astronaut() -> Image:
    return np.asarray(data.astronaut()[..., ::-1], np.uint8).copy()


@pytest.fixture(scope="module")
def finder(shared: Path) -> LandmarkFinder:
    return LandmarkFinder(shared / "weights" / LANDMARK_FILE)


def test_finds_eyes_nose_and_chin(finder: LandmarkFinder) -> None:
    """The points of a known photograph lie where a person would put them, within a few pixels."""
    points = finder(astronaut(), FACE)
    assert points is not None
    assert points.shape == (POINTS, 3)
    for index, place in ((33, (191, 100)), (263, (256, 102)), (1, (222, 129)), (152, (222, 177))):
        assert points[index, :2] == pytest.approx(place, abs=7)


@pytest.mark.parametrize("degrees", [-25, 20])
def test_follows_a_tilted_head(finder: LandmarkFinder, degrees: float) -> None:
    """Turned with the picture, the points turn too."""
    middle = (225.0, 128.0)
    turn = cv2.getRotationMatrix2D(middle, degrees, 1.0)
    tilted = np.asarray(cv2.warpAffine(astronaut(), turn, (512, 512), borderMode=cv2.BORDER_REPLICATE), np.uint8)
    upright, points = finder(astronaut(), FACE), finder(tilted, FACE)
    assert upright is not None
    assert points is not None
    expected = upright[:, :2] @ turn[:, :2].T + turn[:, 2]
    assert np.abs(points[:, :2] - expected).mean() < 6
    assert roll_deg(points) - roll_deg(upright) == pytest.approx(-degrees, abs=6)


def test_sees_no_face_in_noise(finder: LandmarkFinder) -> None:
    """Where there is no face there are no points."""
    noise = np.random.default_rng(0).integers(0, 256, (200, 200, 3), np.uint8)
    assert finder(noise, Box(50, 50, 150, 150)) is None


@pytest.mark.parametrize(("nose", "expected"), [(50, 0.0), (90, 0.8), (10, -0.8)])
def test_yaw_from_the_nose_between_the_cheeks(nose: float, expected: float) -> None:
    """The nearer the nose to one cheek, the more the head is turned."""
    points = np.zeros((POINTS, 3), np.float32)
    points[454, 0], points[1, 0] = 100, nose
    assert yaw(points) == pytest.approx(expected)


@pytest.mark.parametrize("content", [None, b"no model"])
def test_refuses_what_is_no_model(tmp_path: Path, content: bytes | None) -> None:
    """A missing or damaged file is an error that names it."""
    path = tmp_path / LANDMARK_FILE
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ModelError, match=LANDMARK_FILE):
        LandmarkFinder(path)
