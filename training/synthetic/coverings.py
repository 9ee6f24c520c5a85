"""What people wear or do that is no mask: a hand before the mouth, a beard, a visor, a scarf; drawn on bare faces.

All are `without_mask`. A scarf is drawn around the neck only: one pulled over nose and mouth is labelled as a mask in
the public sets, so nobody could tell the model what to make of it.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.types import Image
from training.synthetic.fabrics import smooth_noise
from training.synthetic.landmarks import Points
from training.synthetic.masks import paste
from training.synthetic.mesh import CANVAS, CHIN, UNIT_PX, FaceMesh, Floats, canvas_grid, to_canvas

Numbers = NDArray[np.floating[Any]]


class Covering(StrEnum):
    """A thing that hides part of a face, or is worn near it, without being a mask."""

    HAND = "hand"
    BEARD = "beard"
    VISOR = "visor"
    SCARF = "scarf"


def draw_covering(image: Image, points: Points, covering: Covering, rng: np.random.Generator) -> Image:
    """A copy of the picture with something drawn on the face; arguments as in `training.synthetic.masks.draw_mask`."""
    mesh = FaceMesh(points)
    flat = mesh.from_face(image)
    if covering is Covering.HAND:
        return paste(image, mesh, _hand(_skin(flat), rng), rng, lit=0.0)
    if covering is Covering.BEARD:
        return paste(image, mesh, _beard(rng), rng, shadow=0.0, lit=0.6)
    if covering is Covering.VISOR:
        return paste(image, mesh, _visor(rng), rng, shadow=0.0, lit=0.0)
    return paste(image, mesh, _scarf(rng), rng, lit=0.6)


def _skin(flat: Image) -> Numbers:
    """The colour of a face laid flat, BGR in [0, 1]: the median of both cheeks."""
    cheeks = []
    for side in (-1, 1):
        x, y = to_canvas(np.array([(side * 0.25, 0.28)], np.float32))[0].astype(int)
        cheeks.append(flat[y - 12 : y + 12, x - 12 : x + 12].reshape(-1, 3))
    return np.asarray(np.median(np.concatenate(cheeks), axis=0) / 255, np.float32)


def _hand(skin: Numbers, rng: np.random.Generator) -> Floats:
    """Three to four fingers side by side across the mouth, and the back of the hand they belong to."""
    canvas = np.zeros((*CANVAS, 4), np.float32)
    # Arms come from below or from the side, never from above.
    angle = np.deg2rad(rng.uniform(-10, 190))
    along, beside = np.array([np.cos(angle), np.sin(angle)]), np.array([-np.sin(angle), np.cos(angle)])
    middle = np.array([rng.normal(0, 0.06), rng.uniform(0.4, 0.58)])
    thick = rng.uniform(0.105, 0.145)
    count = int(rng.integers(3, 5))
    tone = np.clip(skin * rng.uniform(0.85, 1.12), 0.03, 1)
    palm = middle + along * rng.uniform(0.5, 0.62)
    _shaded_line(canvas, palm, palm + along * 1.6, thick * count * 0.92, tone * 0.95, rng)
    for finger in range(count):
        offset = beside * (finger - (count - 1) / 2) * thick * 0.93
        tip = middle + offset - along * (rng.uniform(0.16, 0.34) - 0.06 * abs(finger - 1))
        _shaded_line(canvas, palm + offset, tip, thick, tone * rng.uniform(0.94, 1.04), rng)
        if rng.random() < 0.5:
            nail = tip + along * thick * 0.25
            _shaded_line(canvas, nail, nail + along * thick * 0.25, thick * 0.5, np.clip(tone * 1.15, 0, 1), rng)
    return canvas


def _shaded_line(
    canvas: Floats, start: Numbers, end: Numbers, thick: float, tone: Numbers, rng: np.random.Generator
) -> None:
    """A rounded bar, lit in its middle, with a dark rim; all in units."""
    shape = np.zeros(CANVAS, np.uint8)
    ends = [(int(x), int(y)) for x, y in to_canvas(np.array([start, end], np.float32))]
    cv2.line(shape, ends[0], ends[1], 255, max(2, round(thick * UNIT_PX)), cv2.LINE_AA)
    depth = np.clip(cv2.distanceTransform((shape > 127).astype(np.uint8), cv2.DIST_L2, 3) / (thick * UNIT_PX / 2), 0, 1)
    lit = 0.72 + 0.32 * np.sqrt(depth) + 0.02 * smooth_noise(rng, 12, CANVAS)
    alpha = (shape / np.float32(255))[..., None]
    colour = np.clip(tone * lit[..., None], 0, 1)
    canvas[..., :3] = canvas[..., :3] * (1 - alpha) + colour * alpha
    canvas[..., 3:] = np.maximum(canvas[..., 3:], alpha)


def _beard(rng: np.random.Generator) -> Floats:
    """Hair along the jaw, around the mouth and on the upper lip; lips and cheeks stay free."""
    x, y = canvas_grid()
    fringe = 0.03 * smooth_noise(rng, 14, CANVAS)
    cheek = rng.uniform(0.38, 0.5) - 0.35 * np.clip(np.abs(x) - 0.12, 0, 1) * rng.uniform(0.6, 1.2)
    bottom = CHIN + rng.uniform(-0.02, 0.2) - 0.9 * np.clip(np.abs(x) - 0.05, 0, 1) ** 1.6
    cover: Numbers = _soft(y + fringe - cheek) * _soft(bottom + fringe - y) * _soft(0.47 + fringe - np.abs(x))
    lips = ((x / 0.19) ** 2 + ((y - 0.5) / 0.075) ** 2) < 1
    nose = ((x / 0.16) ** 2 + ((y - 0.28) / 0.1) ** 2) < 1
    cover = np.asarray(cv2.GaussianBlur(np.asarray(cover * ~(lips | nose), np.float32), (0, 0), rng.uniform(2, 6)))
    colour = np.array([(0.06, 0.07, 0.09), (0.10, 0.15, 0.22), (0.5, 0.52, 0.54), (0.12, 0.22, 0.4)])[
        rng.choice(4, p=[0.5, 0.25, 0.15, 0.1])
    ]
    strands = rng.standard_normal(CANVAS, np.float32)
    strands = np.asarray(cv2.GaussianBlur(strands, (0, 0), sigmaX=0.8, sigmaY=3.5) * 6, np.float32)
    density = np.clip(rng.uniform(0.5, 0.9) + 0.25 * strands, 0, 1)
    shade = np.clip(colour * (1 + 0.35 * strands[..., None]), 0, 1)
    alpha = cv2.GaussianBlur(np.asarray(cover * density, np.float32), (0, 0), 1.5)
    return np.dstack([shade, alpha]).astype(np.float32)


def _visor(rng: np.random.Generator) -> Floats:
    """A clear sheet from forehead to below the chin: faint veil, bright streaks, a rim and a band."""
    x, y = canvas_grid()
    bottom = rng.uniform(0.9, 1.15) - 0.25 * np.abs(x) ** 2
    half = rng.uniform(0.55, 0.68)
    inside = _soft(y + 0.42) * _soft(bottom - y) * _soft(half - np.abs(x))
    veil = rng.uniform(0.03, 0.14) * inside
    for _ in range(int(rng.integers(1, 5))):
        slope, at, wide = rng.normal(0, 0.25), rng.uniform(-0.55, 0.55), rng.uniform(0.01, 0.07)
        veil = veil + inside * rng.uniform(0.08, 0.5) * np.exp(-(((x - at - slope * y) / wide) ** 2))
    rim = np.exp(-(((y - bottom) / 0.012) ** 2)) * _soft(half - np.abs(x))
    rim = rim + np.exp(-(((np.abs(x) - half) / 0.01) ** 2)) * _soft(bottom - y) * _soft(y + 0.42)
    alpha = np.clip(veil + rng.uniform(0.2, 0.6) * rim, 0, 0.85)
    colour = np.ones((*CANVAS, 3), np.float32) * rng.uniform(0.8, 1.0)
    if rng.random() < 0.7:
        band = _soft(y + 0.45) * _soft(-0.3 - y) * _soft(half - np.abs(x))
        paint = np.array([(0.9, 0.9, 0.9), (0.8, 0.5, 0.2), (0.1, 0.1, 0.1), (0.6, 0.7, 0.3)])[int(rng.integers(4))]
        colour = colour * (1 - band[..., None]) + paint * band[..., None]
        alpha = np.maximum(alpha, band * rng.uniform(0.6, 1.0))
    return np.dstack([colour, alpha]).astype(np.float32)


def _scarf(rng: np.random.Generator) -> Floats:
    """Folded cloth around the neck, below the chin and wider than the face."""
    x, y = canvas_grid()
    top = rng.uniform(CHIN + 0.0, CHIN + 0.1) - rng.uniform(0.0, 0.4) * np.abs(x) ** 1.5
    cover = _soft(y - top - 0.03 * smooth_noise(rng, 40, CANVAS))
    tone = rng.uniform(0.05, 0.85, 3) * rng.uniform(0.5, 1.1)
    folds = np.sin((y - top) * rng.uniform(14, 30) + 2 * x * rng.normal() + 0.8 * smooth_noise(rng, 60, CANVAS))
    knit = 0.05 * np.sin(x * 140) * np.sin(y * 140) + 0.05 * smooth_noise(rng, 5, CANVAS)
    stripes = (np.sin(y * rng.uniform(20, 60) + x * rng.normal(0, 20)) > 0.3) * rng.choice([0.0, 0.35])
    shade = (1 + 0.18 * folds + knit)[..., None] * (tone + stripes[..., None])
    return np.dstack([np.clip(shade, 0, 1), cover]).astype(np.float32)


def _soft(distance: Numbers) -> Floats:
    """A step from 0 to 1 where `distance` (units) crosses 0, a hundredth wide on either side."""
    return np.asarray(np.clip(distance * 50 + 0.5, 0, 1), np.float32)
