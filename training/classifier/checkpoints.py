"""Where a classifier's run stands, which of its epochs was best, and their checkpoints."""

from __future__ import annotations

import time
from collections.abc import Mapping
from math import isfinite
from pathlib import Path

import keras
from pydantic import Field

from edge.errors import ConfigError
from edge.host.files import replacing
from training.checkpoints import Checkpoints, RunState
from training.classifier.heads import without_optimizer
from training.classifier.recipe import Keep


class TrainingState(RunState):
    """Where a run stands after a whole epoch.

    Attributes:
        epochs: finished epochs, over all stages.
        best: lowest badness so far (see `badness`); None before the first epoch.
        best_epoch: the epoch that had it, counted from 1; 0 before the first.
        waited: epochs since then, in the present stage.
        stopped: early stopping has ended the run.
        history: each figure's value in each finished epoch.
    """

    best: float | None = None
    best_epoch: int = 0
    waited: int = 0
    stopped: bool = False
    history: dict[str, list[float]] = Field(default_factory=dict)


class BestCheckpoints(Checkpoints[TrainingState]):
    """Keeps the weights of the best epoch, too."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder, TrainingState())

    @property
    def _best(self) -> Path:
        return self.folder / "best.weights.h5"

    def load_best(self, model: keras.Model) -> None:
        """Weights of the best epoch of all stages, without an optimizer."""
        self.read(self._best, without_optimizer(model).load_weights)

    def save(self, model: keras.Model, state: TrainingState, *, improved: bool) -> None:
        """Save the last epoch, and as the best one if it `improved`."""
        self.save_weights(model, state)
        if improved:
            with replacing(self._best) as fresh:
                without_optimizer(model).save_weights(fresh)
        self.save_state(state)


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
            f"epoch {state.epochs + 1}: the loss is not a finite number any more; start a new run with a lower rate"
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
        self, checkpoints: BestCheckpoints, state: TrainingState, *, patience: int, keep: Keep = Keep.LOSS
    ) -> None:
        super().__init__()
        self.state = state
        self._checkpoints, self._patience, self._keep = checkpoints, patience, keep
        self._began_at = 0.0

    def on_epoch_begin(self, epoch: int, logs: Mapping[str, float] | None = None) -> None:
        self._began_at = time.monotonic()

    def on_epoch_end(self, epoch: int, logs: Mapping[str, float] | None = None) -> None:
        figures = dict(logs or {}) | {"seconds": time.monotonic() - self._began_at}
        self.state, improved = advance(self.state, figures, patience=self._patience, keep=self._keep)
        self._checkpoints.save(self.model, self.state, improved=improved)
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
