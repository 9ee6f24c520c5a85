"""Where nothing moves, the faces are those found last: the detector rests."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.types import Face, Frame, Image, size_of

Find = Callable[[Frame], tuple[Face, ...]]

CELLS = 32
"""Cells of the sketch in which movement is looked for, along the picture's longer side: a face as small as the kiosk
judges covers two or three each way."""

SAMPLED_ROWS = 5
"""Rows of the picture that make a cell: of so many pixels that the camera's noise hardly shows in their mean."""

BLANKS = 3
"""Looks at a still picture that must find nobody before it is taken for empty: a detector misses a face in one frame,
hardly in three."""

STEADY_S = 0.06
"""Interval between looks while everybody stands where they stood: every second frame of 25 or 30 a second."""

STEADY_IOU = 0.7
"""Overlap with itself, from look to look, of a face that stays where it is; one that walks has less."""


class MotionGate:
    """Finds faces in a frame, or gives those of the last look while the picture stays as it was then.

    It rests only once the picture has been still for `still_s`, or found empty: whoever comes, moves or turns is looked
    at in every frame. Where people have stood for `still_s`, swaying as people do, every second frame will do. The
    reference is the picture of the last look, so that a slow change adds up.

    Args:
        find: looks at a frame.
        min_change: change of any cell's mean grey value, 0 to 255, that counts as movement.
        still_s: seconds without movement before looks are left out, and between two looks from then on; 0 always looks.
        min_score: fainter faces are handed on, and are nobody.
    """

    def __init__(self, find: Find, *, min_change: float, still_s: float, min_score: float = 0.0) -> None:
        self._find, self._min_change, self._still_s, self._min_score = find, min_change, still_s, min_score
        self._reference: NDArray[np.uint8] | None = None
        self._faces: tuple[Face, ...] = ()
        self._looked_at = self._moved_at = self._changed_at = float("-inf")
        self._blanks = 0

    def __call__(self, frame: Frame) -> tuple[Face, ...]:
        if self._still_s <= 0:
            return self._find(frame)
        at = frame.taken_at
        is_steady = bool(self._sure(self._faces)) and at - self._changed_at >= self._still_s
        if is_steady and at - self._looked_at < min(STEADY_S, self._still_s):
            return self._faces
        seen = sketch(frame.least)
        if self._has_moved(seen):
            self._moved_at, self._blanks = at, 0
        may_rest = at - self._moved_at >= self._still_s or self._blanks >= BLANKS
        if may_rest and at - self._looked_at < self._still_s:
            return self._faces
        self._reference, self._looked_at = seen, at
        known, self._faces = self._faces, self._find(frame)
        sure = self._sure(self._faces)
        if not _are_same(sure, self._sure(known)):
            self._changed_at = at
        self._blanks = 0 if sure else self._blanks + 1
        return self._faces

    def _sure(self, faces: tuple[Face, ...]) -> tuple[Face, ...]:
        return tuple(face for face in faces if face.score >= self._min_score)

    def _has_moved(self, seen: NDArray[np.uint8]) -> bool:
        known = self._reference
        if known is None or known.shape != seen.shape:
            return True
        return cv2.norm(seen, known, cv2.NORM_INF) >= self._min_change


def _are_same(faces: tuple[Face, ...], known: tuple[Face, ...]) -> bool:
    """Whether nobody came, went or walked from one look to the next."""
    return len(faces) == len(known) and all(
        any(face.box.iou(other.box) >= STEADY_IOU for other in known) for face in faces
    )


def sketch(image: Image) -> NDArray[np.uint8]:
    """The picture's mean green values, nearly its brightness, in a coarse grid: uint8, CELLS on the longer side."""
    width, height = size_of(image)
    columns, rows = (max(1, round(side * CELLS / max(width, height))) for side in (width, height))
    sampled = image[:: max(1, height // (rows * SAMPLED_ROWS))]
    # All channels are averaged, and one is kept: that takes two thirds of the time of parting them first.
    cells = cv2.resize(sampled, (columns, rows), interpolation=cv2.INTER_AREA)
    return np.ascontiguousarray(cells[..., 1])
