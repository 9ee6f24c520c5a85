"""A model's manifest: what the file is, how pictures become its input, what its outputs mean."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue, PositiveInt, ValidationError, field_validator

from edge.errors import ModelError
from edge.types import Label

FILE_NAME = "manifest.json"

Triple = tuple[float, float, float]
Probability = Annotated[float, Field(ge=0, le=1)]


class _Record(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class InputSpec(_Record):
    """How a picture becomes a model's input; written once, used by training, conversion and kiosk alike.

    A pixel v (0 to 255) of channel c enters the network as `v * scale[c] + offset[c]`, channels in
    `channel_order`. A face is cut out as a square around its box, enlarged by `margin` times the box's
    longer side on every side.
    """

    width: PositiveInt = Field(description="columns the network takes")
    height: PositiveInt = Field(description="rows the network takes")
    channel_order: Literal["RGB", "BGR"] = "RGB"
    scale: Triple = (1 / 127.5, 1 / 127.5, 1 / 127.5)
    offset: Triple = (-1.0, -1.0, -1.0)
    margin: float = Field(default=0.0, ge=0, le=2)


class Manifest(_Record):
    """`models/<name>/manifest.json` of a mask classifier.

    `thresholds` holds, for each label, the smallest probability at which the model may be believed; below it the
    reading is `uncertain`. A label that is not named needs no more than to be the likeliest.
    """

    format: Literal[1] = 1
    name: str = Field(pattern=r"^[a-z0-9][a-z0-9._-]*$")
    task: Literal["mask-classification"] = "mask-classification"
    file: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    labels: tuple[Label, ...] = Field(min_length=2)
    input: InputSpec
    thresholds: dict[Label, Probability] = Field(default_factory=dict)
    recipe: str = Field(description="float32, float16, dynamic-range or int8")
    training: dict[str, JsonValue] = Field(default_factory=dict, description="which run made it, from what data")
    figures: dict[str, JsonValue] = Field(default_factory=dict, description="measured by the converter")

    @field_validator("labels")
    @classmethod
    def _each_label_once(cls, labels: tuple[Label, ...]) -> tuple[Label, ...]:
        if len(set(labels)) != len(labels) or Label.UNCERTAIN in labels:
            raise ValueError("labels must differ, and `uncertain` is no class of a model")
        return labels


def sha256_of(path: Path) -> str:
    """Hexadecimal SHA-256 of a file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def load_manifest(folder: Path) -> Manifest:
    """Read and check `folder/manifest.json`, and that the model file beside it has the promised hash.

    Raises:
        ModelError: naming the file and the cause.
    """
    path = folder / FILE_NAME
    try:
        manifest = Manifest.model_validate_json(path.read_bytes())
    except OSError as error:
        raise ModelError(f"{path}: cannot be read ({error.strerror}); name a folder that holds a model") from error
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "whole file"
        raise ModelError(f"{path}: {where}: {first['msg']}; install the model again") from error
    verify_hash(folder / manifest.file, manifest.sha256)
    return manifest


def verify_hash(path: Path, expected: str) -> None:
    """Raise ModelError unless the file at `path` has the SHA-256 `expected`."""
    try:
        actual = sha256_of(path)
    except OSError as error:
        raise ModelError(f"{path}: cannot be read ({error.strerror}); install the model again") from error
    if actual != expected:
        raise ModelError(
            f"{path}: sha256 is {actual[:12]}..., its manifest says {expected[:12]}...; "
            "the file is damaged or was exchanged: install the model again"
        )
