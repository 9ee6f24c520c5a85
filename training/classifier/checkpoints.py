"""What a stopped run needs to go on: weights, optimizer, and where it stood; and the best weights so far."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from math import isfinite
from pathlib import Path

import keras
from pydantic import BaseModel, ConfigDict, ValidationError

from edge.errors import ConfigError, InputError
from edge.host.files import replacing
from training.classifier.heads import without_optimizer
from training.classifier.recipe import Keep


class TrainingState(BaseModel):
    """Where a run stands after a whole epoch.

    Attributes:
        epochs: finished epochs, over all stages.
        best: lowest badness so far (see `badness`); None before the first epoch.
        best_epoch: the epoch that had it, counted from 1; 0 before the first.
        waited: epochs since then, in the present stage.
        stopped: early stopping has ended the run.
        history: each figure's value in each finished epoch.
        last_weights: file with the weights and the optimizer of the last epoch, in the same folder.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    epochs: int = 0
    best: float | None = None
    best_epoch: int = 0
    waited: int = 0
    stopped: bool = False
    history: dict[str, list[float]] = {}
    last_weights: str = ""


@dataclass(frozen=True, slots=True)
class Checkpoints:
    """The folder `checkpoints/` of a run."""

    folder: Path

    @property
    def _best(self) -> Path:
        return self.folder / "best.weights.h5"

    @property
    def _state(self) -> Path:
        return self.folder / "state.json"

    def load(self) -> TrainingState:
        """The last saved state; a fresh one where nothing was saved.

        Raises:
            InputError: if the state file is damaged.
        """
        if not self._state.exists():
            return TrainingState()
        try:
            return TrainingState.model_validate_json(self._state.read_bytes())
        except ValidationError as error:
            raise InputError(f"{self._state}: is damaged ({error.errors()[0]['msg']}); begin a new run") from error

    def load_weights(self, model: keras.Model, state: TrainingState) -> None:
        """Weights of the last epoch, and its optimizer if `model` is compiled with one of the same stage."""
        model.load_weights(self.folder / state.last_weights)

    def load_best(self, model: keras.Model) -> None:
        """Weights of the best epoch of all stages, without an optimizer."""
        without_optimizer(model).load_weights(self._best)

    def _save_best(self, model: keras.Model) -> None:
        with replacing(self._best) as fresh:
            without_optimizer(model).save_weights(fresh)

    def save(self, model: keras.Model, state: TrainingState, *, improved: bool) -> TrainingState:
        """Save weights first, then the state that names them: a kill in between loses one epoch, never the run."""
        self.folder.mkdir(parents=True, exist_ok=True)
        last = self.folder / f"epoch-{state.epochs:04d}.weights.h5"
        model.save_weights(last)
        if improved:
            self._save_best(model)
        state = state.model_copy(update={"last_weights": last.name})
        with replacing(self._state) as fresh:
            fresh.write_text(state.model_dump_json(indent=1) + "\n")
        for older in self.folder.glob("epoch-*.weights.h5"):
            if older != last:
                older.unlink()
        return state


def badness(figures: Mapping[str, float], keep: Keep, *, epochs: int) -> float:
    """What decides which epoch was best; lower is better, and the first of equals wins."""
    match keep:
        case Keep.LOSS:
            return figures["val_loss"]
        case Keep.MACRO_F1:
            return -figures["val_macro_f1"]
        case Keep.LAST:
            return -float(epochs)


def advance(
    state: TrainingState, figures: Mapping[str, float], *, patience: int, keep: Keep = Keep.LOSS
) -> tuple[TrainingState, bool]:
    """The state after one more epoch with these figures, and whether it is the best epoch so far.

    Raises:
        ConfigError: if the training has diverged.
    """
    if not isfinite(figures["val_loss"]):
        raise ConfigError(
            f"epoch {state.epochs + 1}: the loss is no number any more; begin a new run with a lower rate"
        )
    value = badness(figures, keep, epochs=state.epochs + 1)
    improved = state.best is None or value < state.best
    waited = 0 if improved else state.waited + 1
    history = {name: [*state.history.get(name, []), float(figure)] for name, figure in figures.items()}
    following = TrainingState(
        epochs=state.epochs + 1,
        best=value if improved else state.best,
        best_epoch=state.epochs + 1 if improved else state.best_epoch,
        waited=waited,
        stopped=waited >= patience,
        history=history,
    )
    return following, improved


class SaveEachEpoch(keras.callbacks.Callback):
    """Saves a checkpoint after each epoch, and stops the run when `patience` epochs brought no better one.

    Keras' own EarlyStopping and BackupAndRestore forget each other's state when a run is resumed.
    """

    def __init__(
        self, checkpoints: Checkpoints, state: TrainingState, *, patience: int, keep: Keep = Keep.LOSS
    ) -> None:
        super().__init__()
        self.state = state
        self._checkpoints, self._patience, self._keep = checkpoints, patience, keep
        self._began_at = 0.0

    def on_epoch_begin(self, epoch: int, logs: Mapping[str, float] | None = None) -> None:
        self._began_at = time.monotonic()

    def on_epoch_end(self, epoch: int, logs: Mapping[str, float] | None = None) -> None:
        figures = dict(logs or {}) | {"seconds": time.monotonic() - self._began_at}
        following, improved = advance(self.state, figures, patience=self._patience, keep=self._keep)
        self.state = self._checkpoints.save(self.model, following, improved=improved)
        self.model.stop_training = self.state.stopped


class ReseedDropout(keras.callbacks.Callback):
    """Makes dropout depend on (seed, epoch) alone, so that a resumed run drops what the unbroken one would have."""

    def __init__(self, seed: int) -> None:
        super().__init__()
        self._seed = seed

    def on_epoch_begin(self, epoch: int, logs: Mapping[str, float] | None = None) -> None:
        reseed_dropout(self.model, self._seed, epoch)


def reseed_dropout(model: keras.Model, seed: int, epoch: int) -> None:
    """Set every dropout's random state from (seed, epoch)."""
    for layer in model.layers:
        if isinstance(layer, keras.layers.Dropout) and layer.rate > 0:
            layer.seed_generator.state.assign([seed, epoch])
