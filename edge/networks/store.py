"""Which of a model's installed versions is live: a small file beside them, exchanged in one step.

A bundle takes the place of the model of its name. Version 0 is the one that Maskgate ships. Below the store's folder:
MODEL/VERSION/ (as in models/) and MODEL/rollout.json.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from edge.errors import ModelError
from edge.host.files import write_atomically

SHIPPED = 0
KEPT = 2
"""Versions kept beside the live one."""

STATE_FILE = "rollout.json"

Version = Annotated[int, Field(ge=SHIPPED)]


class RolloutState(BaseModel):
    """`rollout.json`.

    Attributes:
        live: the version in use.
        before: versions that were live, newest first.
        trial: a new version that must prove itself: `pending` until a kiosk has loaded it, then `running`.
        failed: versions that did not, and why.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    live: Version = SHIPPED
    before: tuple[Version, ...] = ()
    trial: Literal["pending", "running"] | None = None
    failed: dict[Version, str] = {}

    def go_live(self, version: int) -> RolloutState:
        """With another version, on trial."""
        before = tuple(old for old in (self.live, *self.before) if old != version)[:KEPT]
        failed = {old: why for old, why in self.failed.items() if old != version}
        return RolloutState(live=version, before=before, trial="pending", failed=failed)

    def go_back(self, why: str) -> RolloutState:
        """With the version before, which needs no trial; the present one has failed.

        Raises:
            ModelError: if there is none.
        """
        if not self.before:
            raise ModelError("no version was live before this one")
        return RolloutState(live=self.before[0], before=self.before[1:], failed={**self.failed, self.live: why})

    def fail(self, version: int, why: str) -> RolloutState:
        """With a version that must not be tried again; what is live stays."""
        return self.model_copy(update={"failed": {**self.failed, version: why}})

    @property
    def kept(self) -> set[int]:
        """Versions that are needed."""
        return {self.live, *self.before}


class ModelStore:
    """The installed versions of all models.

    Args:
        folder: need not exist.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def folder(self, model: str, version: int) -> Path:
        """Where a version lies."""
        return self._folder / model / str(version)

    def live_folder(self, model: str) -> Path | None:
        """Where the live version lies; None for the shipped one.

        Raises:
            ModelError: if the store is damaged.
        """
        version = self.state(model).live
        return None if version == SHIPPED else self.folder(model, version)

    def models(self) -> tuple[str, ...]:
        """Models of which anything was ever installed."""
        return tuple(sorted(path.parent.name for path in self._folder.glob(f"*/{STATE_FILE}")))

    def state(self, model: str) -> RolloutState:
        """What is live.

        Raises:
            ModelError: if the file is damaged.
        """
        path = self._state_path(model)
        try:
            return RolloutState.model_validate_json(path.read_bytes())
        except FileNotFoundError:
            return RolloutState()
        except (OSError, ValidationError) as error:
            raise ModelError(f"{path}: cannot be read ({error}); delete it to use the shipped model") from error

    def write(self, model: str, state: RolloutState) -> None:
        """Change what is live in one step: after a power cut it is the old or the new.

        Raises:
            ModelError: if it cannot be written.
        """
        path = self._state_path(model)
        try:
            write_atomically(path, f"{state.model_dump_json()}\n".encode())
        except OSError as error:
            raise ModelError(f"{path}: cannot be written ({error.strerror}); is the disk full?") from error

    def _state_path(self, model: str) -> Path:
        return self._folder / model / STATE_FILE
