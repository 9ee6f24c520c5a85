"""Face crops as batches: augmented to train, as the kiosk cuts them to validate, each class as heavy as the next."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from edge.errors import InputError
from edge.networks.preprocess import input_table, to_input
from edge.types import Label, MaskKind
from tests.training import tiny
from training.classifier.face_batches import balanced, face_batches, kinds_of, labels_of
from training.classifier.teaching import Lessons
from training.data.samples import Part
from training.faces.store import CropStore


@pytest.mark.parametrize(
    ("targets", "weights"),
    [([0, 0, 0, 1], [1, 1, 1, 1]), ([0, 1, 1, 2], [0.5, 1, 3, 2]), ([2, 2], [1, 3]), ([0, 1], [1, 1])],
)
def test_each_class_weighs_the_same(targets: list[int], weights: list[float]) -> None:
    """Weights of one class keep their ratio, classes weigh the same, and the mean is 1."""
    given = np.array(weights, np.float32)
    scaled = balanced(np.array(targets), given, balance=1.0)
    totals = [scaled[np.array(targets) == label].sum() for label in set(targets)]
    assert totals == pytest.approx([totals[0]] * len(totals))
    assert scaled.mean() == pytest.approx(1.0)
    first = np.array(targets) == targets[0]
    np.testing.assert_allclose(scaled[first] / given[first], (scaled / given)[first][0], rtol=1e-6)


@pytest.mark.parametrize(("balance", "ratio"), [(0.0, 1.0), (0.5, 2.0), (1.0, 4.0)])
def test_balance_is_a_matter_of_degree(balance: float, ratio: float) -> None:
    """A class four times as rare becomes 1, 2 or 4 times as heavy; the mean stays 1."""
    scaled = balanced(np.array([0, 0, 0, 0, 1]), np.ones(5, np.float32), balance=balance)
    assert scaled[4] / scaled[0] == pytest.approx(ratio)
    assert scaled.mean() == pytest.approx(1.0)


def test_validation_is_cut_as_the_kiosk_cuts(tmp_path: Path) -> None:
    """A validation batch is CropStore.picture through edge.networks.preprocess, in the order of the records."""
    store = CropStore.load(tiny.write_crops(tmp_path)[1])
    inputs, targets, _ = face_batches(store, Part.VALIDATION, tiny.FACTS, tiny.RECIPE)[0]
    expected = to_input(store.picture(18, tiny.SPEC), tiny.SPEC, input_table(tiny.SPEC))
    np.testing.assert_array_equal(inputs[0], expected[0])
    assert targets.argmax(axis=1).tolist() == [0, 1, 2, 0, 1, 2]


def test_training_pictures_vary_from_epoch_to_epoch(tmp_path: Path) -> None:
    """The same faces come in another order and another light in the next epoch, and again so in the same one."""
    store = CropStore.load(tiny.write_crops(tmp_path)[1])
    batches = face_batches(store, Part.TRAIN, tiny.FACTS, tiny.RECIPE)
    first = batches[0][0]
    batches.seek(1)
    second = batches[0][0]
    batches.seek(0)
    assert not np.array_equal(first, second)
    np.testing.assert_array_equal(batches[0][0], first)


def test_a_limit_thins_out_the_training_part_alone(tmp_path: Path) -> None:
    """Always the same ones for the same seed; what is judged stays whole."""
    store = CropStore.load(tiny.write_crops(tmp_path)[1])
    recipe = replace(tiny.RECIPE, limit=4)
    few, again = (face_batches(store, Part.TRAIN, tiny.FACTS, recipe) for _ in range(2))
    assert len(few.targets) == 4
    np.testing.assert_array_equal(few.targets, again.targets)
    assert len(face_batches(store, Part.VALIDATION, tiny.FACTS, recipe).targets) == 6


def test_labels_come_in_the_order_of_the_enum(tmp_path: Path) -> None:
    """Whatever order the records have, outputs mean with, without, incorrect."""
    store = CropStore.load(tiny.write_crops(tmp_path)[1])
    turned = CropStore(store.path, store.records[::-1], margin=store.margin)
    assert labels_of(turned) == (Label.WITH_MASK, Label.WITHOUT_MASK, Label.INCORRECT_MASK)


KINDS = (MaskKind.SURGICAL, MaskKind.CLOTH)
FACTS = tiny.FACTS.model_copy(update={"kinds": KINDS})


def test_kinds_follow_the_labels_where_they_are_known(tmp_path: Path) -> None:
    """A target is one-hot in both parts; without a kind the second holds zeros. One kind alone makes no output."""
    store = CropStore.load(tiny.write_crops(tmp_path, kinds=KINDS)[1])
    _, targets, _ = face_batches(store, Part.VALIDATION, FACTS, tiny.RECIPE)[0]
    assert targets[:, :3].argmax(axis=1).tolist() == [0, 1, 2, 0, 1, 2]
    assert targets[:, 3:].tolist() == [[1, 0], [0, 0], [0, 0], [0, 1], [0, 0], [0, 0]]
    assert kinds_of(store) == KINDS
    assert kinds_of(CropStore.load(tiny.write_crops(tmp_path / "one", kinds=KINDS[:1])[1])) == ()


def test_hard_faces_are_heavier(tmp_path: Path) -> None:
    """Those with a tag, by the factor of the recipe."""
    store = CropStore.load(tiny.write_crops(tmp_path)[1])
    records = tuple(
        record.model_copy(update={"tags": ("hand",) if number == 4 else ()})
        for number, record in enumerate(store.records)
    )
    store = CropStore(store.path, records, margin=store.margin)
    recipe = replace(tiny.RECIPE, balance=0.0, hard=3.0, batch_size=18)
    weights = face_batches(store, Part.TRAIN, tiny.FACTS, recipe)[0][2]
    assert sorted(weights / weights.min())[-2:] == pytest.approx([1, 3])


def test_only_the_training_part_is_taught(tmp_path: Path) -> None:
    """A teacher's answer is mixed into training targets, and leaves those to be judged by alone."""
    store = CropStore.load(tiny.write_crops(tmp_path)[1])
    lessons = Lessons(np.full((24, 3), 1 / 3, np.float32), tiny.LABELS, ())
    recipe = replace(tiny.RECIPE, soft=0.6)
    train, validation = (face_batches(store, part, tiny.FACTS, recipe, lessons)[0][1] for part in list(Part)[:2])
    assert train.max(axis=1) == pytest.approx(0.6)
    assert set(validation.ravel().tolist()) == {0.0, 1.0}


def test_an_empty_part_is_an_input_error(tmp_path: Path) -> None:
    """Crops without any to validate are refused before training begins."""
    store = CropStore.load(tiny.write_crops(tmp_path, validation=0)[1])
    with pytest.raises(InputError, match="no crop of the validation part"):
        face_batches(store, Part.VALIDATION, tiny.FACTS, tiny.RECIPE)
