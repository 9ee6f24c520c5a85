"""Tests of training.evaluation.slices."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from edge.types import MaskKind
from training.data.samples import CLASSES
from training.evaluation.slices import FaceTraits, slices, traits_of


def face(size: float = 50, sharpness: float = 10, brightness: float = 100, source: str = "here") -> FaceTraits:
    return FaceTraits(size, sharpness, brightness, source)


def test_brightness_and_size() -> None:
    """Brightness is the mean grey value; size and source are taken as given."""
    traits = traits_of(np.full((20, 30, 3), 77, np.uint8), size=30, source="crops")
    assert (traits.size, traits.source, traits.sharpness) == (30, "crops", 0)
    assert traits.brightness == pytest.approx(77)


def test_blur_lowers_sharpness_at_any_size() -> None:
    """A blurred copy is less sharp, and the same face enlarged is not sharper than it was."""
    noise = np.random.default_rng(0).integers(0, 256, (96, 96, 3), np.uint8)
    sharp = traits_of(noise, size=96, source="").sharpness
    blurred = traits_of(np.asarray(cv2.GaussianBlur(noise, (0, 0), 2), np.uint8), size=96, source="").sharpness
    enlarged = traits_of(np.repeat(np.repeat(noise, 3, 0), 3, 1), size=288, source="").sharpness
    assert blurred < sharp / 10
    assert enlarged == pytest.approx(sharp, rel=0.01)


@pytest.mark.parametrize(
    ("trait", "faces", "expected"),
    [
        (
            "face size",
            [face(size=size) for size in (47.9, 48, 63, 160, 999)],
            {"below 48 px": 1, "48 to 64 px": 2, "160 px and more": 2},
        ),
        (
            "sharpness",
            [face(sharpness=value) for value in (0, 50, 500)],
            {"below 50": 1, "50 to 150": 1, "500 and more": 1},
        ),
        (
            "brightness",
            [face(brightness=value) for value in (79, 80, 255)],
            {"below 80": 1, "80 to 120": 1, "160 and more": 1},
        ),
        ("source", [face(source=name) for name in ("b", "a", "b")], {"a": 1, "b": 2}),
    ],
)
def test_every_face_falls_into_one_slice(trait: str, faces: list[FaceTraits], expected: dict[str, int]) -> None:
    """A slice holds its lower edge; empty slices are left out."""
    truth = np.zeros(len(faces), np.int64)
    found = {one.value: one.faces for one in slices(faces, truth, truth, CLASSES) if one.trait == trait}
    assert found == expected


def test_a_face_lies_in_every_slice_of_its_tags() -> None:
    """Tags overlap, kinds do not; a face without either is in none of them."""
    faces = [
        FaceTraits(50, 10, 100, "here", MaskKind.CLOTH, ("hand", "profile")),
        FaceTraits(50, 10, 100, "here", None, ("hand",)),
        FaceTraits(50, 10, 100, "here"),
    ]
    truth = np.zeros(3, np.int64)
    found = {(one.trait, one.value): one.faces for one in slices(faces, truth, truth, CLASSES)}
    assert {key: count for key, count in found.items() if key[0] in ("tag", "kind")} == {
        ("tag", "hand"): 2,
        ("tag", "profile"): 1,
        ("kind", "cloth"): 1,
    }


def test_figures_of_a_slice() -> None:
    """Each slice has its own accuracy and recalls; calling a wrong mask bare is right for a door, uncertain is not."""
    faces = [face(source="a")] * 4 + [face(source="b")]
    truth, called = np.array([0, 1, 2, 2, 0]), np.array([0, 1, 1, 3, 1])
    one, other = (found for found in slices(faces, truth, called, CLASSES) if found.trait == "source")
    assert (one.accuracy, one.mask_or_not) == (0.5, 0.75)
    assert [single.recall for single in one.classes] == [1.0, 1.0, 0.0]
    assert (other.accuracy, other.mask_or_not) == (0.0, 0.0)
    assert one.accuracy_low < 0.5 < one.accuracy_high
