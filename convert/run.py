"""A training run as conversion sees it: files only, never the code that wrote them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ConfigDict, Field, JsonValue, ValidationError

from edge.errors import InputError, cause_of
from edge.networks.manifest import InputSpec, Probability, TellsKinds, sha256_of
from edge.types import Label

CROPS_FILE = "crops.json"

_Record = TypeVar("_Record", bound=BaseModel)


class View(BaseModel):
    """What conversion reads of a file; whatever else stands in it is ignored."""

    model_config = ConfigDict(extra="ignore", frozen=True)


class Facts(TellsKinds, View):
    """`model.json`: what the network takes and gives; its output holds the labels, then the kinds of masks if any."""

    labels: tuple[Label, ...]
    input: InputSpec
    backbone: str
    thresholds: dict[Label, Probability] = Field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Run:
    """The folder of a finished training run.

    Attributes:
        path: the folder.
        facts: what the network takes and gives.
        crops: folder of the prepared crops it learnt from; None if it learnt from the pictures of its split file.
    """

    path: Path
    facts: Facts
    crops: Path | None = None

    @property
    def name(self) -> str:
        return self.path.resolve().name

    @property
    def model(self) -> Path:
        return self.path / "model.keras"

    @property
    def converted(self) -> Path:
        return self.path / "converted"


def read_run(path: Path, *, crops: Path | None = None) -> Run:
    """Read what a run says about its model, whose Keras file need not be there any more.

    Raises:
        InputError: if it is no training run.
    """
    return Run(path, read_view(path / "model.json", Facts), crops)


def open_run(path: Path, *, crops: Path | None = None) -> Run:
    """Open a finished run, to convert its model.

    Args:
        path: folder of the run.
        crops: folder of prepared crops, for a run that learnt from such.

    Raises:
        InputError: if it is no finished run, or `crops` are not those it learnt from.
    """
    run = read_run(path, crops=crops)
    if not run.model.is_file():
        raise InputError(f"{run.model}: does not exist; let the training run finish first")
    _check_crops(run, crops)
    return run


def _check_crops(run: Run, crops: Path | None) -> None:
    """Raise InputError unless `crops` is what the run learnt from, as far as it tells."""
    options = read_record(run.path / "options.json").get("options")
    expected = options.get("crops_sha256") if isinstance(options, dict) else None
    if crops is None:
        if expected:
            raise InputError(f"{run.path}: was trained on prepared crops; name their folder with --crops")
        return
    index = crops / CROPS_FILE
    if not index.is_file():
        raise InputError(f"{index}: does not exist; name the folder that `maskgate-train crops` wrote")
    if expected and sha256_of(index) != expected:
        raise InputError(f"{index}: is not what {run.path} was trained on; name the right folder, or train again")


def read_record(path: Path) -> dict[str, JsonValue]:
    """A JSON object that the run may have left; empty if there is no such file.

    Raises:
        InputError: if the file is there but damaged.
    """
    if not path.exists():
        return {}
    try:
        value = json.loads(path.read_bytes())
    except ValueError as error:
        raise InputError(f"{path}: is not valid JSON ({error}); train again") from error
    return value if isinstance(value, dict) else {"value": value}


def read_view(path: Path, kind: type[_Record]) -> _Record:
    """Read the part of a JSON file that conversion needs.

    Raises:
        InputError: naming the file, the field and the cause.
    """
    try:
        return kind.model_validate_json(path.read_bytes())
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror}); name the folder of a training run") from error
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(step) for step in first["loc"])
        raise InputError(f"{path}: {where}: {cause_of(first)}; train again") from error
