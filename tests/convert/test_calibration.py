"""Which pictures calibrate the quantiser."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import cv2
import numpy as np
import pytest

from convert.calibration import choose, network_inputs
from convert.pictures import LabelledPicture
from edge.networks.manifest import InputSpec
from edge.types import Box, Label


def pictures(label: Label, count: int, *, groups: int) -> list[LabelledPicture]:
    return [
        LabelledPicture(Path(f"{label}{i}.png"), label, group=f"{label}-{i % groups}", source="crops")
        for i in range(count)
    ]


MASKED = pictures(Label.WITH_MASK, 500, groups=50)
BARE = pictures(Label.WITHOUT_MASK, 100, groups=4)
WRONG = pictures(Label.INCORRECT_MASK, 5, groups=5)


@pytest.mark.parametrize(
    ("available", "count", "expected"),
    [
        (MASKED + BARE, 60, {Label.WITH_MASK: 30, Label.WITHOUT_MASK: 30}),
        (MASKED + BARE + WRONG, 45, {Label.WITH_MASK: 20, Label.WITHOUT_MASK: 20, Label.INCORRECT_MASK: 5}),
        (BARE + WRONG, 1000, {Label.WITHOUT_MASK: 100, Label.INCORRECT_MASK: 5}),
        (MASKED, 0, {}),
        ([], 10, {}),
    ],
    ids=["balanced", "a small class is used up", "all there are", "none wanted", "none there"],
)
def test_labels_take_turns(available: list[LabelledPicture], count: int, expected: dict[Label, int]) -> None:
    """Each label gets the same share until it has no more pictures."""
    assert Counter(picture.label for picture in choose(available, count)) == expected


def test_groups_take_turns() -> None:
    """Eight pictures of four people are two of each, though one of them has nine tenths of the pictures."""
    many = [LabelledPicture(Path(f"a{i}.png"), Label.WITH_MASK, "a", "crops") for i in range(90)]
    few = [LabelledPicture(Path(f"{g}{i}.png"), Label.WITH_MASK, g, "crops") for g in "bcd" for i in range(3)]
    chosen = choose(many + few, 8)
    assert Counter(picture.group for picture in chosen) == {"a": 2, "b": 2, "c": 2, "d": 2}
    assert len({picture.path for picture in chosen}) == 8


def test_the_seed_decides() -> None:
    """The same seed gives the same pictures whatever their order, another seed others."""
    assert choose(MASKED, 20, seed=1) == choose(MASKED, 20, seed=1)
    assert choose(MASKED, 20, seed=1) != choose(MASKED, 20, seed=2)


def test_inputs_are_what_the_kiosk_feeds(tmp_path: Path) -> None:
    """The face is cut out with the model's margin, resized, and scaled channel by channel."""
    image = np.zeros((40, 40, 3), np.uint8)
    image[10:30, 10:30] = (0, 0, 255)
    path = tmp_path / "face.png"
    cv2.imwrite(str(path), image)
    picture = LabelledPicture(path, Label.WITH_MASK, "g", "crops", Box(15, 15, 25, 25))
    (array,) = network_inputs([picture], InputSpec(width=8, height=8, margin=0.5))
    expected = np.broadcast_to(np.array([1, -1, -1], np.float32), (1, 8, 8, 3))
    np.testing.assert_allclose(array, expected, atol=1e-6)
    assert array.dtype == np.float32
