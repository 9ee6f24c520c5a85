"""Random versions of one face: same size, same face, other circumstances."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from skimage import data

from edge.networks.manifest import InputSpec
from edge.networks.preprocess import crop_square, resize
from edge.types import Box, Image
from training.faces import augmentation
from training.faces.augmentation import augment

SPEC = InputSpec(width=96, height=96, margin=0.15)
FACE = Box(170, 60, 280, 200)


def astronaut() -> Image:
    return np.asarray(data.astronaut()[..., ::-1], np.uint8).copy()


@pytest.mark.parametrize(
    ("crop", "box"),
    [
        (astronaut(), FACE),
        (np.zeros((16, 12, 3), np.uint8), Box(0, 0, 12, 16)),
        (np.full((300, 40, 3), 255, np.uint8), Box(30, 290, 40, 300)),
        (np.zeros((5, 5, 3), np.uint8), Box(4, 4, 5, 5)),
    ],
    ids=["photo", "tiny", "corner", "one pixel"],
)
def test_gives_the_networks_size(crop: Image, box: Box) -> None:
    """Whatever the crop, the result is a uint8 picture of the network's size."""
    spec = InputSpec(width=64, height=48, margin=0.2)
    for seed in range(40):
        picture = augment(crop, box, spec=spec, rng=np.random.default_rng(seed))
        assert picture.shape == (48, 64, 3)
        assert picture.dtype == np.uint8


def test_the_generator_decides_all() -> None:
    """The same generator gives the same picture, and the crop is not touched."""
    crop = astronaut()
    first, again, other = (augment(crop, FACE, spec=SPEC, rng=np.random.default_rng(s)) for s in (3, 3, 4))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)
    assert np.array_equal(crop, astronaut())


def test_without_chance_it_is_the_kiosks_crop(monkeypatch: pytest.MonkeyPatch) -> None:
    """With every variation switched off the framing is that of the kiosk, or its mirror image."""
    monkeypatch.setattr(augmentation, "SHIFT", 0.0)
    monkeypatch.setattr(augmentation, "SCALE", (1.0, 1.0))
    monkeypatch.setattr(augmentation, "TURN_DEG", 0.0)
    monkeypatch.setattr(augmentation, "FACE_PX", (1000.0, 1000.0))
    monkeypatch.setattr(augmentation, "_camera", lambda crop, rng: crop)
    monkeypatch.setattr(augmentation, "_erase", lambda picture, rng: picture)
    smooth = np.asarray(cv2.GaussianBlur(astronaut(), (0, 0), 3), np.uint8)
    truth = resize(crop_square(smooth, FACE, margin=SPEC.margin), SPEC).astype(int)
    differences = []
    for seed in range(12):
        got = augment(smooth, FACE, spec=SPEC, rng=np.random.default_rng(seed)).astype(int)
        differences.append(min(np.abs(got - truth).mean(), np.abs(got[:, ::-1] - truth).mean()))
    # One in seven has a cut edge; all the others must agree.
    assert np.median(differences) < 1.5


def test_the_face_stays_in_the_middle() -> None:
    """A bright face on black stays near the middle of the picture, whatever chance does."""
    crop = np.zeros((200, 200, 3), np.uint8)
    crop[70:130, 70:130] = 255
    for seed in range(30):
        picture = augment(crop, Box(70, 70, 130, 130), spec=SPEC, rng=np.random.default_rng(seed)).mean(axis=2)
        rows, columns = np.nonzero(picture > (picture.max() + picture.min()) / 2)
        assert abs(rows.mean() - 47.5) < 22
        assert abs(columns.mean() - 47.5) < 22


def test_resolution_stops_being_a_cue() -> None:
    """Sharp and blurred crops, told apart at a glance before, overlap widely in sharpness after."""

    def sharpness(picture: Image) -> float:
        return float(np.log(cv2.Laplacian(cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY), cv2.CV_64F).var() + 1e-3))

    sharp = astronaut()
    small = cv2.resize(sharp, None, fx=0.2, fy=0.2, interpolation=cv2.INTER_AREA)
    blurred = np.asarray(cv2.resize(small, (512, 512)), np.uint8)
    before = [sharpness(resize(crop_square(picture, FACE, margin=0.15), SPEC)) for picture in (sharp, blurred)]
    after = [
        [sharpness(augment(picture, FACE, spec=SPEC, rng=np.random.default_rng(seed))) for seed in range(60)]
        for picture in (sharp, blurred)
    ]
    assert before[0] - before[1] > 1.5
    assert np.mean(after[0]) - np.mean(after[1]) < 0.6 * (before[0] - before[1])
    assert min(after[0]) < np.median(after[1])
