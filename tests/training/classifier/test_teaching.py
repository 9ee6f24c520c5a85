"""Distillation: what teachers say becomes a target."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from edge.errors import InputError
from edge.types import Image, Label, MaskKind
from tests.training import tiny
from training.classifier.teaching import Lessons, softened, taught, teach
from training.data.samples import Part
from training.evaluation.predictors import Predictor
from training.faces.store import CropStore

KINDS = (MaskKind.SURGICAL, MaskKind.CLOTH)


def left_or_right(*, sure: float, kinds: tuple[MaskKind, ...] = KINDS) -> Predictor:
    """A teacher that goes by which half of a face is brighter; even halves leave it between the first two labels."""

    def answers(faces: Sequence[Image]) -> NDArray[np.float32]:
        rows = []
        for face in faces:
            middle = face.shape[1] // 2
            left = float(face[:, :middle].mean() >= face[:, middle:].mean())
            first = sure * left + (1 - sure) * (1 - left)
            rows.append([first, 1 - first, 0, first, 1 - first][: 3 + len(kinds)])
        return np.array(rows, np.float32)

    return Predictor("teacher", "test", tiny.LABELS, tiny.SPEC, {}, answers, kinds)


def test_softening_keeps_both_distributions() -> None:
    """Each part sums to 1 and keeps its order; at a temperature of 2 the odds are the square roots."""
    soft = softened(np.array([[0.9, 0.1, 0.0, 0.2, 0.8]], np.float32), classes=3)
    assert soft[:, :3].sum() == pytest.approx(1)
    assert soft[:, 3:].sum() == pytest.approx(1)
    assert soft[0, 0] / soft[0, 1] == pytest.approx(3, rel=1e-3)
    assert soft[0, 4] / soft[0, 3] == pytest.approx(2, rel=1e-3)
    assert softened(np.array([[0.5, 0.5]], np.float32), classes=2).shape == (1, 2)


@pytest.mark.parametrize(
    ("guessed", "kind", "expected"),
    [
        (False, [1, 0], [0.7, 0.3, 0, 0.7, 0.3]),
        (True, [1, 0], [0.4, 0.6, 0, 0.4, 0.6]),
        (False, [0, 0], [0.7, 0.3, 0, 0, 0]),
        (True, [0, 0], [0.4, 0.6, 0, 0, 0]),
    ],
    ids=["known", "guessed", "kind unknown", "both unknown"],
)
def test_targets_lie_between(guessed: bool, kind: list[float], expected: list[float]) -> None:
    """A guessed label is the teacher's to decide; a kind is taught only where one is known."""
    own = np.array([[1, 0, 0, *kind]], np.float32)
    teacher = np.array([[0.4, 0.6, 0, 0.4, 0.6]], np.float32)
    mixed = taught(own, teacher, np.array([guessed]), classes=3, share=0.5)
    assert mixed[0].tolist() == pytest.approx(expected)


def test_every_training_crop_is_asked_both_ways(tmp_path: Path) -> None:
    """Mirror images and teachers are averaged; what is to be judged by stays unasked."""
    crops = tiny.write_crops(tmp_path)[1]
    picture = np.zeros((64, 64, 3), np.uint8)
    picture[:, 40:] = 255
    CropStore(crops, (), margin=0.5).add_picture("00.jpg", picture)
    store = CropStore.load(crops)
    lessons = teach([left_or_right(sure=1.0), left_or_right(sure=0.8)], store)
    assert lessons.answers.shape == (24, 5)
    train = np.array([record.part is Part.TRAIN for record in store.records])
    assert (lessons.answers[~train] == 0).all()
    assert lessons.answers[train].sum(axis=1) == pytest.approx(2, abs=1e-3)
    assert lessons.answers[0, :2] == pytest.approx(0.5, abs=1e-3)
    assert lessons.answers[1, 0] == pytest.approx((1 + 2 / 3) / 2, abs=1e-3)
    assert teach([left_or_right(sure=1.0)], store, mirrored=False).answers[0, 0] == pytest.approx(0, abs=1e-3)


def test_teachers_agree_about_the_classes(tmp_path: Path) -> None:
    """One with kinds and one without cannot be averaged."""
    store = CropStore.load(tiny.write_crops(tmp_path)[1])
    with pytest.raises(InputError, match="different labels or kinds"):
        teach([left_or_right(sure=1), left_or_right(sure=1, kinds=())], store)


def test_lessons_belong_to_their_crops(tmp_path: Path) -> None:
    """Written and read again they are the same to three digits; for other crops or classes they are refused."""
    crops, other = tiny.write_crops(tmp_path)[1], tiny.write_crops(tmp_path / "other", train=9)[1]
    lessons = Lessons(np.random.default_rng(1).random((24, 5)).astype(np.float32), tiny.LABELS, KINDS)
    lessons.save(tmp_path / "lessons.npz", crops)
    again = Lessons.load(tmp_path / "lessons.npz", crops, labels=tiny.LABELS, kinds=KINDS)
    np.testing.assert_allclose(again.answers, lessons.answers, atol=1e-3)
    wrong: list[tuple[Path, tuple[Label, ...], tuple[MaskKind, ...]]] = [
        (other, tiny.LABELS, KINDS),
        (crops, tiny.LABELS[:2], KINDS),
        (crops, tiny.LABELS, ()),
    ]
    for folder, labels, kinds in wrong:
        with pytest.raises(InputError, match="other crops or classes"):
            Lessons.load(tmp_path / "lessons.npz", folder, labels=labels, kinds=kinds)
    (tmp_path / "lessons.npz").write_bytes(b"no zip")
    with pytest.raises(InputError, match="maskgate-train teach"):
        Lessons.load(tmp_path / "lessons.npz", crops, labels=tiny.LABELS, kinds=KINDS)
