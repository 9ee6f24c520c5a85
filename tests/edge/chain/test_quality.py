"""Which faces are fit to be judged."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from skimage.data import astronaut

from edge.chain.quality import QualityGate, brightness, sharpness
from edge.types import Box, Face, Image, Reason

FACE = Box(170, 60, 280, 200)


@pytest.fixture(scope="module")
def portrait() -> np.ndarray:
    """A sharp face, BGR."""
    return np.ascontiguousarray(astronaut()[:, :, ::-1])


def why_not(image: Image, box: Box, **changes: float) -> Reason | None:
    """Why the gate refuses a face, once its figures were looked at."""
    values = {"min_face_px": 24, "min_sharpness": 0.0, "min_aspect": 0.4, "min_gap": 0.0, "min_brightness": 0.0}
    why = QualityGate(**(values | changes))(image, Face(box, 0.9))  # type: ignore[arg-type]
    assert why is None or (why.face.box is box and why.measure < why.needed)
    return None if why is None else why.reason


@pytest.mark.parametrize(
    ("box", "reason"),
    [
        (Box(0, 0, 24, 20), None),
        (Box(0, 0, 23, 23), Reason.TOO_SMALL),
        (Box(0, 0, 39, 100), Reason.PROFILE),
        (Box(0, 0, 40, 100), None),
    ],
)
def test_small_and_narrow_faces_do_not_vote(portrait: np.ndarray, box: Box, reason: Reason | None) -> None:
    """The longer side must reach the smallest size, and a full profile is too narrow."""
    assert why_not(portrait, box) is reason


def test_a_blurred_face_is_less_sharp(portrait: np.ndarray) -> None:
    """Sharpness falls with blur, whatever the size of the picture, and the gate goes by it."""
    blurred = np.asarray(cv2.GaussianBlur(portrait, (0, 0), 6), np.uint8)
    limit = sharpness(portrait, FACE) / 2
    assert sharpness(blurred, FACE) < limit / 2
    assert why_not(portrait, FACE, min_sharpness=limit) is None
    assert why_not(blurred, FACE, min_sharpness=limit) is Reason.BLURRED


def test_a_dark_face_does_not_vote_where_that_is_wanted(portrait: np.ndarray) -> None:
    """A face against the light is dark however bright the rest of the picture is."""
    limit = brightness(portrait, FACE) / 2
    against_the_light = portrait.copy()
    against_the_light[FACE.y1 : FACE.y2, FACE.x1 : FACE.x2] //= 4
    assert why_not(portrait, FACE, min_brightness=limit) is None
    assert why_not(against_the_light, FACE, min_brightness=limit) is Reason.TOO_DARK
    assert why_not(against_the_light, FACE) is None


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
    assert why_not(portrait, box, min_gap=0.01) is (None if fit else Reason.CUT_OFF)
