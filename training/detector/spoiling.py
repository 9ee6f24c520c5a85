"""What a camera and a crowd do to a picture: light, colour, noise, blur, compression, masks and things in the way."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.types import Image
from training.camera import add_noise, compress
from training.detector.anchors import Floats

CLOTH = ((235, 225, 205), (245, 245, 245), (30, 30, 30), (200, 170, 90), (120, 190, 120), (170, 120, 200))
"""Usual colours of masks, BGR: surgical blue-white, white, black, blue, green, pink."""
SKIN = ((180, 205, 235), (140, 170, 215), (100, 140, 195), (70, 105, 160), (45, 65, 105), (30, 40, 65))
"""Of hands, BGR, light to dark."""
OUTLINE = np.array([(0.04, 0.55), (0.5, 0.42), (0.96, 0.55), (0.9, 0.84), (0.5, 1.02), (0.1, 0.84)])
"""Of a mask worn properly, in shares of the face's box."""


def spoil(rng: np.random.Generator, image: Image) -> Image:
    """Change light and colour, and now and then blur, coarsen, compress or add noise; the size stays."""
    image = _relight(rng, image)
    if rng.random() < 0.1:
        image = np.repeat(np.asarray(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY), np.uint8)[:, :, None], 3, axis=2)
    if rng.random() < 0.15:
        image = np.asarray(cv2.GaussianBlur(image, (0, 0), rng.uniform(0.5, 1.5)), np.uint8)
    if rng.random() < 0.1:
        image = _coarsen(image, rng.uniform(0.4, 0.8))
    if rng.random() < 0.2:
        image = add_noise(rng, image, rng.uniform(2, 14), coloured=False)
    if rng.random() < 0.15:
        image = compress(image, int(rng.integers(20, 80)))
    return image


def paint_mask(rng: np.random.Generator, image: Image, box: Floats) -> None:
    """Paint a mask over the lower part of the face in `box` (corners), in place.

    Needs no landmarks: a face in profile gets a crooked one, which teaches that what covers a face is part of it.
    """
    size = box[2:] - box[:2]
    points = (box[:2] + (OUTLINE + rng.normal(0, 0.025, OUTLINE.shape)) * size).astype(np.int32)
    colour = np.array(CLOTH[rng.integers(len(CLOTH))]) if rng.random() < 0.8 else rng.integers(0, 256, 3)
    # In the light of the scene: no brighter than the face it covers.
    x1, y1, x2, y2 = np.maximum(box, 0).astype(int)
    light = np.clip(image[y1:y2, x1:x2].mean() / 140, 0.25, 1.1)
    cv2.fillConvexPoly(image, cv2.convexHull(points), (colour * light).clip(0, 255).tolist(), cv2.LINE_AA)
    fold = (colour * light * 0.85).clip(0, 255).tolist()
    for share in (0.35, 0.55, 0.75):
        left, right = (points[0] * (1 - share) + points[4] * share, points[2] * (1 - share) + points[4] * share)
        cv2.line(image, left.astype(int).tolist(), right.astype(int).tolist(), fold, 1, cv2.LINE_AA)


def cover(rng: np.random.Generator, image: Image, box: Floats) -> None:
    """Put something over up to half of the face in `box`, in place: a hand, a cup, a pillar, another head.

    Half the time it comes from one side; it is plain, of the colour of skin, or cut out of elsewhere in the picture.
    """
    whole = box[2:] - box[:2]
    size = whole * rng.uniform(0.2, 0.6, 2)
    corner = box[:2] + (whole - size) * rng.uniform(0, 1, 2)
    if rng.random() < 0.5:
        side = int(rng.integers(2))
        size[side], size[1 - side] = whole[side] * rng.uniform(0.25, 0.5), whole[1 - side] * rng.uniform(0.6, 1)
        corner = box[:2] + (whole - size) * rng.integers(0, 2, 2)
    left, top, right, bottom = np.concatenate([corner, corner + size]).round().astype(int).tolist()
    left, top = max(left, 0), max(top, 0)
    right, bottom = min(right, image.shape[1]), min(bottom, image.shape[0])
    if right <= left or bottom <= top:
        return
    part = image[top:bottom, left:right]
    shape = np.zeros(part.shape[:2], np.uint8)
    middle = ((right - left) // 2, (bottom - top) // 2)
    if rng.random() < 0.5:
        cv2.ellipse(shape, middle, middle, 0, 0, 360, 1, cv2.FILLED)
    else:
        shape[:] = 1
    part[shape > 0] = _stuff(rng, image, part.shape[1], part.shape[0])[shape > 0]


def _stuff(rng: np.random.Generator, image: Image, width: int, height: int) -> Image:
    """What a face is covered with."""
    kind = rng.random()
    if kind < 0.4:
        top = int(rng.integers(image.shape[0] - height + 1))
        left = int(rng.integers(image.shape[1] - width + 1))
        return image[top : top + height, left : left + width].copy()
    colour = np.array(SKIN[rng.integers(len(SKIN))]) * rng.uniform(0.6, 1.1) if kind < 0.7 else rng.integers(0, 256, 3)
    slope = np.linspace(rng.uniform(0.75, 1), rng.uniform(0.75, 1), height)[:, None, None]
    return np.asarray(np.broadcast_to(colour * slope, (height, width, 3)).clip(0, 255), np.uint8)


def _relight(rng: np.random.Generator, image: Image) -> Image:
    """Gamma, contrast, brightness and colour cast, by one table for each channel."""
    if rng.random() < 0.2:
        return image
    values = np.linspace(0, 1, 256)[:, None] ** np.exp(rng.uniform(-0.5, 0.5))
    values = (values - 0.5) * rng.uniform(0.6, 1.3) + 0.5 + rng.uniform(-0.15, 0.15)
    values = values * rng.uniform(0.88, 1.12, (1, 3))
    table = (values * 255).clip(0, 255).astype(np.uint8)
    return np.asarray(cv2.LUT(image, table[None]), np.uint8)


def _coarsen(image: Image, share: float) -> NDArray[np.uint8]:
    small = cv2.resize(image, None, fx=share, fy=share, interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.resize(small, image.shape[1::-1], interpolation=cv2.INTER_LINEAR), np.uint8)
