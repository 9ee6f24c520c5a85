"""Where drawn masks cover a face, and where they must not."""

from __future__ import annotations

import numpy as np
import pytest

from edge.types import Label
from tests.training.drawn_faces import SKIN, at, face_points, skin_picture
from training.synthetic.fabrics import COLUMNS, ROWS, plain
from training.synthetic.masks import Wear, draw_mask, outline

BLUE = np.full((ROWS, COLUMNS, 3), (0.9, 0.3, 0.1), np.float32)
EYE, NOSE, MOUTH, CHIN_TIP, FOREHEAD = (0.2, 0.0), (0.0, 0.3), (0.0, 0.48), (0.0, 0.76), (0.0, -0.3)


def covered(wear: Wear, place: tuple[float, float], seed: int) -> bool:
    """Whether a blue mask worn that way turns the skin at a place blue."""
    drawn = draw_mask(skin_picture(), face_points(), BLUE, wear, np.random.default_rng(seed))
    column, row = at(*place)
    blue, _, red = drawn[row, column].astype(int)
    return bool(blue > red)


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize(
    ("wear", "hidden", "free"),
    [
        (Wear.CORRECT, (NOSE, MOUTH, CHIN_TIP), (EYE, FOREHEAD)),
        (Wear.NOSE_OUT, (MOUTH, CHIN_TIP), (EYE, NOSE, FOREHEAD)),
        (Wear.CHIN, (), (EYE, NOSE, MOUTH, FOREHEAD)),
        (Wear.EYES, (EYE,), (MOUTH, CHIN_TIP)),
        (Wear.ONE_EAR, (), (EYE, NOSE, MOUTH, CHIN_TIP)),
    ],
)
def test_covers_what_it_should(
    wear: Wear, hidden: tuple[tuple[float, float], ...], free: tuple[tuple[float, float], ...], seed: int
) -> None:
    """Nose, mouth and chin are hidden or free as the way of wearing says."""
    assert [covered(wear, place, seed) for place in (*hidden, *free)] == [True] * len(hidden) + [False] * len(free)


@pytest.mark.parametrize("wear", Wear)
def test_every_mask_is_seen(wear: Wear) -> None:
    """However it is worn, some of the mask is in the picture, and the original stays untouched."""
    picture = skin_picture()
    drawn = draw_mask(picture, face_points(), BLUE, wear, np.random.default_rng(1))
    assert np.count_nonzero(drawn[..., 0] > drawn[..., 2]) > 1500
    assert (picture == SKIN).all()


@pytest.mark.parametrize(
    ("wear", "label"),
    [(Wear.CORRECT, Label.WITH_MASK), (Wear.NOSE_OUT, Label.INCORRECT_MASK), (Wear.EYES, Label.INCORRECT_MASK)],
)
def test_only_a_mask_worn_right_is_a_mask(wear: Wear, label: Label) -> None:
    """Every way of wearing but one is incorrect."""
    assert wear.label is label


def test_chance_decides() -> None:
    """The same generator draws the same mask, another one another."""
    cloth = plain(np.random.default_rng(0))
    pictures = [
        draw_mask(skin_picture(), face_points(), cloth, Wear.CORRECT, np.random.default_rng(seed)) for seed in (1, 1, 2)
    ]
    assert np.array_equal(pictures[0], pictures[1])
    assert not np.array_equal(pictures[0], pictures[2])


def test_masks_take_over_the_light() -> None:
    """On a dark face the same cloth is darker."""
    bright, dark = (
        draw_mask(picture.astype(np.uint8), face_points(), BLUE, Wear.CORRECT, np.random.default_rng(1))
        for picture in (skin_picture(), skin_picture() // 3)
    )
    column, row = at(*MOUTH)
    assert dark[row, column, 0] < 0.7 * bright[row, column, 0]


@pytest.mark.parametrize("wear", Wear)
def test_outlines_stand_upright(wear: Wear) -> None:
    """The upper edge lies above the lower one, in the middle and at the corners."""
    rng = np.random.default_rng(0)
    for shape in (outline(wear, rng) for _ in range(100)):
        assert shape.top < shape.bottom
        assert shape.corner_top < shape.corner_bottom
