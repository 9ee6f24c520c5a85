"""A detector's mistakes on the training part."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from edge.types import Box, Face, Image
from training.detector.mining import with_mistakes
from training.detector.pictures import Picture

FACE, NOWHERE, SPECK = Box(20, 20, 60, 70), Box(120, 30, 160, 80), Box(150, 110, 158, 120)


def finds(*found: tuple[Box, float]) -> Callable[[Image], tuple[Face, ...]]:
    """A detector that always finds the same."""
    return lambda _image: tuple(Face(box, score) for box, score in found)


def picture(*, ignored: bool = False) -> Picture:
    image, truth = np.zeros((160, 200, 3), np.uint8), np.array([FACE.xyxy], np.float32)
    return Picture(image, truth, np.array([True]), np.array([ignored]))


@pytest.mark.parametrize(
    ("found", "others", "mistaken", "left_out", "hard"),
    [
        ([(FACE, 0.9)], [], 0, 0, False),
        ([(FACE, 0.4)], [], 0, 0, True),
        ([], [], 0, 0, True),
        ([(FACE, 0.9), (NOWHERE, 0.6)], [], 1, 0, True),
        ([(FACE, 0.9), (NOWHERE, 0.2)], [], 0, 0, False),
        ([(FACE, 0.9), (NOWHERE, 0.6)], [(NOWHERE, 0.3)], 0, 1, False),
        ([(FACE, 0.9), (SPECK, 0.6)], [], 0, 1, False),
    ],
    ids=["right", "unsure", "missed", "false", "hardly false", "left out", "small"],
)
def test_mistakes(
    found: list[tuple[Box, float]], others: list[tuple[Box, float]], mistaken: int, left_out: int, hard: bool
) -> None:
    """A false face is one that no other detector sees either; what is small in the background may well be one."""
    mined = with_mistakes(picture(), finds(*found), [finds(*others)])
    assert len(mined.mistaken) == mistaken
    assert mined.ignored.tolist() == [False] + [True] * left_out
    assert mined.bare.tolist() == [True] + [False] * left_out
    assert len(mined.boxes) == 1 + left_out
    assert mined.hard is hard


def test_a_face_nobody_asks_for_is_not_missed() -> None:
    """An ignored face makes no picture hard."""
    assert not with_mistakes(picture(ignored=True), finds(), [finds()]).hard
