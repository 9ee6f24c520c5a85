"""A training run as conversion sees it: files only, never the code that wrote them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeVar

from pydantic import BaseModel, ConfigDict, JsonValue, ValidationError

from edge.errors import InputError
from edge.manifest import InputSpec, Probability
from edge.pictures import read_picture
from edge.preprocess import crop_square
from edge.types import Box, Image, Label

Part = Literal["train", "validation", "test"]
_Record = TypeVar("_Record", bound=BaseModel)


class _View(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class Facts(_View):
    """`model.json`: what the network takes and gives."""

    labels: tuple[Label, ...]
    input: InputSpec
    backbone: str
    thresholds: dict[Label, Probability] = {}


class _Sample(_View):
    file: str
    label: Label | None
    group: str = ""
    source: str = ""
    box: tuple[int, int, int, int] | None = None
    part: Part


class _Split(_View):
    root: Path
    samples: tuple[_Sample, ...]


@dataclass(frozen=True, slots=True)
class LabelledPicture:
    """A face whose label is known; read only when it is looked at.

    Attributes:
        path: the picture file.
        label: the true class.
        group: pictures of one group resemble each other (one person, one scene).
        source: the data set it comes from.
        box: where in the picture the face is; None if the picture as a whole is the face.
    """

    path: Path
    label: Label
    group: str
    source: str
    box: Box | None = None

    def face(self, *, margin: float) -> Image:
        """The face, cut out as the kiosk does; BGR, any size.

        Raises:
            InputError: if the file cannot be read.
        """
        image = read_picture(self.path)
        return image if self.box is None else crop_square(image, self.box, margin=margin)


@dataclass(frozen=True, slots=True)
class Run:
    """The folder of a finished training run."""

    path: Path
    facts: Facts

    @property
    def name(self) -> str:
        return self.path.resolve().name

    @property
    def model(self) -> Path:
        return self.path / "model.keras"

    @property
    def converted(self) -> Path:
        return self.path / "converted"


def open_run(path: Path) -> Run:
    """Read what a run says about its model.

    Raises:
        InputError: if it is no finished run.
    """
    facts = _read(path / "model.json", Facts)
    run = Run(path, facts)
    if not run.model.is_file():
        raise InputError(f"{run.model}: does not exist; let the training run finish first")
    return run


def labelled_pictures(run: Run, part: Part) -> tuple[LabelledPicture, ...]:
    """The pictures of one part whose label the model knows, in the order of the split file.

    Raises:
        InputError: if there are none.
    """
    path = run.path / "split.json"
    split = _read(path, _Split)
    pictures = tuple(
        LabelledPicture(
            split.root / sample.file,
            sample.label,
            sample.group,
            sample.source,
            Box(*sample.box) if sample.box else None,
        )
        for sample in split.samples
        if sample.part == part and sample.label in run.facts.labels
    )
    if not pictures:
        raise InputError(f"{path}: holds no {part} picture with a label of the model; train again")
    return pictures


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
        raise InputError(f"{path}: is no JSON ({error}); train again") from error
    return value if isinstance(value, dict) else {"value": value}


def _read(path: Path, kind: type[_Record]) -> _Record:
    try:
        return kind.model_validate_json(path.read_bytes())
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror}); name the folder of a training run") from error
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(step) for step in first["loc"])
        raise InputError(f"{path}: {where}: {first['msg']}; train again") from error
