"""Which faces count: near enough, in the region of interest, and in no ignored zone such as a poster with a face."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from edge.types import Face, Ignored, Image, Reason, size_of

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
        min_score: detector's score, in [0, 1], below which nobody need be told why it does not count: it is hardly a
            face.

    Raises:
        ValueError: if a polygon has fewer than three corners or a corner outside [0, 1].
    """

    def __init__(
        self, *, min_face: float, region: Polygon | None, ignored: Sequence[Polygon], min_score: float = 0.0
    ) -> None:
        self._min_face = min_face
        self._region = None if region is None else _corners(region)
        self._ignored = tuple(_corners(zone) for zone in ignored)
        self._min_score = min_score

    def __call__(self, image: Image, faces: tuple[Face, ...]) -> tuple[tuple[Face, ...], tuple[Ignored, ...]]:
        """Those of the picture's faces that may count, in their order, and why the others do not."""
        judged = [(face, self._why_not(face, *size_of(image))) for face in faces]
        near = tuple(face for face, why in judged if why is None)
        return near, tuple(why for face, why in judged if why is not None and face.score >= self._min_score)

    def _why_not(self, face: Face, width: int, height: int) -> Ignored | None:
        box = face.box
        if box.longer_side < self._min_face * max(width, height):
            return Ignored(face, Reason.TOO_SMALL, box.longer_side / max(width, height), self._min_face)
        centre = ((box.x1 + box.x2) / 2 / width, (box.y1 + box.y2) / 2 / height)
        if self._region is not None and not _contains(self._region, centre):
            return Ignored(face, Reason.OUTSIDE_REGION, _distance(self._region, centre), 0.0)
        zone = next((zone for zone in self._ignored if _contains(zone, centre)), None)
        return None if zone is None else Ignored(face, Reason.IN_IGNORED_ZONE, _distance(zone, centre), 0.0)


def _corners(polygon: Polygon) -> np.ndarray[tuple[int, int], np.dtype[np.float32]]:
    corners = np.asarray(polygon, np.float32)
    if corners.ndim != 2 or corners.shape[0] < 3 or corners.shape[1] != 2:
        raise ValueError(f"expected three or more corners (x, y), received {polygon}")
    if not ((corners >= 0) & (corners <= 1)).all():
        raise ValueError(f"expected corners in [0, 1], received {polygon}")
    return corners


def _contains(corners: np.ndarray[tuple[int, int], np.dtype[np.float32]], point: tuple[float, float]) -> bool:
    return cv2.pointPolygonTest(corners, point, measureDist=False) >= 0


def _distance(corners: np.ndarray[tuple[int, int], np.dtype[np.float32]], point: tuple[float, float]) -> float:
    """From a point to the nearest edge."""
    return abs(cv2.pointPolygonTest(corners, point, measureDist=True))
