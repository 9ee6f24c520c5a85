"""Geometry of augmentation."""

from __future__ import annotations

import numpy as np
import pytest

from training.detector.pictures import Picture
from training.detector.placing import clip_faces, draw_matrix, move_boxes, place


def picture(box: tuple[int, int, int, int] = (60, 40, 120, 120), width: int = 300, height: int = 200) -> Picture:
    """A dark picture with one bright ellipse in `box`."""
    rows, columns = np.mgrid[:height, :width]
    x1, y1, x2, y2 = box
    inside = ((columns + 0.5 - (x1 + x2) / 2) * 2 / (x2 - x1)) ** 2 + (
        (rows + 0.5 - (y1 + y2) / 2) * 2 / (y2 - y1)
    ) ** 2 < 1
    image = np.where(inside, 255, 20).astype(np.uint8)[:, :, None].repeat(3, axis=2)
    return Picture(image, np.array([box], np.float32), np.array([True]), np.array([False]))


@pytest.mark.parametrize("seed", range(40))
def test_boxes_follow_the_pixels(seed: int) -> None:
    """However it is zoomed, turned and flipped, the box stays around the bright ellipse."""
    rng = np.random.default_rng(seed)
    scene = picture()
    image, faces, bare = place(rng, scene, width=256, height=224)
    assert image.shape == (224, 256, 3)
    if not len(faces.boxes) or faces.ignored[0] or np.median(image) > 100:
        return
    assert bare.tolist() == [True]
    # The border may be as bright as the ellipse: look near the box only.
    x1, y1, x2, y2 = faces.boxes[0]
    low, high = np.maximum([x1 - 5, y1 - 5], 0).astype(int), np.array([x2 + 5, y2 + 5]).astype(int)
    bright = np.argwhere(image[low[1] : high[1], low[0] : high[0]].min(axis=2) > 137)
    found = [bright[:, 1].min(), bright[:, 0].min(), bright[:, 1].max() + 1, bright[:, 0].max() + 1]
    np.testing.assert_allclose(np.add(found, [*low, *low]), faces.boxes[0], atol=2.5)


def test_faces_are_shown_at_all_sizes() -> None:
    """The zoom reaches small and large faces alike."""
    sizes = []
    for seed in range(200):
        _, faces, _ = place(np.random.default_rng(seed), picture(), width=320, height=256)
        sizes += [float(max(box[2:] - box[:2])) for box in faces.boxes[~faces.ignored]]
    assert np.percentile(sizes, 10) < 60
    assert np.percentile(sizes, 90) > 150


def test_turned_boxes_hug_an_ellipse() -> None:
    """A quarter turn swaps the sides; an eighth does not add the corners' overhang."""
    box = np.array([[-20, -10, 20, 10]], np.float32)
    quarter = np.array([[0.0, -1, 5], [1, 0, 7]])
    np.testing.assert_allclose(move_boxes(box, quarter), [[-5, -13, 15, 27]], atol=1e-5)
    eighth = np.array([[1.0, -1, 0], [1, 1, 0]]) / np.sqrt(2)
    np.testing.assert_allclose(move_boxes(box, eighth)[0, 2:], np.sqrt(250), rtol=1e-5)


@pytest.mark.parametrize(
    ("box", "expected", "ignored"),
    [
        ((10, 10, 40, 40), (10, 10, 40, 40), False),
        ((-10, 10, 30, 40), (0, 10, 30, 40), False),
        ((-30, 10, 20, 40), (0, 10, 20, 40), True),
        ((10, 10, 18, 20), (10, 10, 18, 20), True),
    ],
    ids=["whole", "three quarters", "two fifths", "too small"],
)
def test_clipped_faces(box: tuple[int, ...], expected: tuple[int, ...], ignored: bool) -> None:
    """What is mostly visible is asked for; the rest is ignored; what is outside is gone."""
    faces, kept = clip_faces(np.array([(200, 0, 240, 40), box], np.float32), width=100, height=80)
    assert kept.tolist() == [1]
    assert tuple(faces.boxes[0]) == expected
    assert bool(faces.ignored[0]) == ignored


def test_a_picture_without_faces_can_be_placed() -> None:
    """Empty scenes are pictures too."""
    none = np.zeros(0, np.bool_)
    empty = Picture(np.zeros((50, 80, 3), np.uint8), np.zeros((0, 4), np.float32), none, none)
    assert draw_matrix(np.random.default_rng(0), empty, width=64, height=64).shape == (2, 3)
    assert len(place(np.random.default_rng(0), empty, width=64, height=64)[1].boxes) == 0
