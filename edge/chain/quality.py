"""Is a face fit to be judged? Otherwise a reading would be a guess."""

from __future__ import annotations

import cv2
import numpy as np

from edge.types import Box, Face, Ignored, Image, Reason

MEASURED_PX = 64
"""Faces are brought to this size before their sharpness is measured, so that it does not depend on distance."""


class QualityGate:
    """Tells whether a face may vote, or why not.

    Args:
        min_face_px: longer side of the smallest face worth judging, pixels.
        min_sharpness: variance of the Laplacian (Pech-Pacheco et al. 2000) of the grey face at 64 pixels; 0 lets
            everything pass.
        min_aspect: width of the box divided by its height; a face in full profile is narrow.
        min_gap: between box and edge of the picture, as a share of its longer side; a face nearer to it is cut off.
        min_brightness: mean grey value, 0 to 255, of the face; 0 lets everything pass.
    """

    def __init__(
        self, *, min_face_px: int, min_sharpness: float, min_aspect: float, min_gap: float, min_brightness: float
    ) -> None:
        self._min_face_px = min_face_px
        self._min_sharpness = min_sharpness
        self._min_aspect = min_aspect
        self._min_gap = min_gap
        self._min_brightness = min_brightness

    def __call__(self, image: Image, face: Face) -> Ignored | None:
        """Why a face of a BGR picture is not fit to be judged; None if it is."""
        box = face.box
        height, width = image.shape[:2]
        longer = max(width, height)
        if box.longer_side < self._min_face_px:
            return Ignored(face, Reason.TOO_SMALL, box.longer_side / longer, self._min_face_px / longer)
        if box.width < self._min_aspect * box.height:
            return Ignored(face, Reason.PROFILE, box.width / box.height, self._min_aspect)
        gap = min(box.x1, box.y1, width - box.x2, height - box.y2)
        if gap < self._min_gap * longer:
            return Ignored(face, Reason.CUT_OFF, gap / longer, self._min_gap)
        if self._min_brightness > 0 and (light := brightness(image, box)) < self._min_brightness:
            return Ignored(face, Reason.TOO_DARK, light, self._min_brightness)
        if self._min_sharpness > 0 and (sharp := sharpness(image, box)) < self._min_sharpness:
            return Ignored(face, Reason.BLURRED, sharp, self._min_sharpness)
        return None


def brightness(image: Image, box: Box) -> float:
    """Mean grey value of what is in `box`, 0 to 255."""
    return float(_measured(image, box).mean())


def sharpness(image: Image, box: Box) -> float:
    """Variance of the Laplacian of the face in `box`, grey, at 64 x 64; 0 is a plain surface."""
    return float(np.var(cv2.Laplacian(_measured(image, box), cv2.CV_32F)))


def _measured(image: Image, box: Box) -> Image:
    """The face, grey, at MEASURED_PX."""
    face = image[box.y1 : box.y2, box.x1 : box.x2]
    small = cv2.resize(face, (MEASURED_PX, MEASURED_PX), interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.cvtColor(small, cv2.COLOR_BGR2GRAY), np.uint8)
