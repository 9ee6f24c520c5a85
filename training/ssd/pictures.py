"""Annotated scenes held in memory, as the detector's training draws on them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from edge.pictures import read_picture
from edge.types import Image, Label
from training.scenes import PICTURES_FOLDER, Scene
from training.ssd.anchors import Floats

LONG_SIDE = 448
"""Pictures are kept no larger (pixels): 1,900 of them then take 0.6 GB."""


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """A scene in memory.

    Attributes:
        image: uint8 (H, W, 3) BGR.
        boxes: (G, 4) corners of all its faces, in its pixels.
        bare: (G,) faces on which a mask may be drawn.
    """

    image: Image
    boxes: Floats
    bare: NDArray[np.bool_]


def read_pictures(scenes: Sequence[Scene], folder: Path, *, long_side: int = LONG_SIDE) -> list[Picture]:
    """Read scenes from `folder/images`, no larger than `long_side` pixels.

    Raises:
        InputError: if a picture cannot be read.
    """
    names = tqdm(scenes, desc="reading", unit="picture", leave=False, disable=None)
    return [_shrunk(scene, read_picture(folder / PICTURES_FOLDER / scene.file), long_side) for scene in names]


def _shrunk(scene: Scene, image: Image, long_side: int) -> Picture:
    boxes = np.array([face.box for face in scene.faces], np.float32).reshape(-1, 4)
    bare = np.array([face.label in (None, Label.WITHOUT_MASK) for face in scene.faces], np.bool_)
    shrink = long_side / max(image.shape[:2])
    if shrink < 1:
        image = np.asarray(cv2.resize(image, None, fx=shrink, fy=shrink, interpolation=cv2.INTER_AREA), np.uint8)
        boxes = boxes * shrink
    return Picture(image, boxes, bare)
