"""Is a face fit to be judged? Otherwise a reading would be a guess."""

from __future__ import annotations

import cv2
import numpy as np

from edge.types import Box, Image

MEASURED_PX = 64
"""Faces are brought to this size before their sharpness is measured, so that it does not depend on distance."""


class QualityGate:
    """Tells whether a face may vote.

    Args:
        min_face_px: longer side of the smallest face worth judging, pixels.
        min_sharpness: variance of the Laplacian (Pech-Pacheco et al. 2000) of the grey face at 64 pixels; 0 lets
            everything pass.
        min_aspect: width of the box divided by its height; a face in full profile is narrow.
        min_gap: between box and edge of the picture, as a share of its longer side; a face nearer to it is cut off.
    """

    def __init__(self, *, min_face_px: int, min_sharpness: float, min_aspect: float, min_gap: float) -> None:
        self._min_face_px = min_face_px
        self._min_sharpness = min_sharpness
        self._min_aspect = min_aspect
        self._min_gap = min_gap

    def __call__(self, image: Image, box: Box) -> bool:
        """Whether the face in `box` of a BGR picture is fit to be judged."""
        if box.longer_side < self._min_face_px or box.width < self._min_aspect * box.height:
            return False
        height, width = image.shape[:2]
        gap = min(box.x1, box.y1, width - box.x2, height - box.y2)
        if gap < self._min_gap * max(width, height):
            return False
        return self._min_sharpness <= 0 or sharpness(image, box) >= self._min_sharpness


def sharpness(image: Image, box: Box) -> float:
    """Variance of the Laplacian of the face in `box`, grey, at 64 x 64; 0 is a plain surface."""
    face = image[box.y1 : box.y2, box.x1 : box.x2]
    small = cv2.resize(face, (MEASURED_PX, MEASURED_PX), interpolation=cv2.INTER_AREA)
    grey = cv2.cvtColor(small, cv2.COLOR_BGR2GRAY)
    return float(np.var(cv2.Laplacian(grey, cv2.CV_32F)))
