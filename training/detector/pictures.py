"""Annotated pictures held in memory, as the detector's training draws on them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from edge.networks.detector import Detector
from edge.pictures import read_picture
from edge.types import Box, Image, Label
from training.data.samples import Sample
from training.data.scenes import Scene, TrueFace
from training.detector.anchors import Floats, overlaps
from training.detector.places import Place
from training.synthetic.fabrics import any_cloth
from training.synthetic.landmarks import LandmarkFinder
from training.synthetic.masks import Wear, draw_mask

LONG_SIDE = 448
"""Pictures are kept no larger (pixels): 1,900 of them then take 0.6 GB."""

DRAWABLE = 24
"""Longer side of a face in pixels, below which its landmarks are guesswork."""

NEW = 0.2
"""Intersection over union with every annotated face, below which a found face is another one."""

WEARS = {Wear.CORRECT: 0.7, Wear.NOSE_OUT: 0.15, Wear.CHIN: 0.15}
"""How drawn masks are worn, and how often."""


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """A scene in memory.

    Attributes:
        image: uint8 (H, W, 3) BGR.
        boxes: (G, 4) corners of all its faces, in its pixels.
        bare: (G,) faces on which a mask may be drawn.
        ignored: (G,) faces that nobody annotated or could tell: neither asked for nor punished.
        masked: the same picture with masks drawn on some of its bare faces; None if it has none fit for it.
        mistaken: (K, 4) corners of what a detector took for a face and is none.
        hard: a detector missed a face of it, or saw one where there is none.
    """

    image: Image
    boxes: Floats
    bare: NDArray[np.bool_]
    ignored: NDArray[np.bool_]
    masked: Picture | None = None
    mistaken: Floats = field(default_factory=lambda: np.empty((0, 4), np.float32))
    hard: bool = False


def read_pictures(places: Sequence[Place], *, long_side: int = LONG_SIDE) -> list[Picture]:
    """Read scenes, no larger than `long_side` pixels.

    Raises:
        InputError: if a picture cannot be read.
    """
    named = tqdm(places, desc="reading", unit="picture", leave=False, disable=None)
    return [_shrunk(place.scene, read_picture(place.path), long_side) for place in named]


def read_portraits(samples: Sequence[Sample], root: Path, detector: Detector) -> list[Picture]:
    """Read pictures of one labelled face without a box; the box is the one face that `detector` is sure of.

    Args:
        samples: of a split; those with a box of their own are passed over, as are pictures in which the detector finds
            no face or several.
        root: folder that their files are relative to.
        detector: with a threshold so high that what it finds is a face.

    Raises:
        InputError: if a picture cannot be read.
    """
    portraits = []
    for sample in tqdm(samples, desc="portraits", unit="picture", leave=False, disable=None):
        if sample.box is not None or sample.label is None:
            continue
        image = read_picture(root / sample.file)
        found = detector(image)
        if len(found) == 1:
            width, height = image.shape[1::-1]
            face = TrueFace(sample.label, found[0].box.xyxy)
            scene = Scene(sample.file, width, height, sample.source, (face,))
            portraits.append(_shrunk(scene, image, LONG_SIDE))
    return portraits


def with_unannotated(picture: Picture, detector: Detector) -> Picture:
    """The picture with the faces that `detector` finds and nobody annotated, as ignored ones.

    The sets leave out faces in the background; a network punished for finding them learns to doubt faces.
    """
    found = np.array([face.box.xyxy for face in detector(picture.image)], np.float32).reshape(-1, 4)
    new = found[overlaps(found, picture.boxes).max(axis=1, initial=0) < NEW]
    nothing, everything = np.zeros(len(new), np.bool_), np.ones(len(new), np.bool_)
    return replace(
        picture,
        boxes=np.concatenate([picture.boxes, new]),
        bare=np.concatenate([picture.bare, nothing]),
        ignored=np.concatenate([picture.ignored, everything]),
    )


def with_masks(picture: Picture, landmarks: LandmarkFinder, rng: np.random.Generator) -> Picture:
    """The picture with its `masked` version: masks drawn at the landmarks of the bare faces that are large enough."""
    image, bare = picture.image, picture.bare.copy()
    for number in np.flatnonzero(picture.bare):
        box = Box.clipped(*picture.boxes[number].tolist(), width=image.shape[1], height=image.shape[0])
        if box is None or box.longer_side < DRAWABLE:
            continue
        points = landmarks(image, box)
        if points is None:
            continue
        wear = Wear(rng.choice(list(WEARS), p=list(WEARS.values())))
        image = draw_mask(image, points, any_cloth(rng)[1], wear, rng)
        bare[number] = False
    return (
        replace(picture, masked=replace(picture, image=image, bare=bare))
        if bare.sum() < picture.bare.sum()
        else picture
    )


def _shrunk(scene: Scene, image: Image, long_side: int) -> Picture:
    boxes = np.array([face.box for face in scene.faces], np.float32).reshape(-1, 4)
    bare = np.array([face.label in (None, Label.WITHOUT_MASK) for face in scene.faces], np.bool_)
    shrink = long_side / max(image.shape[:2])
    if shrink < 1:
        image = np.asarray(cv2.resize(image, None, fx=shrink, fy=shrink, interpolation=cv2.INTER_AREA), np.uint8)
        boxes = boxes * shrink
    return Picture(image, boxes, bare, np.array([face.ignore for face in scene.faces], np.bool_))
