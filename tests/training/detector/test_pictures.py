"""Pictures for the detector's training: portraits, and versions with drawn masks."""

from __future__ import annotations

from pathlib import Path
from typing import cast

import cv2
import numpy as np
import pytest

from edge.types import Box, Face, Image, Label
from tests.training.drawn_faces import BOX, find_standard_face, skin_picture
from training.data.samples import Sample
from training.detector.anchors import LEVELS
from training.detector.batches import PORTRAITS, SceneBatches
from training.detector.pictures import DRAWABLE, Picture, read_portraits, with_masks, with_unannotated
from training.detector.placing import place
from training.synthetic.landmarks import LandmarkFinder, Points

FINDER = cast(LandmarkFinder, find_standard_face)


def bare_face(box: tuple[float, ...] = BOX.xyxy) -> Picture:
    return Picture(skin_picture(), np.array([box], np.float32), np.array([True]), np.array([False]))


def test_a_bare_face_gets_a_masked_version() -> None:
    """The picture itself stays; its version has other pixels below the nose, the same box, and is bare no more."""
    picture = with_masks(bare_face(), FINDER, np.random.default_rng(0))
    assert picture.masked is not None
    assert not picture.masked.bare.any()
    np.testing.assert_array_equal(picture.image, skin_picture())
    np.testing.assert_array_equal(picture.masked.boxes, picture.boxes)
    changed = (picture.masked.image != picture.image).any(axis=2)
    assert changed[170:220, 120:180].mean() > 0.9
    assert changed[:90].mean() < 0.05


def test_faces_unfit_for_a_mask_stay_bare() -> None:
    """Worn already, too small, or without landmarks: there is no masked version."""

    def find_nothing(_image: Image, _box: Box) -> Points | None:
        return None

    worn = Picture(skin_picture(), np.array([BOX.xyxy], np.float32), np.array([False]), np.array([False]))
    small = bare_face((10, 10, 10 + DRAWABLE - 2, 10 + DRAWABLE - 2))
    rng = np.random.default_rng(0)
    assert with_masks(worn, FINDER, rng).masked is None
    assert with_masks(small, FINDER, rng).masked is None
    assert with_masks(bare_face(), cast(LandmarkFinder, find_nothing), rng).masked is None


@pytest.mark.parametrize("found", [0, 1, 2])
def test_a_portrait_has_exactly_one_face(tmp_path: Path, found: int) -> None:
    """The detector's box becomes the truth; a picture with none or two faces teaches nothing."""
    cv2.imwrite(str(tmp_path / "a.png"), skin_picture())
    whole = Sample(file="a.png", label=Label.WITHOUT_MASK, group="a", source="crops")
    scene = whole.model_copy(update={"box": (1, 1, 9, 9)})
    portraits = read_portraits([whole, scene], tmp_path, lambda _image: (Face(BOX, 0.9),) * found)
    assert len(portraits) == (found == 1)
    for portrait in portraits:
        assert portrait.boxes.tolist() == [list(BOX.xyxy)]
        assert portrait.bare.tolist() == [True]


def test_an_epoch_shows_every_scene_and_some_portraits() -> None:
    """Other portraits in the next epoch, so that all are seen in the end."""
    scenes, portraits = [bare_face() for _ in range(10)], [bare_face() for _ in range(30)]
    batches = SceneBatches(scenes, LEVELS, batch_size=2, seed=0, portraits=portraits)
    orders = []
    for epoch in range(2):
        batches.go_to(epoch)
        orders.append(set(batches._order().tolist()))
    assert all(order >= set(range(10)) for order in orders)
    assert [len(order) for order in orders] == [10 + round(PORTRAITS * 10)] * 2
    assert orders[0] != orders[1]
    assert len(batches) == 5


def test_faces_that_nobody_annotated_are_ignored() -> None:
    """A detection of an annotated face adds nothing; another one is neither asked for nor punished, masks or no."""
    elsewhere = Box(10, 250, 60, 310)
    picture = with_unannotated(bare_face(), lambda _image: (Face(BOX, 0.9), Face(elsewhere, 0.6)))
    assert picture.boxes.tolist() == [list(BOX.xyxy), list(elsewhere.xyxy)]
    assert picture.ignored.tolist() == [False, True]
    assert picture.bare.tolist() == [True, False]
    _, faces, _ = place(np.random.default_rng(3), picture, width=320, height=384)
    assert faces.ignored.sum() == 1
    assert with_masks(picture, FINDER, np.random.default_rng(0)).masked is not None
