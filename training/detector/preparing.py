"""From annotated scenes to what is learned from: faces left out, mistakes made before, masks drawn."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from tqdm import tqdm

from edge.networks.detector import FaceSsd, load_detector
from training.data.scenes import Scene
from training.detector.mining import TAKEN, with_mistakes
from training.detector.pictures import LONG_SIDE, Picture, with_masks, with_unannotated
from training.synthetic.landmarks import LANDMARK_FILE, LandmarkFinder

KEEN = 0.5
"""YuNet's score from which a face may have been left out by the annotators."""
KEENEST = 0.25
"""Scores of YuNet and res10 from which what our detector also sees is a face left out rather than a mistake."""

PORTRAIT = 0.35
"""Share of the longer side from which a picture's only face makes it a portrait: easy, and seldom met at a door."""


def prepare(pictures: Sequence[Picture], helpers: Path, *, start: Path | None, seed: int) -> list[Picture]:
    """Every picture with its unannotated faces ignored and a version with drawn masks; hard ones come twice.

    Args:
        pictures: as annotated.
        helpers: folder with YuNet, res10 and the landmark model.
        start: folder of the detector whose mistakes count; None knows of none.
        seed: decides the masks.

    Raises:
        InputError, ModelError: if a network is missing.
    """
    side = {"input_width": LONG_SIDE, "input_height": LONG_SIDE}
    keen = load_detector(name="yunet", search=(helpers,), min_score=KEEN, **side)
    others = [
        load_detector(name="yunet", search=(helpers,), min_score=KEENEST, **side),
        load_detector(name="res10", search=(helpers,), min_score=KEENEST),
    ]
    judged = FaceSsd(start, min_score=TAKEN) if start else None
    landmarks, rng = LandmarkFinder(helpers / LANDMARK_FILE), np.random.default_rng(seed)
    prepared = []
    # Pictures of one size after the other: OpenCV lays a network out anew for each other one.
    by_size = sorted(pictures, key=lambda picture: picture.image.shape)
    for one in tqdm(by_size, desc="preparing", unit="picture", leave=False, disable=None):
        picture = with_unannotated(one, keen)
        if judged is not None:
            picture = with_mistakes(picture, judged, others)
        prepared.append(with_masks(picture, landmarks, rng))
    return [*prepared, *(one for one in prepared if one.hard)]


def is_portrait(scene: Scene) -> bool:
    """Whether a scene shows one face that takes up much of it."""
    if len(scene.faces) != 1:
        return False
    x1, y1, x2, y2 = scene.faces[0].box
    return max(x2 - x1, y2 - y1) >= PORTRAIT * max(scene.width, scene.height)
