"""What a stopped run resumes from: the weights of its last epoch, and the state that says where it stood."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Generic, TypeVar

import keras
from pydantic import BaseModel, ConfigDict, ValidationError

from edge.errors import InputError, cause_of
from edge.host.files import replacing


class RunState(BaseModel):
    """Where a run stands after a whole epoch; each kind of run adds what it needs to know.

    Attributes:
        epochs: finished ones.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    epochs: int = 0

    @property
    def weights_name(self) -> str:
        """File with the weights and the optimizer of the last epoch; another one than the epoch before had."""
        return f"epoch-{self.epochs:04d}.weights.h5"


State = TypeVar("State", bound=RunState)


class Checkpoints(Generic[State]):
    """The folder `checkpoints/` of a run.

    Weights are saved first, then the state that names them: a kill in between loses one epoch, never the run.

    Args:
        folder: made with the first checkpoint.
        fresh: the state of a run that has saved nothing.
    """

    def __init__(self, folder: Path, fresh: State) -> None:
        self.folder = folder
        self._fresh = fresh

    @property
    def _state(self) -> Path:
        return self.folder / "state.json"

    def load(self) -> State:
        """The last saved state; the fresh one where nothing was saved.

        Raises:
            InputError: if the state file is damaged.
        """
        if not self._state.exists():
            return self._fresh
        try:
            return type(self._fresh).model_validate_json(self._state.read_bytes())
        except (OSError, ValidationError) as error:
            raise self._damaged(self._state, error) from error

    def load_weights(self, model: keras.Model, state: State) -> None:
        """Weights of the last epoch, and its optimizer if `model` is compiled with one for the same weights.

        Raises:
            InputError: if the file is missing, damaged or another network's.
        """
        self.read(self.folder / state.weights_name, model.load_weights)

    def read(self, path: Path, load: Callable[[Path], object]) -> None:
        """Have `load` read a file of the checkpoint.

        Raises:
            InputError: if it cannot.
        """
        try:
            load(path)
        except (OSError, ValueError, KeyError) as error:
            raise self._damaged(path, error) from error

    def save_weights(self, model: keras.Model, state: State) -> None:
        """Write what `state` will name; it counts for nothing until `save_state`."""
        self.folder.mkdir(parents=True, exist_ok=True)
        model.save_weights(self.folder / state.weights_name)

    def save_state(self, state: State) -> None:
        """From now on the run resumes from here; earlier epochs' weights are deleted."""
        with replacing(self._state) as fresh:
            fresh.write_text(state.model_dump_json(indent=1) + "\n")
        for older in self.folder.glob("epoch-*.weights.h5"):
            if older.name != state.weights_name:
                older.unlink()

    @staticmethod
    def _damaged(path: Path, error: Exception) -> InputError:
        cause = cause_of(error.errors()[0]) if isinstance(error, ValidationError) else str(error)[:100]
        return InputError(f"{path}: cannot resume from this checkpoint ({cause}); start a new run")
