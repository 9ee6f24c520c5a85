"""Which faces are fit to be judged."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from skimage.data import astronaut

from edge.chain.quality import QualityGate, sharpness
from edge.types import Box

FACE = Box(170, 60, 280, 200)


@pytest.fixture(scope="module")
def portrait() -> np.ndarray:
    """A sharp face, BGR."""
    return np.ascontiguousarray(astronaut()[:, :, ::-1])


def gate(**changes: float) -> QualityGate:
    values = {"min_face_px": 24, "min_sharpness": 0.0, "min_aspect": 0.4, "min_gap": 0.0} | changes
    return QualityGate(**values)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("box", "fit"),
    [(Box(0, 0, 24, 20), True), (Box(0, 0, 23, 23), False), (Box(0, 0, 39, 100), False), (Box(0, 0, 40, 100), True)],
)
def test_small_and_narrow_faces_do_not_vote(portrait: np.ndarray, box: Box, fit: bool) -> None:
    """The longer side must reach the smallest size, and a full profile is too narrow."""
    assert gate()(portrait, box) is fit


def test_a_blurred_face_is_less_sharp(portrait: np.ndarray) -> None:
    """Sharpness falls with blur, whatever the size of the picture, and the gate goes by it."""
    blurred = np.asarray(cv2.GaussianBlur(portrait, (0, 0), 6), np.uint8)
    limit = sharpness(portrait, FACE) / 2
    assert sharpness(blurred, FACE) < limit / 2
    assert gate(min_sharpness=limit)(portrait, FACE)
    assert not gate(min_sharpness=limit)(blurred, FACE)


@pytest.mark.parametrize(
    ("box", "fit"),
    [
        (Box(6, 6, 60, 60), True),
        (Box(4, 6, 60, 60), False),
        (Box(6, 0, 60, 60), False),
        (Box(440, 400, 508, 470), False),
        (Box(400, 440, 470, 512), False),
    ],
)
def test_a_face_cut_off_by_the_edge_does_not_vote(portrait: np.ndarray, box: Box, fit: bool) -> None:
    """Within a hundredth of the longer side (5 of 512 pixels) of any edge there may be half a face only."""
    assert gate(min_gap=0.01)(portrait, box) is fit
