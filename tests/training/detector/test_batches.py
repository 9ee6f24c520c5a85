"""Batches of augmented scenes."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from training.detector.anchors import LEVELS, anchor_grid
from training.detector.batches import SIZES, SceneBatches
from training.detector.pictures import Picture
from training.detector.spoiling import cover, paint_mask, spoil


@pytest.fixture
def pictures() -> list[Picture]:
    """Seven grey pictures, each with a bare face, one without any."""
    rng = np.random.default_rng(0)
    made = []
    for number in range(7):
        image = rng.integers(60, 200, (120, 160, 3), dtype=np.uint8)
        boxes = np.array([[30, 20, 90, 100]], np.float32)[: min(number, 1)]
        made.append(Picture(image, boxes, np.ones(len(boxes), np.bool_), np.zeros(len(boxes), np.bool_)))
    return made


def test_an_epoch_can_be_drawn_again(pictures: list[Picture]) -> None:
    """The same seed and epoch give the same batches, whatever was drawn before; another epoch gives others."""
    first, second = (SceneBatches(pictures, LEVELS, batch_size=3, seed=1) for _ in range(2))
    second.go_to(5)
    assert len(second) == 2
    second[1]
    second.go_to(0)
    for one, other in zip(first[1], second[1], strict=True):
        np.testing.assert_array_equal(one, other)
    second.go_to(1)
    assert not np.array_equal(first[1][1][..., :5], second[1][1][..., :5])


def test_an_epoch_may_show_a_part(pictures: list[Picture]) -> None:
    """So many pictures in each epoch, others in the next, and all in the end."""
    batches = SceneBatches(pictures, LEVELS, batch_size=2, seed=1, most=4)
    assert len(batches) == 2
    shown = []
    for epoch in range(8):
        batches.go_to(epoch)
        shown.append(frozenset(batches._order()[:4].tolist()))
    assert len(set(shown)) > 2
    assert set().union(*shown) == set(range(7))


def test_batches_have_the_shape_the_loss_wants(pictures: list[Picture]) -> None:
    """Pixels from 0 to 255, and targets with their default boxes; as many default boxes at every size."""
    batches = SceneBatches(pictures, LEVELS, batch_size=3, seed=1)
    shapes = set()
    for index in range(len(batches)):
        pixels, targets = batches[index]
        width, height = pixels.shape[2], pixels.shape[1]
        assert (width, height) in SIZES
        assert pixels.dtype == targets.dtype == np.float32
        assert 0 <= pixels.min() < 50 < 150 < pixels.max() <= 255
        np.testing.assert_array_equal(targets[0, :, 5:], anchor_grid(LEVELS, width=width, height=height))
        assert set(np.unique(targets[..., 4])) <= {-1, 0, 1}
        shapes.add(targets.shape)
    assert len(shapes) == 1


def test_most_canvases_show_their_face(pictures: list[Picture]) -> None:
    """Augmentation loses few faces, mosaics add some, and all lie on the canvas."""
    batches = SceneBatches(pictures, LEVELS, batch_size=7, seed=2)
    seen = [batches.draw(np.random.default_rng(seed), 1 + seed % 6, 320, 224)[1] for seed in range(60)]
    shown = [int((~faces.ignored).sum()) for faces in seen]
    assert sum(count > 0 for count in shown) > 50
    assert max(shown) > 1
    for faces in seen:
        assert (faces.boxes >= 0).all()
        assert (faces.boxes <= (320, 224, 320, 224)).all()


def test_spoiling_changes_the_picture_and_not_its_size() -> None:
    """Over many draws every picture stays uint8 of its size, and hardly two are alike."""
    image = np.full((40, 60, 3), 128, np.uint8)
    image[10:30, 20:40] = (30, 90, 200)
    spoiled = [spoil(np.random.default_rng(seed), image.copy()) for seed in range(60)]
    assert {one.shape for one in spoiled} == {(40, 60, 3)}
    assert {one.dtype for one in spoiled} == {np.dtype(np.uint8)}
    assert sum(not np.array_equal(*pair) for pair in pairwise(spoiled)) > 50


@pytest.mark.parametrize("box", [(20, 10, 60, 70), (-10, -10, 30, 40), (70, 60, 130, 120)])
def test_masks_cover_the_lower_face_only(box: tuple[int, ...]) -> None:
    """Eyes stay, mouth goes; a face at the border is no error."""
    image = np.full((90, 110, 3), 77, np.uint8)
    paint_mask(np.random.default_rng(1), image, np.array(box, np.float32))
    x1, y1, x2, y2 = box
    assert (image[: max(0, round(y1 + 0.3 * (y2 - y1)))] == 77).all()
    mouth = (min(89, round(y1 + 0.75 * (y2 - y1))), min(109, round((x1 + x2) / 2)))
    assert (image[mouth] != 77).any()


def test_covers_stay_inside_the_box() -> None:
    """At most half of the face is hidden."""
    for seed in range(20):
        image = np.zeros((100, 100, 3), np.uint8)
        cover(np.random.default_rng(seed), image, np.array([20, 30, 60, 80], np.float32))
        rows, columns = np.nonzero(image.any(axis=2))
        assert len(rows) <= 0.55 * 40 * 50
        assert len(rows) == 0 or (rows.min() >= 30 and columns.min() >= 20 and rows.max() <= 80 and columns.max() <= 60)
