"""Default boxes: fitted to the faces of the training part, laid out over an input."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from edge.networks.manifest import Level

Floats = NDArray[np.float32]

STRIDES = (8, 16, 32)
"""Pixels from one cell to the next, of each feature map."""

LEVELS = (
    Level(stride=8, boxes=((16.0, 19.0), (26.0, 33.0))),
    Level(stride=16, boxes=((44.0, 55.0), (73.0, 93.0))),
    Level(stride=32, boxes=((119.0, 145.0), (169.0, 236.0))),
)
"""Fitted by `fit_levels` to the training part's faces of 16 to 320 pixels at a 320 pixel input, drawn evenly by the
logarithm of their size, as augmentation shows them."""


def anchor_grid(levels: Sequence[Level], *, width: int, height: int) -> Floats:
    """Every default box of an input, level by level, row by row, cell by cell.

    Args:
        levels: the network's feature maps.
        width: of the input in pixels, a multiple of the largest stride.
        height: likewise.

    Returns:
        shape (N, 4): centre x, centre y, width, height in pixels.
    """
    grids = []
    for level in levels:
        columns, rows = width // level.stride, height // level.stride
        sizes = np.array(level.boxes, np.float32)
        grid = np.empty((rows, columns, len(sizes), 4), np.float32)
        grid[..., 0] = ((np.arange(columns) + 0.5) * level.stride)[None, :, None]
        grid[..., 1] = ((np.arange(rows) + 0.5) * level.stride)[:, None, None]
        grid[..., 2:] = sizes
        grids.append(grid.reshape(-1, 4))
    return np.concatenate(grids)


def to_corners(boxes: Floats) -> Floats:
    """(N, 4) centre and size to x1, y1, x2, y2."""
    half = boxes[:, 2:] / 2
    return np.concatenate([boxes[:, :2] - half, boxes[:, :2] + half], axis=1)


def overlaps(first: Floats, second: Floats) -> Floats:
    """Intersection over union of each box of `first` (N, 4) with each of `second` (M, 4), corners; shape (N, M)."""
    low = np.maximum(first[:, None, :2], second[None, :, :2])
    high = np.minimum(first[:, None, 2:], second[None, :, 2:])
    shared = np.clip(high - low, 0, None).prod(axis=2)
    areas = [(boxes[:, 2:] - boxes[:, :2]).prod(axis=1) for boxes in (first, second)]
    return np.asarray(shared / np.maximum(areas[0][:, None] + areas[1][None] - shared, 1e-9), np.float32)


def fit_levels(sizes: Floats, *, each: int = 2, rounds: int = 100) -> tuple[Level, ...]:
    """Default boxes by k-means under the distance 1 - IoU of boxes with a common centre (Redmon and Farhadi, 2017).

    Args:
        sizes: (N, 2) width and height of the faces in pixels of the input.
        each: default boxes of a cell.
        rounds: at most.
    """
    kinds = each * len(STRIDES)
    order = np.argsort(sizes.prod(axis=1), kind="stable")
    centres = np.stack([np.median(part, axis=0) for part in np.array_split(sizes[order], kinds)])
    for _ in range(rounds):
        shared = np.minimum(sizes[:, None], centres[None]).prod(axis=2)
        union = sizes.prod(axis=1)[:, None] + centres.prod(axis=1)[None] - shared
        nearest = np.argmax(shared / union, axis=1)
        moved = np.stack(
            [np.median(sizes[nearest == kind], axis=0) if (nearest == kind).any() else centres[kind]
             for kind in range(kinds)]
        )  # fmt: skip
        if np.allclose(moved, centres):
            break
        centres = moved
    centres = centres[np.argsort(centres.prod(axis=1))].round(1)
    groups = np.split(centres, len(STRIDES))
    return tuple(
        Level(stride=stride, boxes=tuple((float(width), float(height)) for width, height in group))
        for stride, group in zip(STRIDES, groups, strict=True)
    )
