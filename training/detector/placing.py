"""Geometry of augmentation: a picture zoomed, turned and shifted onto a canvas, its boxes with it."""

from __future__ import annotations

import math

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.types import Image
from training.detector.anchors import Floats
from training.detector.pictures import Picture
from training.detector.targets import Faces

FACE_SIZES = (16.0, 300.0)
"""Longer side in pixels of a face the zoom aims at, drawn evenly by its logarithm."""
SMALLEST = 12.0
"""Faces with a shorter longer side are neither asked for nor punished."""
TURNS = ((0.4, 0.0), (0.4, 10.0), (0.14, 30.0), (0.06, 90.0))
"""How often and how far pictures are turned (standard deviation in degrees): cameras hang crooked, heads bend, and now
and then somebody lies down."""
VISIBLE = 0.5
"""Share of a face that must be on the canvas for it to be asked for."""

Matrix = NDArray[np.float64]


def place(
    rng: np.random.Generator, picture: Picture, *, width: int, height: int
) -> tuple[Image, Faces, NDArray[np.bool_]]:
    """Draw a picture onto a canvas of `width` x `height`.

    Returns:
        canvas (uint8, BGR), the faces on it, and on which of them a mask may be drawn.
    """
    matrix = draw_matrix(rng, picture, width=width, height=height)
    faces, kept = clip_faces(move_boxes(picture.boxes, matrix), width=width, height=height)
    faces = Faces(faces.boxes, faces.ignored | picture.ignored[kept])
    image, matrix = _without_aliasing(picture.image, matrix)
    colour = tuple(int(value) for value in rng.integers(0, 256, 3)) if rng.random() < 0.5 else (114, 114, 114)
    border = cv2.BORDER_CONSTANT if rng.random() < 0.7 else cv2.BORDER_REPLICATE
    canvas = cv2.warpAffine(image, matrix, (width, height), borderMode=border, borderValue=colour)
    return np.asarray(canvas, np.uint8), faces, picture.bare[kept]


def draw_matrix(rng: np.random.Generator, picture: Picture, *, width: int, height: int) -> Matrix:
    """A random map from the picture's pixels to the canvas', shape (2, 3).

    Half the time the zoom brings one face, or a place once taken for a face, to a drawn size, so that all sizes are
    learned alike (data-anchor sampling; Tang et al., 2018); else the picture is shown about as a whole, as the kiosk
    sees it.
    """
    rows, columns = picture.image.shape[:2]
    fit = min(width / columns, height / rows)
    focus = np.array([columns, rows]) * rng.uniform(0.2, 0.8, 2)
    zoom = fit * math.exp(rng.uniform(-0.2, 0.35))
    places = np.concatenate([picture.boxes, picture.mistaken])
    if len(places) and rng.random() < 0.5:
        x1, y1, x2, y2 = places[rng.integers(len(places))]
        focus = np.array([(x1 + x2) / 2, (y1 + y2) / 2])
        wanted = math.exp(rng.uniform(*np.log(FACE_SIZES)))
        zoom = float(np.clip(wanted / max(x2 - x1, y2 - y1, 1.0), 0.45 * fit, 6.0 * fit))
    squeeze = math.exp(rng.uniform(-0.12, 0.12))
    often, far = zip(*TURNS, strict=True)
    turn = math.radians(rng.normal(0, rng.choice(far, p=often)))
    across, down = zoom * squeeze, zoom / squeeze
    turned = np.array([[math.cos(turn), -math.sin(turn)], [math.sin(turn), math.cos(turn)]]) @ np.diag([across, down])
    if rng.random() < 0.5:
        turned = turned @ np.diag([-1.0, 1.0])
    size = np.array([width, height])
    target = size * rng.uniform(0.15, 0.85, 2)
    shift = target - turned @ focus
    middle = turned @ (np.array([columns, rows]) / 2) + shift
    # Keep the canvas filled where the picture is larger, and the picture whole where it is smaller.
    spare = np.abs(size - np.array([columns * across, rows * down])) / 2
    shift = shift + np.clip(middle, size / 2 - spare, size / 2 + spare) - middle
    return np.column_stack([turned, shift])


def move_boxes(boxes: Floats, matrix: Matrix) -> Floats:
    """Boxes (G, 4) after the map: around the turned ellipse that fills each, which hugs a head better than corners."""
    centres = (boxes[:, :2] + boxes[:, 2:]) / 2 @ matrix[:, :2].T + matrix[:, 2]
    half = np.sqrt(np.square((boxes[:, 2:] - boxes[:, :2]) / 2) @ np.square(matrix[:, :2]).T)
    return np.concatenate([centres - half, centres + half], axis=1).astype(np.float32)


def clip_faces(boxes: Floats, *, width: int, height: int) -> tuple[Faces, NDArray[np.intp]]:
    """The faces with anything on the canvas, clipped to it, and which ones of `boxes` (G, 4) they are."""
    limits = np.array([width, height, width, height], np.float32)
    inside = np.clip(boxes, 0, limits)
    sizes = inside[:, 2:] - inside[:, :2]
    visible = sizes.prod(axis=1) / np.maximum((boxes[:, 2:] - boxes[:, :2]).prod(axis=1), 1e-6)
    kept = np.flatnonzero((sizes > 1).all(axis=1))
    ignored = (visible < VISIBLE) | (sizes.max(axis=1) < SMALLEST)
    return Faces(inside[kept], ignored[kept]), kept


def _without_aliasing(image: Image, matrix: Matrix) -> tuple[Image, Matrix]:
    """Shrink by area first where the map shrinks by more than a third: it only interpolates."""
    zoom = math.sqrt(abs(np.linalg.det(matrix[:, :2])))
    if zoom > 0.67:
        return image, matrix
    small = np.asarray(cv2.resize(image, None, fx=zoom, fy=zoom, interpolation=cv2.INTER_AREA), np.uint8)
    factors = (image.shape[1] / small.shape[1], image.shape[0] / small.shape[0])
    return small, np.column_stack([matrix[:, :2] @ np.diag(factors), matrix[:, 2]])
