"""BestCheckpoints: what counts as progress, and files that survive a kill at any moment."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from edge.errors import ConfigError, InputError
from tests.training import tiny
from training.classifier.checkpoints import BestCheckpoints, TrainingState, advance
from training.classifier.recipe import Keep


@pytest.mark.parametrize(
    ("losses", "best", "best_epoch", "waited", "stopped"),
    [
        ([3.0], 3.0, 1, 0, False),
        ([3.0, 2.0], 2.0, 2, 0, False),
        ([3.0, 2.0, 2.0], 2.0, 2, 1, False),
        ([3.0, 2.0, 2.5, 2.4], 2.0, 2, 2, True),
        ([3.0, 2.0, 2.5, 1.9], 1.9, 4, 0, False),
    ],
)
def test_advance(losses: list[float], best: float, best_epoch: int, waited: int, stopped: bool) -> None:
    """Only a lower validation loss is progress; with a patience of two, two epochs without it are the end."""
    state = TrainingState()
    for loss in losses:
        state, _ = advance(state, {"val_loss": loss, "loss": 1.0}, patience=2)
    assert (state.best, state.best_epoch, state.waited, state.stopped) == (best, best_epoch, waited, stopped)
    assert state.epochs == len(state.history["loss"]) == len(losses)


@pytest.mark.parametrize(("keep", "best_epoch"), [(Keep.LOSS, 2), (Keep.MACRO_F1, 1), (Keep.LAST, 3)])
def test_which_epoch_is_kept(keep: Keep, best_epoch: int) -> None:
    """By loss, by macro F1, or simply the last."""
    state = TrainingState()
    for loss, macro_f1 in ((3.0, 0.9), (1.0, 0.8), (2.0, 0.7)):
        state, _ = advance(state, {"val_loss": loss, "val_macro_f1": macro_f1}, patience=5, keep=keep)
    assert state.best_epoch == best_epoch


def test_a_diverged_run_ends_with_advice() -> None:
    """A loss that is no number stops the run and says what to change."""
    with pytest.raises(ConfigError, match="lower rate"):
        advance(TrainingState(epochs=2), {"val_loss": float("nan")}, patience=2)


def test_a_kill_while_saving_costs_one_epoch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Killed after the weights and before the state, the older pair of both is still there."""
    checkpoints, model = BestCheckpoints(tmp_path), tiny.construct((8, 8, 3), None)
    first = TrainingState(epochs=1)
    checkpoints.save(model, first, improved=True)
    kept = model.get_weights()

    def killed(self: Path, target: Path) -> Path:
        raise KeyboardInterrupt

    model.set_weights([value + 1 for value in kept])
    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", killed)
        with pytest.raises(KeyboardInterrupt):
            checkpoints.save(model, TrainingState(epochs=2), improved=True)

    found = checkpoints.load()
    assert found == first
    checkpoints.load_weights(model, found)
    np.testing.assert_array_equal(model.get_weights()[0], kept[0])
    checkpoints.load_best(model)
    np.testing.assert_array_equal(model.get_weights()[0], kept[0])


def test_only_the_last_epoch_and_the_best_are_kept(tmp_path: Path) -> None:
    """A long run does not fill the disk."""
    checkpoints, model = BestCheckpoints(tmp_path), tiny.construct((8, 8, 3), None)
    for epoch in (1, 2, 3):
        checkpoints.save(model, TrainingState(epochs=epoch), improved=epoch == 1)
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "best.weights.h5",
        "epoch-0003.weights.h5",
        "state.json",
    ]


def test_a_damaged_state_is_an_input_error(tmp_path: Path) -> None:
    """A state that cannot be understood is named, not guessed at; so are weights."""
    checkpoints, model = BestCheckpoints(tmp_path), tiny.construct((8, 8, 3), None)
    (tmp_path / "state.json").write_text("{}}")
    with pytest.raises(InputError, match=r"state\.json: cannot resume from this checkpoint"):
        checkpoints.load()
    (tmp_path / "epoch-0001.weights.h5").write_text("half")
    with pytest.raises(InputError, match=r"epoch-0001\.weights\.h5: cannot resume from this checkpoint"):
        checkpoints.load_weights(model, TrainingState(epochs=1))
