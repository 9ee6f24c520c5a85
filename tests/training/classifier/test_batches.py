"""Batches: the kiosk's preprocessing, and chance that follows from seed and epoch alone."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from edge.errors import InputError
from edge.networks.preprocess import input_table, resize, to_input
from edge.types import Image, Label
from tests.training import tiny
from training.classifier.batches import PictureBatches, SeekEachEpoch, own_errors, sample_picture
from training.data.samples import Sample


def _numbered(index: int, chance: np.random.Generator) -> Image:
    """A picture whose red says which one it is and whose blue is chance."""
    picture = np.zeros((4, 4, 3), np.uint8)
    picture[..., 2], picture[..., 0] = index, chance.integers(256)
    return picture


def _batches(samples: int = 10, *, shuffle: bool = True, seed: int = 5) -> PictureBatches:
    targets = np.arange(samples, dtype=np.int64) % 3
    weights = np.arange(1, samples + 1, dtype=np.float32)
    return PictureBatches(
        _numbered, targets, spec=tiny.SPEC, classes=3, batch_size=4, weights=weights, shuffle=shuffle, seed=seed
    )


def _indices(inputs: np.ndarray[tuple[int, ...], np.dtype[np.float32]]) -> list[int]:
    return [round(float(value)) for value in (inputs[:, 0, 0, 0] + 1) * 127.5]


def test_a_batch_holds_input_target_and_weight() -> None:
    """Shapes and types are Keras', and the three parts speak of the same samples."""
    inputs, targets, weights = _batches()[2]
    assert inputs.dtype.name == "float32"
    assert inputs.shape == (2, 8, 8, 3)
    indices = _indices(inputs)
    assert [index % 3 for index in indices] == targets.argmax(axis=1).tolist()
    assert [index + 1 for index in indices] == weights.tolist()


def test_input_is_the_kiosks() -> None:
    """What a batch holds is what edge.networks.preprocess makes of the same picture."""
    inputs, _, _ = _batches(shuffle=False)[0]
    picture = _numbered(2, np.random.default_rng((5, 0, 2)))
    expected = to_input(resize(picture, tiny.SPEC), tiny.SPEC, input_table(tiny.SPEC))
    np.testing.assert_array_equal(inputs[2], expected[0])


def test_an_epoch_shows_every_sample_once() -> None:
    """The batches of an epoch are a permutation of the samples."""
    batches = _batches()
    shown = [index for at in range(batches.num_batches) for index in _indices(batches[at][0])]
    assert sorted(shown) == list(range(10))
    assert shown != list(range(10))


def test_an_epoch_can_draw_by_weight() -> None:
    """A sample three times as heavy comes three times as often, in versions of its own, and then counts 1."""
    targets, weights = np.zeros(3, np.int64), np.array([1, 3, 0.5], np.float32)
    batches = PictureBatches(
        _numbered, targets, spec=tiny.SPEC, classes=3, batch_size=4, weights=weights, shuffle=True, draws=18
    )
    assert (batches.num_batches, batches.shown) == (5, 18)
    shown, blues = [], set()
    for at in range(batches.num_batches):
        inputs, _, counted = batches[at]
        assert set(counted.tolist()) == {1.0}
        shown += _indices(inputs)
        blues |= {float(picture[0, 0, 2]) for picture in inputs if round(float((picture[0, 0, 0] + 1) * 127.5)) == 1}
    assert [shown.count(index) for index in range(3)] == [4, 12, 2]
    assert len(blues) > 8
    assert batches.share(4, rank=1, count=2)[0].shape[0] == 1


def test_chance_follows_from_seed_and_epoch() -> None:
    """Another epoch or seed is another order; going back to an epoch gives the very same pictures."""
    batches = _batches()
    callback = SeekEachEpoch(batches)
    first = batches[0][0]
    callback.on_epoch_begin(1)
    second = batches[0][0]
    callback.on_epoch_begin(0)
    assert np.array_equal(batches[0][0], first)
    assert not np.array_equal(second, first)
    assert not np.array_equal(_batches(seed=6)[0][0], first)


def test_without_shuffling_epochs_are_equal() -> None:
    """A validation set is the same in each epoch, in the order of its samples."""
    batches = _batches(shuffle=False)
    first = batches[1][0]
    batches.seek(3)
    assert _indices(batches[1][0]) == [4, 5, 6, 7]
    np.testing.assert_array_equal(batches[1][0], first)


@pytest.mark.parametrize("count", [1, 2, 3])
def test_shares_make_up_the_batch(count: int) -> None:
    """Shares of one length hold each sample once; what fills them up weighs nothing."""
    batches = _batches()
    shares = [batches.share(2, rank=rank, count=count) for rank in range(count)]
    counted = [
        index
        for inputs, _, weights, _ in shares
        for index, weight in zip(_indices(inputs), weights, strict=True)
        if weight
    ]
    assert sorted(counted) == sorted(_indices(batches[2][0]))
    assert len({len(inputs) for inputs, *_ in shares}) == 1
    assert {float(size) for *_, size in shares} == {2.0}


def test_a_sample_with_a_box_is_cut_out(tmp_path: Path) -> None:
    """A boxed face comes with the kiosk's margin; one without a box is the whole picture."""
    picture = np.zeros((40, 60, 3), np.uint8)
    picture[10:20, 30:40] = 255
    cv2.imwrite(str(tmp_path / "a.png"), picture)
    sample = Sample(file="a.png", label=Label.WITH_MASK, group="a", source="x", box=(30, 10, 40, 20))
    spec = tiny.SPEC.model_copy(update={"margin": 0.5})
    cut = sample_picture(sample, tmp_path, spec)
    assert cut.shape == (20, 20, 3)
    assert (cut == 255).all(axis=2).sum() == 100
    assert sample_picture(sample.model_copy(update={"box": None}), tmp_path, spec).shape == (40, 60, 3)


def test_an_unreadable_picture_is_an_input_error() -> None:
    """The error of a picture reaches whoever asks for its batch."""

    def broken(index: int, _chance: np.random.Generator) -> Image:
        raise InputError(f"face-{index}.jpg: is empty")

    batches = PictureBatches(broken, np.zeros(1, np.int64), spec=tiny.SPEC, classes=3, batch_size=4)
    with pytest.raises(InputError, match=r"face-0\.jpg"):
        batches[0]


def test_keras_does_not_bury_it() -> None:
    """Out of `predict`, too, comes the picture's own error."""

    def broken(index: int, _chance: np.random.Generator) -> Image:
        raise InputError(f"face-{index}.jpg: is empty")

    batches = PictureBatches(broken, np.zeros(1, np.int64), spec=tiny.SPEC, classes=3, batch_size=4)
    model = tiny.construct((8, 8, 3), None)
    with pytest.raises(InputError, match=r"face-0\.jpg"), own_errors(batches):
        model.predict(batches, verbose=0)
