"""Which default box answers for which face: adaptive training sample selection (ATSS; Zhang et al., 2020)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from edge.networks.manifest import Level
from training.detector.anchors import Floats, anchor_grid, overlaps, to_corners

SEES_A_PART = 0.3
"""Longer side of a default box, as a share of a face's, below which it sees an ear or a fist: no face, whatever hides
or cuts the whole."""

NEAREST = 18
"""Default boxes of each level considered for a face: two in each of nine cells (the paper's k is 9, one in each)."""


@dataclass(frozen=True, slots=True, eq=False)
class Faces:
    """The faces drawn in one input: corners (G, 4) in its pixels, and those too small or cut off to be learned."""

    boxes: Floats
    ignored: NDArray[np.bool_]


class Matcher:
    """Assigns faces to the default boxes of one input size."""

    def __init__(self, levels: Sequence[Level], *, width: int, height: int) -> None:
        self._anchors = anchor_grid(levels, width=width, height=height)
        self._corners = to_corners(self._anchors)
        cells = [len(level.boxes) * (width // level.stride) * (height // level.stride) for level in levels]
        self._levels = np.split(np.arange(len(self._anchors)), np.cumsum(cells)[:-1])

    def __call__(self, faces: Faces) -> Floats:
        """Targets of every default box.

        Returns:
            shape (N, 5): corners of its face, and 1 where it answers for a face, 0 where it must stay silent, -1 where
            it is not asked because a face lies there that is too small or cut off.
        """
        targets = np.zeros((len(self._anchors), 5), np.float32)
        silent = faces.boxes[faces.ignored]
        if len(silent):
            longest = (silent[:, 2:] - silent[:, :2]).max(axis=1)
            whole = self._anchors[:, None, 2:].max(axis=2) >= SEES_A_PART * longest[None]
            targets[(self._inside(silent) & whole).any(axis=1), 4] = -1
        boxes = faces.boxes[~faces.ignored]
        if len(boxes):
            best, face = self._best_face(boxes)
            chosen = best > 0
            targets[chosen, :4] = boxes[face[chosen]]
            targets[chosen, 4] = 1
        return targets

    def _best_face(self, boxes: Floats) -> tuple[Floats, NDArray[np.intp]]:
        """For each default box its best face among those it may answer for, and their IoU (0: none)."""
        shared = overlaps(self._corners, boxes)
        near = np.zeros(shared.shape, np.bool_)
        distance = np.square(self._anchors[:, None, :2] - ((boxes[:, :2] + boxes[:, 2:]) / 2)[None]).sum(axis=2)
        for level in self._levels:
            count = min(NEAREST, len(level))
            rows = level[np.argpartition(distance[level], count - 1, axis=0)[:count]]
            np.put_along_axis(near, rows, True, axis=0)
        considered = np.where(near, shared, np.nan)
        limit = np.nanmean(considered, axis=0) + np.nanstd(considered, axis=0)
        allowed = near & (shared >= limit) & self._inside(boxes)
        # A face between cells, smaller than a stride, may hold no centre at all: its best box answers for it.
        lonely = ~allowed.any(axis=0)
        allowed[shared.argmax(axis=0)[lonely], np.flatnonzero(lonely)] = True
        shared = np.where(allowed, np.maximum(shared, 1e-6), 0)
        face = shared.argmax(axis=1)
        return shared[np.arange(len(shared)), face], face

    def _inside(self, boxes: Floats) -> NDArray[np.bool_]:
        """Whether each default box's centre lies in each box; shape (N, G)."""
        centres = self._anchors[:, None, :2]
        inside = (centres > boxes[None, :, :2]) & (centres < boxes[None, :, 2:])
        return np.asarray(inside.all(axis=2), np.bool_)
