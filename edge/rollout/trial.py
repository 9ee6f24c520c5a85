"""A new model's first minute: believed afterwards, and taken back if it fails."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

from edge.errors import MaskgateError, ModelError
from edge.networks.store import SHIPPED, ModelStore
from edge.rollout.install import forget_old, roll_back

TRIAL_S = 60.0
"""How long a new model must run without a failure before it is believed."""

_T = TypeVar("_T")


class Trial:
    """Watches a new model through its first minute; told by the thread that drives the kiosk.

    Args:
        store: of models.
        tell: given each decision, in one line.
        clock: monotonic seconds.
    """

    def __init__(
        self, store: ModelStore, tell: Callable[[str], None], *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._store = store
        self._tell = tell
        self._clock = clock
        self._model: str | None = None
        self._until = 0.0

    @property
    def runs(self) -> bool:
        """Whether a new model must still prove itself."""
        return self._model is not None

    def load(self, model: str, load: Callable[[], _T]) -> _T:
        """Load a model, on trial if it is new; one that cannot be loaded is taken back, and the one before is loaded.

        Raises:
            ModelError: if a model that is not on trial cannot be loaded.
        """
        self._model = None
        state = self._store.state(model)
        if state.trial == "running":
            self._go_back(model, "the kiosk did not survive its first minute with it")
        elif state.trial == "pending":
            self._store.write(model, state.model_copy(update={"trial": "running"}))
            try:
                loaded = load()
            except MaskgateError as error:
                self._go_back(model, str(error))
            else:
                self._model, self._until = model, self._clock() + TRIAL_S
                self._tell(f"model {model} {state.live} is on trial")
                return loaded
        return load()

    def beat(self) -> None:
        """A frame was done with: after the first minute the model is believed."""
        if self._model is None or self._clock() < self._until:
            return
        model, self._model = self._model, None
        state = self._store.state(model)
        self._store.write(model, state.model_copy(update={"trial": None}))
        forget_old(self._store, model)
        self._tell(f"model {model} {state.live} has proven itself")

    def fail(self, error: ModelError) -> bool:
        """The model has failed; True if it was on trial, and the one before is to be loaded."""
        if self._model is None:
            return False
        model, self._model = self._model, None
        self._go_back(model, str(error))
        return True

    def suspend(self) -> None:
        """The kiosk ends in an orderly way: the trial begins anew at its next start."""
        if self._model is not None:
            state = self._store.state(self._model)
            self._store.write(self._model, state.model_copy(update={"trial": "pending"}))
            self._model = None

    def _go_back(self, model: str, why: str) -> None:
        failed = self._store.state(model).live
        version = roll_back(self._store, model, why)
        name = "the shipped one" if version == SHIPPED else str(version)
        self._tell(f"model {model} {failed} failed, back to {name}: {why}")
