"""Which faces count: near enough, in the region of interest, and in no ignored zone such as a poster with a face."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from edge.types import Box, Face, Image

Polygon = Sequence[tuple[float, float]]
"""Corners (x, y) as shares of the picture's width and height, in [0, 1]; at least three."""


class Zones:
    """Picks the faces that are near enough and stand where the kiosk should look.

    A face counts if the centre of its box lies inside the region of interest and in none of the ignored zones; a
    point on an edge is inside.

    Args:
        min_face: longer side of the smallest face that counts, as a share of the picture's longer side.
        region: the part that counts; None for the whole picture.
        ignored: parts that never count.

    Raises:
        ValueError: if a polygon has fewer than three corners or a corner outside [0, 1].
    """

    def __init__(self, *, min_face: float, region: Polygon | None, ignored: Sequence[Polygon]) -> None:
        self._min_face = min_face
        self._region = None if region is None else _corners(region)
        self._ignored = tuple(_corners(zone) for zone in ignored)

    def __call__(self, image: Image, faces: tuple[Face, ...]) -> tuple[Face, ...]:
        """Those of the picture's faces that count, in their order."""
        height, width = image.shape[:2]
        near = self._min_face * max(width, height)
        return tuple(
            face
            for face in faces
            if face.box.longer_side >= near and self._is_inside(face.box, width=width, height=height)
        )

    def _is_inside(self, box: Box, *, width: int, height: int) -> bool:
        centre = ((box.x1 + box.x2) / 2 / width, (box.y1 + box.y2) / 2 / height)
        inside = self._region is None or _contains(self._region, centre)
        return inside and not any(_contains(zone, centre) for zone in self._ignored)


def _corners(polygon: Polygon) -> np.ndarray[tuple[int, int], np.dtype[np.float32]]:
    corners = np.asarray(polygon, np.float32)
    if corners.ndim != 2 or corners.shape[0] < 3 or corners.shape[1] != 2:
        raise ValueError(f"expected three or more corners (x, y), received {polygon}")
    if not ((corners >= 0) & (corners <= 1)).all():
        raise ValueError(f"expected corners in [0, 1], received {polygon}")
    return corners


def _contains(corners: np.ndarray[tuple[int, int], np.dtype[np.float32]], point: tuple[float, float]) -> bool:
    return cv2.pointPolygonTest(corners, point, measureDist=False) >= 0
