"""From a face detector's raw outputs to faces. Pure functions on arrays, tested with hand-made ones."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import exp, isfinite, log

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.networks.manifest import Level
from edge.types import Box, Face

Floats = NDArray[np.float32]

LOG_SIZE_LIMIT = 4.0
"""A box at most e^4 times as large as its default box: keeps the exponential finite."""


def decode_res10(output: Floats, *, min_score: float, width: int, height: int) -> tuple[Face, ...]:
    """Read OpenCV's res10 SSD; its last layer has already dropped overlapping boxes.

    Args:
        output: float32, shape (1, 1, N, 7): picture, class, score, x1, y1, x2, y2, corners as shares of the picture.
        min_score: smaller scores are dropped.
        width, height: of the picture, in pixels.

    Raises:
        ValueError: if the output has another shape.
    """
    if output.ndim != 4 or output.shape[3] != 7:
        raise ValueError(f"expected an output of shape (1, 1, N, 7), received {output.shape}")
    rows = output.reshape(-1, 7)
    corners = rows[:, 3:] * np.array([width, height, width, height], np.float32)
    return to_faces(corners, rows[:, 2], min_score=min_score, width=width, height=height)


def decode_yunet(output: Floats | None, *, min_score: float, width: int, height: int) -> tuple[Face, ...]:
    """Read `cv2.FaceDetectorYN.detect`, which has already dropped overlapping boxes.

    Args:
        output: float32, shape (N, 15): x, y, w, h and ten landmark coordinates, all as shares of the picture
            (the caller divides by the size it fed), then the score; None where there is no face.
        min_score, width, height: see decode_res10.
    """
    if output is None:
        return ()
    if output.ndim != 2 or output.shape[1] != 15:
        raise ValueError(f"expected an output of shape (N, 15), received {output.shape}")
    output = output[np.isfinite(output).all(axis=1)]
    corners = np.concatenate([output[:, :2], output[:, :2] + output[:, 2:4]], axis=1)
    corners = corners * np.array([width, height, width, height], np.float32)
    return to_faces(corners, output[:, 14], min_score=min_score, width=width, height=height)


def decode_ssd(
    outputs: Sequence[Floats],
    *,
    levels: Sequence[Level],
    variances: tuple[float, float],
    min_score: float,
    max_overlap: float,
    input_size: tuple[int, int],
    width: int,
    height: int,
) -> tuple[Face, ...]:
    """Read our single-shot detector: one map for each level, boxes relative to the default boxes (Liu et al. 2016).

    Only cells whose score reaches `min_score` are decoded, so an empty scene costs one comparison a cell.

    Args:
        outputs: float32, shape (1, 5 * default boxes, rows, columns) each; see `Level`.
        levels, variances: of the model's manifest.
        min_score: smaller scores are dropped; taken above 0 and below 1.
        max_overlap: intersection over union above which the lesser of two boxes is dropped.
        input_size: width and height of the network's input, in pixels.
        width, height: of the picture, in pixels.

    Raises:
        ValueError: if the outputs do not fit the levels.
    """
    if len(outputs) != len(levels):
        raise ValueError(f"expected {len(levels)} outputs, received {len(outputs)}")
    share = min(max(min_score, 1e-6), 1 - 1e-6)
    min_logit = log(share / (1 - share))
    found = [
        candidate
        for output, level in zip(outputs, levels, strict=True)
        for candidate in _candidates(output, level, variances, min_logit)
    ]
    if not found:
        return ()
    boxes, scores = zip(*found, strict=True)
    across, down = width / input_size[0], height / input_size[1]
    faces = []
    # Best first.
    for index in map(int, cv2.dnn.NMSBoxes(boxes, scores, 0.0, max_overlap)):
        x, y, w, h = boxes[index]
        box = Box.clipped(x * across, y * down, (x + w) * across, (y + h) * down, width=width, height=height)
        if box is not None and scores[index] >= min_score:
            faces.append(Face(box, scores[index]))
    return tuple(faces)


def _candidates(
    output: Floats, level: Level, variances: tuple[float, float], min_logit: float
) -> Iterator[tuple[tuple[float, float, float, float], float]]:
    """The cells at or above `min_logit`: x, y, width and height in pixels of the input, and the score.

    They are few, so that plain numbers are quicker than arrays.
    """
    count = len(level.boxes)
    if output.ndim != 4 or output.shape[:2] != (1, 5 * count):
        raise ValueError(f"expected an output of shape (1, {5 * count}, rows, columns), received {output.shape}")
    maps = output.reshape(count, 5, *output.shape[2:])
    found = maps[:, 4] >= min_logit
    if not found.any():
        return
    for kind, row, column in zip(*(axis.tolist() for axis in np.nonzero(found)), strict=True):
        right, down, wider, taller, logit = maps[kind, :, row, column].tolist()
        width, height = level.boxes[kind]
        x = (column + 0.5) * level.stride + right * variances[0] * width
        y = (row + 0.5) * level.stride + down * variances[0] * height
        width *= exp(min(wider * variances[1], LOG_SIZE_LIMIT))
        height *= exp(min(taller * variances[1], LOG_SIZE_LIMIT))
        if isfinite(x + y + width + height):
            yield (x - width / 2, y - height / 2, width, height), 1 / (1 + exp(-logit))


def to_faces(corners: Floats, scores: Floats, *, min_score: float, width: int, height: int) -> tuple[Face, ...]:
    """Faces inside the picture, best first; scores below `min_score`, non-finite and empty boxes are dropped.

    Args:
        corners: (N, 4) x1, y1, x2, y2 in pixels of the picture. scores: (N,).
    """
    chosen = np.flatnonzero(scores >= min_score)
    chosen = chosen[np.argsort(-scores[chosen], kind="stable")]
    faces = []
    for (x1, y1, x2, y2), score in zip(corners[chosen].tolist(), scores[chosen].tolist(), strict=True):
        box = Box.clipped(x1, y1, x2, y2, width=width, height=height)
        if box is not None:
            faces.append(Face(box, min(score, 1.0)))
    return tuple(faces)
