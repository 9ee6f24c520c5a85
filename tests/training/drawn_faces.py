"""A flat standard face, its landmarks, and stand-ins for the networks that find them."""

from __future__ import annotations

import numpy as np

from edge.types import Box, Face, Image
from training.synthetic.landmarks import POINTS, Points
from training.synthetic.mesh import _STANDARD

UNIT = 150
"""Pixels from ear to ear."""

ORIGIN = (150, 120)
"""Where the nose's root lies."""

SKIN = (120, 150, 200)
BOX = Box(75, 68, 225, 239)


def at(x: float, y: float) -> tuple[int, int]:
    """Column and row of a place on the standard face, which is given in units."""
    return round(ORIGIN[0] + x * UNIT), round(ORIGIN[1] + y * UNIT)


def face_points() -> Points:
    """Landmarks of a face that looks straight at the camera; those no mesh uses lie between the eyes."""
    points = np.zeros((POINTS, 3), np.float32)
    points[:, :2] = ORIGIN
    for index, (x, y) in _STANDARD.items():
        points[index] = (ORIGIN[0] + x * UNIT, ORIGIN[1] + y * UNIT, 0)
    return points


def skin_picture() -> Image:
    """A 300 x 360 picture of nothing but skin."""
    return np.full((360, 300, 3), SKIN, np.uint8)


def find_standard_face(_image: Image, _box: Box) -> Points | None:
    """Stands in for a LandmarkFinder."""
    return face_points()


def detect_standard_face(_image: Image) -> tuple[Face, ...]:
    """Stands in for a detector."""
    return (Face(BOX, 0.9),)
