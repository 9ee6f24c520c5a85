"""A coarse mesh over a face, to move drawings from a flat standard face onto a real one and back."""

from __future__ import annotations

from functools import cache
from typing import Final

import cv2
import numpy as np
from matplotlib.tri import Triangulation
from numpy.typing import NDArray

from edge.types import Image
from training.synthetic.landmarks import Points

Floats = NDArray[np.float32]

UNIT_PX: Final = 200
"""Pixels of the canvas per unit of the standard face; one unit is the distance from ear to ear."""

LEFT, TOP, RIGHT, BOTTOM = -0.85, -0.5, 0.85, 1.4
"""What of the standard face's plane the canvas shows, in units; x to the right, y down, (0, 0) between the eyes."""

CANVAS: Final = (round((BOTTOM - TOP) * UNIT_PX), round((RIGHT - LEFT) * UNIT_PX))
"""Rows and columns."""

CHIN = 0.793
NOSE_TIP = 0.304

_STANDARD: Final[dict[int, tuple[float, float]]] = {
    10: (0, -0.346), 168: (0, 0), 6: (0, 0.055), 197: (0, 0.105), 195: (0, 0.15), 5: (0, 0.2), 4: (0, 0.26),
    1: (0, NOSE_TIP), 152: (0, CHIN),
    234: (-0.5, 0.119), 93: (-0.491, 0.217), 132: (-0.474, 0.323), 58: (-0.441, 0.435), 172: (-0.397, 0.53),
    136: (-0.345, 0.603), 150: (-0.276, 0.668), 149: (-0.219, 0.714), 176: (-0.159, 0.756), 148: (-0.088, 0.784),
    117: (-0.392, 0.13), 118: (-0.334, 0.148), 101: (-0.258, 0.194), 50: (-0.365, 0.24), 147: (-0.454, 0.305),
    127: (-0.48, -0.03), 21: (-0.42, -0.2),
    454: (0.5, 0.119), 323: (0.491, 0.217), 361: (0.474, 0.323), 288: (0.441, 0.435), 397: (0.397, 0.53),
    365: (0.345, 0.603), 379: (0.276, 0.668), 378: (0.219, 0.714), 400: (0.159, 0.756), 377: (0.088, 0.784),
    346: (0.392, 0.13), 347: (0.334, 0.148), 330: (0.258, 0.194), 280: (0.365, 0.24), 376: (0.454, 0.305),
    356: (0.48, -0.03), 251: (0.42, -0.2),
}  # fmt: skip
"""Landmark -> place in units: the median of 566 frontal faces of the training part, made symmetric.

Lips and mouth are missing on purpose: cloth spans from nose to chin instead of following them.
"""

_OUTLINE: Final = (10, 21, 127, 234, 93, 132, 58, 172, 136, 150, 149, 176, 148, 152,
                   377, 400, 378, 379, 365, 397, 288, 361, 323, 454, 356, 251)  # fmt: skip
_CENTRE: Final = (0.0, 0.3)
_AROUND: Final = 1.75
_NECK: Final = ((-0.85, 1.4), (-0.35, 1.4), (0.0, 1.4), (0.35, 1.4), (0.85, 1.4))


class FaceMesh:
    """The standard face's plane laid over one real face.

    Args:
        points: landmarks, float32 (468, 3), see `training.synthetic.landmarks`.
    """

    def __init__(self, points: Points) -> None:
        standard, triangles = _standard_mesh()
        inner = points[list(_STANDARD)]
        centre = (points[1] + points[234] + points[454] + points[152]) / 4
        outer = centre + (points[list(_OUTLINE)] - centre) * np.float32(_AROUND)
        down = (points[152] - points[168]) / np.float32(CHIN)
        across = points[454] - points[234]
        neck = [points[168] + down * y + across * x for x, y in _NECK]
        self._real = np.vstack([inner, outer, neck]).astype(np.float32)
        self._standard = standard
        depth = self._real[triangles, 2].mean(axis=1)
        self._triangles = triangles[np.argsort(-depth)]
        self.unit_px = float(max(np.linalg.norm(across), np.linalg.norm(down)))

    def place(self, x: float, y: float) -> tuple[float, float]:
        """Where a point of the standard face (units) lies on the real one (pixels); the nearest mesh triangle's map."""
        centres = self._standard[self._triangles].mean(axis=1)
        for triangle in self._triangles[np.argsort(np.linalg.norm(centres - (x, y), axis=1))]:
            weights = np.linalg.solve(np.vstack([self._standard[triangle].T, np.ones(3)]), [x, y, 1])
            if weights.min() > -1e-3:
                px, py = weights @ self._real[triangle, :2]
                return float(px), float(py)
        raise ValueError(f"expected a place on the canvas, received {(x, y)}")

    def onto_face(self, canvas: Floats, height: int, width: int) -> Floats:
        """Warp a canvas (CANVAS, C) over a picture of that size; what lies behind the near side is hidden."""
        maps = _affine_maps(self._real[:, :2], self._standard_px(), self._triangles, height, width)
        return np.asarray(cv2.remap(canvas, maps[0], maps[1], cv2.INTER_LINEAR, borderValue=0), np.float32)

    def from_face(self, image: Image) -> Image:
        """Flatten a face onto the canvas; BGR, black where the picture ends."""
        maps = _affine_maps(self._standard_px(), self._real[:, :2], self._triangles, *CANVAS)
        return np.asarray(cv2.remap(image, maps[0], maps[1], cv2.INTER_LINEAR, borderValue=0), np.uint8)

    def _standard_px(self) -> Floats:
        return to_canvas(self._standard)


def to_canvas(places: Floats) -> Floats:
    """Units to pixels of the canvas."""
    return np.asarray((np.asarray(places, np.float32) - np.array([LEFT, TOP], np.float32)) * UNIT_PX, np.float32)


@cache
def canvas_grid() -> tuple[Floats, Floats]:
    """Give x and y, in units, of every pixel of the canvas."""
    rows, columns = CANVAS
    x = (np.arange(columns, dtype=np.float32) + 0.5) / UNIT_PX + LEFT
    y = (np.arange(rows, dtype=np.float32) + 0.5) / UNIT_PX + TOP
    across, down = np.meshgrid(x, y)
    return across.astype(np.float32), down.astype(np.float32)


@cache
def _standard_mesh() -> tuple[Floats, NDArray[np.int64]]:
    """Places (N, 2) in units and triangles (M, 3)."""
    inner = np.array(list(_STANDARD.values()), np.float32)
    centre = np.array(_CENTRE, np.float32)
    outer = centre + (np.array([_STANDARD[i] for i in _OUTLINE], np.float32) - centre) * np.float32(_AROUND)
    places = np.vstack([inner, outer, np.array(_NECK, np.float32)])
    return places, np.asarray(Triangulation(places[:, 0], places[:, 1]).triangles, np.int64)


def _affine_maps(
    to: Floats, source: Floats, triangles: NDArray[np.int64], height: int, width: int
) -> tuple[Floats, Floats]:
    """For each pixel of a (height, width) picture where in the source it comes from; -1 outside the mesh."""
    number = np.zeros((height, width), np.uint8)
    table = np.full((len(triangles) + 1, 2, 3), 0, np.float32)
    table[0, :, 2] = -1e4
    for index, triangle in enumerate(triangles, start=1):
        corners = to[triangle]
        if abs(np.linalg.det(np.column_stack([corners, np.ones(3)]))) < 1e-3:
            continue
        table[index] = cv2.getAffineTransform(np.ascontiguousarray(corners), np.ascontiguousarray(source[triangle]))
        # Shifted by 4 bits: corners are given in sixteenths of a pixel.
        cv2.fillConvexPoly(number, np.rint(corners * 16).astype(np.int32), index, shift=4)
    rows, columns = np.mgrid[0:height, 0:width].astype(np.float32)
    map_x, map_y = (
        table[number, axis, 0] * columns + table[number, axis, 1] * rows + table[number, axis, 2] for axis in (0, 1)
    )
    return map_x, map_y
