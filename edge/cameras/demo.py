"""A clip that needs no camera: one person, first bare, then with a mask drawn on, then with the mask on the chin."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np

from edge.pictures import read_picture
from edge.types import Image

FPS = 15.0
SCENE_S = 4.0
"""Length of each of the three scenes."""

_Outline = tuple[tuple[int, int], ...]

PORTRAIT = Path(__file__).parent / "portrait.jpg"
"""Eileen Collins, 512 x 512 pixels: a photograph of NASA's, released into the public domain."""

# Read off by eye: mask outlines in pixels (x, y).
_MASK: _Outline = ((180, 128), (205, 119), (226, 113), (250, 119), (273, 125), (271, 150), (259, 170), (240, 183),
                   (219, 183), (199, 170), (186, 150))  # fmt: skip
_CHIN: _Outline = ((180, 156), (198, 163), (220, 166), (242, 163), (260, 154), (256, 173), (240, 190), (218, 192),
                   (196, 183))  # fmt: skip
_LOOPS: tuple[_Outline, ...] = (((180, 130), (171, 110)), ((272, 127), (283, 108)))
_CLOTH = (205, 178, 142)
_SHADE = (176, 148, 112)


def demo_pictures() -> Iterator[tuple[Image, float]]:
    """Pictures (BGR) with media times in seconds; the camera sways a little, as a hand would."""
    bare = _portrait()
    scenes = (bare, _with_mask(bare, _MASK), _with_mask(bare, _CHIN))
    for index in range(round(len(scenes) * SCENE_S * FPS)):
        at = index / FPS
        yield _sway(scenes[int(at / SCENE_S)], at), at


def _portrait() -> Image:
    return read_picture(PORTRAIT)


def _with_mask(portrait: Image, outline: _Outline) -> Image:
    """Draw a pleated mask with soft edges and the face's own shading."""
    points = np.array(outline, np.int32)
    cloth = np.full_like(portrait, _CLOTH)
    top, bottom = points[:, 1].min(), points[:, 1].max()
    for y in np.linspace(top, bottom, 6)[2:-1]:
        cv2.ellipse(cloth, (228, int(y) - 8), (60, 12), 0, 20, 160, _SHADE, 2, cv2.LINE_AA)
    light = cv2.GaussianBlur(cv2.cvtColor(portrait, cv2.COLOR_BGR2GRAY), (0, 0), 12).astype(np.float32)
    light = 0.6 + 0.4 * light / light[top:bottom, 190:265].max()
    inside = np.zeros(portrait.shape[:2], np.uint8)
    cv2.fillPoly(inside, [points], 255, cv2.LINE_AA)
    cover = cv2.GaussianBlur(inside, (0, 0), 1.0)[..., None] / 255
    masked = portrait * (1 - cover) + cloth * light[..., None].clip(0, 1) * cover
    canvas = np.ascontiguousarray(masked.clip(0, 255).astype(np.uint8))
    for loop in _LOOPS if outline is _MASK else ():
        cv2.polylines(
            canvas, [np.array(loop, np.int32)], isClosed=False, color=(230, 230, 230), thickness=1, lineType=cv2.LINE_AA
        )
    return canvas


def _sway(image: Image, at: float) -> Image:
    shift = np.array([[1, 0, 6 * np.sin(at * 2)], [0, 1, 3 * np.sin(at * 3)]], np.float32)
    size = (image.shape[1], image.shape[0])
    return np.asarray(cv2.warpAffine(image, shift, size, borderMode=cv2.BORDER_REPLICATE), np.uint8)
