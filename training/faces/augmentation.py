"""Chance applied to one face crop, so that resolution, sharpness, light and framing stop being cues for the class.

OpenCV on single uint8 crops instead of Keras' augmentation layers: those act on batches of one size after the face has
been cut and scaled, while box jitter and resolution must come before, and no layer knows JPEG, motion blur or noise.
"""

from __future__ import annotations

from math import exp, log

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.networks.manifest import InputSpec
from edge.types import Box, Image
from training.camera import add_noise, compress

SHIFT = 0.05
"""Standard deviation of the box's centre, in longer sides: about how far detector and annotation differ."""

SCALE = (0.85, 1.18)
TURN_DEG = 7.0
"""Standard deviation; cut off at three times that."""

FACE_PX = (14.0, 260.0)
"""Longer side of the face in pixels, drawn evenly on a logarithmic scale and only ever reduced to."""

JPEG_QUALITIES = (20, 95)

Matrix = NDArray[np.float64]


def augment(crop: Image, box: Box, *, spec: InputSpec, rng: np.random.Generator) -> Image:
    """One random version of a face, as a network's picture.

    Args:
        crop: BGR, the face with surroundings (training.faces.store).
        box: the face in it.
        spec: the network's input; its margin is the centre of the framing's variation.
        rng: decides everything; the same state gives the same picture.

    Returns:
        uint8 BGR (spec.height, spec.width, 3).
    """
    crop, corner = _window(crop, box, spec.margin, rng)
    centre = np.array([(box.x1 + box.x2) / 2 - corner[0], (box.y1 + box.y2) / 2 - corner[1]])
    side = float(box.longer_side)
    centre = centre + rng.normal(0.0, SHIFT, 2).clip(-3 * SHIFT, 3 * SHIFT) * side
    crop, shrink = _reduce(crop, side, rng)
    crop = _camera(crop, rng)
    turn = float(np.clip(rng.normal(0.0, TURN_DEG), -3 * TURN_DEG, 3 * TURN_DEG))
    scale = exp(rng.uniform(log(SCALE[0]), log(SCALE[1])))
    reach = side * shrink * (1 + 2 * spec.margin) * scale
    matrix = _framing(centre * shrink, reach, turn, mirrored=rng.random() < 0.5, spec=spec)
    picture = cv2.warpAffine(
        crop, matrix, (spec.width, spec.height), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )
    return _erase(np.asarray(picture, np.uint8), rng)


def _window(crop: Image, box: Box, margin: float, rng: np.random.Generator) -> tuple[Image, tuple[int, int]]:
    """Take away what no framing reaches, and sometimes more, as at a picture's edge.

    Returns:
        a view, and where its upper left corner lies in `crop`.
    """
    height, width = crop.shape[:2]
    reach = box.longer_side * ((0.5 + margin) * SCALE[1] * 1.3 + 3 * SHIFT)
    x, y = (box.x1 + box.x2) / 2, (box.y1 + box.y2) / 2
    edges = [max(0.0, x - reach), max(0.0, y - reach), min(width, x + reach), min(height, y + reach)]
    if rng.random() < 0.15:
        # Tight crops of one data set end at the face: a repeated border must say nothing about the class.
        edge = int(rng.integers(4))
        edges[edge] = float(box.xyxy[edge])
    left, top, right, bottom = (round(value) for value in edges)
    return crop[top:bottom, left:right], (left, top)


def _reduce(crop: Image, side: float, rng: np.random.Generator) -> tuple[Image, float]:
    """Shrink a crop so that its face of `side` pixels has as few as a distant one; returns it and the factor."""
    target = exp(rng.uniform(log(FACE_PX[0]), log(FACE_PX[1])))
    shrink = min(1.0, target / side)
    height, width = crop.shape[:2]
    size = max(2, round(width * shrink)), max(2, round(height * shrink))
    # The factor that was really applied differs a little from the wished one on small crops.
    return np.asarray(cv2.resize(crop, size, interpolation=cv2.INTER_AREA), np.uint8), size[0] / width


def _camera(crop: Image, rng: np.random.Generator) -> Image:
    """Light, lens, sensor and compression, in the order in which they act on a real picture."""
    crop = np.asarray(cv2.LUT(crop, _light(rng)), np.uint8)
    if rng.random() < 0.05:
        crop = np.asarray(cv2.cvtColor(cv2.cvtColor(crop, cv2.COLOR_BGR2GRAY), cv2.COLOR_GRAY2BGR), np.uint8)
    if rng.random() < 0.25:
        crop = _blur(crop, rng)
    if rng.random() < 0.35:
        crop = add_noise(rng, crop, rng.uniform(1, 14), coloured=True)
    if rng.random() < 0.6:
        crop = compress(crop, int(rng.integers(JPEG_QUALITIES[0], JPEG_QUALITIES[1] + 1)))
    return crop


def _light(rng: np.random.Generator) -> NDArray[np.uint8]:
    """A look-up table, shape (1, 256, 3): exposure, contrast, gamma and colour cast; one in seven is a dark room."""
    values = np.linspace(0.0, 1.0, 256)[:, None]
    values = values ** exp(rng.normal(0.0, 0.25))
    gain = rng.uniform(0.25, 0.6) if rng.random() < 0.15 else exp(rng.normal(0.0, 0.2))
    cast = np.exp(rng.normal(0.0, 0.08, 3))
    mean = 0.45
    values = ((values - mean) * exp(rng.normal(0.0, 0.15)) + mean) * gain * cast + rng.normal(0.0, 0.03)
    return np.rint(np.clip(values, 0.0, 1.0) * 255).astype(np.uint8)[None]


def _blur(crop: Image, rng: np.random.Generator) -> Image:
    """Out of focus, or moving along a line of up to a tenth of the picture."""
    side = max(crop.shape[:2])
    if rng.random() < 0.6:
        return np.asarray(cv2.GaussianBlur(crop, (0, 0), float(rng.uniform(0.4, max(0.6, side * 0.012)))), np.uint8)
    length = int(rng.integers(2, max(4, round(side * 0.06)))) | 1
    kernel = np.zeros((length, length), np.float32)
    middle, angle = length // 2, rng.uniform(0, np.pi)
    reach = np.array([np.cos(angle), np.sin(angle)]) * middle
    ends = [(round(middle + sign * reach[0]), round(middle + sign * reach[1])) for sign in (-1, 1)]
    cv2.line(kernel, ends[0], ends[1], 1.0)
    return np.asarray(cv2.filter2D(crop, -1, kernel / kernel.sum(), borderType=cv2.BORDER_REPLICATE), np.uint8)


def _framing(centre: Matrix, reach: float, turn_deg: float, *, mirrored: bool, spec: InputSpec) -> Matrix:
    """The affine map (2, 3) that puts a square of `reach` pixels around `centre` on the whole picture."""
    angle = np.deg2rad(turn_deg)
    rotation = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    zoom = np.diag([spec.width / reach * (-1 if mirrored else 1), spec.height / reach])
    linear = zoom @ rotation
    # Pixel centres lie at half pixels: the same convention as cv2.resize.
    offset = np.array([spec.width, spec.height]) / 2 - 0.5 - linear @ (centre - 0.5)
    return np.hstack([linear, offset[:, None]])


def _erase(picture: Image, rng: np.random.Generator) -> Image:
    """Sometimes cover a small rectangle with a plain colour, as a hand, cup or telephone would (Zhong et al. 2020)."""
    if rng.random() < 0.1:
        height, width = picture.shape[:2]
        across, down = (rng.uniform(0.06, 0.22, 2) * (width, height)).astype(int)
        left, top = int(rng.integers(width - across)), int(rng.integers(height - down))
        picture[top : top + down, left : left + across] = rng.integers(0, 256, 3)
    return picture
