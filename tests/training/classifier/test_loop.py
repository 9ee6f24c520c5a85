"""The fit loop: stages, early stopping, and going on after a kill."""

from __future__ import annotations

import itertools
import random
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from numpy.typing import NDArray

from tests.training import tiny
from training.classifier import loop
from training.classifier.checkpoints import BestCheckpoints, TrainingState
from training.classifier.recipe import FinetuneRecipe
from training.runs import RunFolder

pytestmark = pytest.mark.usefixtures("eager")


@pytest.fixture(scope="module")
def unbroken(tmp_path_factory: pytest.TempPathFactory, eager: None) -> tuple[keras.Model, TrainingState]:
    """What a run that nobody kills ends with."""
    return _fit(tmp_path_factory.mktemp("whole"))


class Killed(BaseException):
    """Stands for the power cut: nothing in the code under test may catch it."""


class KillAt(keras.callbacks.Callback):
    """Ends the process, as it were, at the first batch of an epoch."""

    def __init__(self, epoch: int) -> None:
        super().__init__()
        self._epoch = epoch

    def on_epoch_begin(self, epoch: int, logs: Mapping[str, float] | None = None) -> None:
        if epoch == self._epoch:
            raise Killed


def _fit(
    folder: Path, recipe: FinetuneRecipe = tiny.RECIPE, *, pretrained: bool = True
) -> tuple[keras.Model, TrainingState]:
    run = RunFolder.create(folder / "run", resume=True)
    job = tiny.job(folder, recipe=recipe, pretrained=pretrained)
    model = loop.build(job, tiny.FACTS)
    train, validation = tiny.batches(28, seed=1, shuffle=True), tiny.batches(12, seed=2, shuffle=False)
    return model, loop.fit(model, job, run, train=train, validation=validation)


@pytest.mark.parametrize("killed_in_epoch", [1, 2, 4], ids=["head stage", "between the stages", "upper stage"])
def test_a_killed_run_resumes_to_the_same_end(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    unbroken: tuple[keras.Model, TrainingState],
    killed_in_epoch: int,
) -> None:
    """A run killed in some epoch and resumed has the history and the weights of the unbroken one."""
    whole, expected = unbroken
    with monkeypatch.context() as patch:
        patch.setattr(loop, "tensorboard", lambda _folder: [KillAt(killed_in_epoch)])
        with pytest.raises(Killed):
            _fit(tmp_path)
    saved = BestCheckpoints(tmp_path / "run" / "checkpoints").load()
    resumed, state = _fit(tmp_path)

    assert saved.epochs == killed_in_epoch
    assert state.epochs == expected.epochs == 5
    for name in set(expected.history) - {"seconds"}:
        np.testing.assert_allclose(state.history[name], expected.history[name], rtol=1e-4, err_msg=name)
    for ours, theirs in zip(resumed.get_weights(), whole.get_weights(), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-3, atol=1e-5)


def test_a_network_begins_as_its_seed_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever other threads draw from Python's generator while it is built, pretrained, started from or not."""
    draw = itertools.count(1)
    monkeypatch.setattr(random, "randint", lambda *_limits: next(draw))

    def begin(seed: int, *, pretrained: bool) -> list[NDArray[np.float32]]:
        job = tiny.job(tmp_path, recipe=replace(tiny.RECIPE, seed=seed), pretrained=pretrained)
        return [np.asarray(weights) for weights in loop.build(job, tiny.FACTS).get_weights()]

    for pretrained in (True, False):
        first, again, other = (begin(seed, pretrained=pretrained) for seed in (1, 1, 2))
        assert all(np.array_equal(one, two) for one, two in zip(first, again, strict=True))
        same = [np.array_equal(one, two) for one, two in zip(first, other, strict=True) if one.std() > 0]
        assert sum(same) == (2 if pretrained else 0), "the base's two kernels are as they were loaded"


def test_it_learns(unbroken: tuple[keras.Model, TrainingState]) -> None:
    """The tiny network begins to tell the colours apart in its five epochs."""
    _, state = unbroken
    assert state.history["val_loss"][-1] < 0.9 * state.history["val_loss"][0]
    assert state.history["val_accuracy"][-1] > 0.6


def test_the_base_learns_only_in_the_upper_stage(tmp_path: Path, unbroken: tuple[keras.Model, TrainingState]) -> None:
    """After the head stage the base is as it was loaded; after the upper one its upper block has moved, no more."""
    before = tiny.job(tmp_path).backbone.build(tiny.SPEC, str(tiny.weights_file(tmp_path)))
    head_only, _ = _fit(tmp_path, replace(tiny.RECIPE, upper_epochs=0))
    both, _ = unbroken

    def moved(model: keras.Model, layer: str) -> bool:
        pairs = zip(model.get_layer(layer).get_weights(), before.get_layer(layer).get_weights(), strict=True)
        return any(not np.array_equal(ours, theirs) for ours, theirs in pairs)

    assert [moved(head_only, layer) for layer in ("lower", "upper", "upper_norm")] == [False, False, False]
    assert [moved(both, layer) for layer in ("lower", "upper", "upper_norm")] == [False, True, False]


def test_random_weights_learn_as_a_whole(tmp_path: Path) -> None:
    """Without pretrained weights every layer moves, the batch norm's statistics included."""
    model, state = _fit(tmp_path, replace(tiny.RECIPE, head_epochs=1, upper_epochs=1), pretrained=False)
    assert state.epochs == 2
    assert not np.allclose(model.get_layer("upper_norm").get_weights()[2], 0.0)


def test_early_stopping_restores_the_best_epoch(tmp_path: Path) -> None:
    """A rate so high that the loss climbs ends the run early, with the weights of the best epoch."""
    recipe = replace(tiny.RECIPE, upper_epochs=12, upper_rate=5.0, patience=2)
    model, state = _fit(tmp_path, recipe)
    _, again = _fit(tmp_path, recipe)
    model.compile(loss=keras.losses.CategoricalCrossentropy(label_smoothing=recipe.label_smoothing))
    loss: Any = model.evaluate(tiny.batches(12, seed=2, shuffle=False), verbose=0)[0]

    assert state.stopped
    assert state.epochs < 14
    assert min(state.history["val_loss"]) == state.best
    assert loss == pytest.approx(state.best, rel=1e-3)
    assert again.epochs == state.epochs, "a run that has ended early is over"
