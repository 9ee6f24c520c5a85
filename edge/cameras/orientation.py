"""How a camera is mounted: on its side, upside down, behind a mirror."""

from __future__ import annotations

import cv2
import numpy as np

from edge.types import Image

_TURNS = {0: None, 90: cv2.ROTATE_90_CLOCKWISE, 180: cv2.ROTATE_180, 270: cv2.ROTATE_90_COUNTERCLOCKWISE}


class Orientation:
    """Makes a camera's pictures upright.

    Args:
        turn_deg: clockwise turn that makes the picture upright: 0, 90, 180 or 270.
        mirrored: whether the picture is mirrored, after the turn.
    """

    def __init__(self, *, turn_deg: int = 0, mirrored: bool = False) -> None:
        self._turn = _TURNS[turn_deg]
        self._mirrored = mirrored

    def __call__(self, image: Image) -> Image:
        """The picture (BGR, uint8) upright; the very same array where nothing is to be done."""
        if self._turn is not None:
            image = np.asarray(cv2.rotate(image, self._turn), np.uint8)
        return np.asarray(cv2.flip(image, 1), np.uint8) if self._mirrored else image
