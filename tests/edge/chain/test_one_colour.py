"""A stream that is not decoded is told from a covered lens."""

from __future__ import annotations

import numpy as np
import pytest

from edge.chain.one_colour import BLANK_S, OneColour, colour_of, name_of
from edge.types import Image

SHAPE = (48, 64, 3)
CHANCE = np.random.default_rng(3)


def of(*colour: int) -> Image:
    return np.full(SHAPE, colour, np.uint8)


def room() -> Image:
    return CHANCE.integers(0, 256, SHAPE, np.uint8)


def covered() -> Image:
    """As a sensor sees the inside of a lens cap."""
    return np.asarray(np.abs(CHANCE.normal(2, 2, SHAPE)).round(), np.uint8)


@pytest.mark.parametrize(
    ("image", "name"),
    [
        (of(0, 0, 0), "black"),
        (of(0, 135, 0), "green"),
        (of(128, 128, 128), "grey"),
        (of(200, 20, 20), "of one colour"),
        (room(), None),
        (covered(), None),
    ],
)
def test_the_colour_is_named(image: Image, name: str | None) -> None:
    """A dark picture with a sensor's noise in it has none."""
    colour = colour_of(image)
    assert (colour and name_of(colour)) == name


def told(*scenes: tuple[Image, float]) -> list[str | None]:
    """What is said after each scene (picture, seconds), ten pictures a second."""
    look, at, said = OneColour(), 0.0, []
    for image, seconds in scenes:
        answer = None
        for _ in range(round(seconds * 10)):
            answer, at = look(image, at), at + 0.1
        said.append(answer)
    return said


def test_a_stream_of_one_colour_is_told_after_a_while_and_its_end_at_once() -> None:
    """A first key frame may take its time."""
    assert told((of(0, 135, 0), BLANK_S - 1), (of(0, 135, 0), 2), (room(), 0.1)) == [None, "green", None]


def test_black_from_the_first_picture_on_is_no_covered_lens() -> None:
    """And black that follows a picture is none of the decoder's."""
    assert told((of(0, 0, 0), 12)) == ["black"]
    assert told((room(), 1), (of(0, 0, 0), 60)) == [None, None]
    assert told((room(), 1), (of(0, 135, 0), 12)) == [None, "green"]
    assert told((covered(), 60)) == [None]


def test_a_colour_that_changes_is_a_view_of_something() -> None:
    """A sheet of paper before the lens, a lamp that is switched on."""
    assert told(*((of(90 + step, 90, 90), 6) for step in range(0, 50, 10))) == [None] * 5
