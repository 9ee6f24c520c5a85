"""Hands, beards, visors and scarfs on a bare face."""

from __future__ import annotations

import numpy as np
import pytest

from edge.types import Image
from tests.training.drawn_faces import SKIN, at, face_points, skin_picture
from training.synthetic.coverings import Covering, draw_covering


def drawn(covering: Covering, seed: int, picture: Image | None = None) -> Image:
    image = skin_picture() if picture is None else picture
    return draw_covering(image, face_points(), covering, np.random.default_rng(seed))


def change(image: Image, place: tuple[float, float]) -> int:
    """The largest change of a channel, of 255, around a place."""
    column, row = at(*place)
    return int(np.abs(image[row - 3 : row + 4, column - 3 : column + 4].astype(int) - SKIN).max())


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize(
    ("covering", "hit", "spared"),
    [
        (Covering.BEARD, (0.0, 0.66), (0.2, 0.1)),
        (Covering.SCARF, (0.0, 0.97), (0.0, 0.3)),
        (Covering.SCARF, (0.2, 1.05), (0.0, 0.48)),
        (Covering.BEARD, (0.28, 0.58), (0.0, 0.1)),
    ],
)
def test_changes_the_right_place(
    covering: Covering, hit: tuple[float, float], spared: tuple[float, float], seed: int
) -> None:
    """Beards grow on the jaw, scarfs lie below the chin; the rest of the face stays bare."""
    image = drawn(covering, seed)
    assert change(image, hit) > 8
    assert change(image, spared) <= 2


@pytest.mark.parametrize("seed", range(6))
def test_a_hand_has_the_skin_of_the_face(seed: int) -> None:
    """A hand over the mouth is no foreign colour: red stays above green above blue, in about the face's ratio."""
    image = drawn(Covering.HAND, seed)
    changed = np.abs(image.astype(int) - SKIN).max(axis=2) > 6
    assert changed.sum() > 2000
    mean = image[changed].mean(axis=0)
    assert mean / mean.sum() == pytest.approx(np.array(SKIN) / sum(SKIN), abs=0.04)


def test_a_visor_is_transparent() -> None:
    """Through a visor the face below shows: a dark spot stays darker than its surroundings."""
    picture = skin_picture()
    column, row = at(0.0, 0.48)
    picture[row - 6 : row + 6, column - 6 : column + 6] = 20
    through = drawn(Covering.VISOR, 3, picture).astype(int)
    assert through[row, column].mean() < through[row + 20, column].mean() - 40
    assert np.abs(through - picture).max() > 30


@pytest.mark.parametrize("covering", Covering)
def test_chance_decides(covering: Covering) -> None:
    """The same generator draws the same thing, and the original is not touched."""
    picture = skin_picture()
    assert np.array_equal(drawn(covering, 5, picture), drawn(covering, 5, picture))
    assert (picture == SKIN).all()
