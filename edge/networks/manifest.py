"""A model's manifest: what the file is, how pictures become its input, what its outputs mean."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal, Self, TypeVar

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    JsonValue,
    PositiveFloat,
    PositiveInt,
    SerializerFunctionWrapHandler,
    ValidationError,
    field_validator,
    model_serializer,
    model_validator,
)

from edge.errors import ModelError, cause_of
from edge.types import MODEL_LABELS, Label, MaskKind, Required

FILE_NAME = "manifest.json"

WEIGHTS_FILE = "weights-float16.npz"
"""Beside a classifier's file: `<layer>/<number>` -> float16, ordered as the Keras layer's `get_weights()`. A later
training learns on from it; no kiosk needs it."""

MODEL_NAME = r"^[a-z0-9][a-z0-9._-]*$"
"""What a model may be called: it becomes the name of a folder, and part of an address."""

Triple = tuple[float, float, float]
Probability = Annotated[float, Field(ge=0, le=1)]


class _Record(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class TellsKinds(BaseModel):
    """The part of a description that says which kinds of masks a network tells apart; `kinds` is empty if it does not.

    `kind_thresholds` holds, for each rule, the smallest probability that the kinds which meet it must reach together;
    for `any` that of a single kind that is told. A rule that is not named has KIND_THRESHOLD. Older descriptions have
    one `kind_threshold` for all.
    """

    kinds: tuple[MaskKind, ...] = ()
    kind_thresholds: dict[Required, Probability] = Field(default_factory=dict)

    @model_validator(mode="before")
    @classmethod
    def _one_for_all(cls, values: Any) -> Any:
        if not isinstance(values, dict) or "kind_threshold" not in values:
            return values
        others = {key: value for key, value in values.items() if key != "kind_threshold"}
        return {"kind_thresholds": dict.fromkeys(Required, values["kind_threshold"])} | others

    @field_validator("kinds")
    @classmethod
    def _each_kind_once(cls, kinds: tuple[MaskKind, ...]) -> tuple[MaskKind, ...]:
        if len(set(kinds)) != len(kinds) or len(kinds) == 1:
            raise ValueError("kinds must differ, and there must be two of them or none")
        return kinds


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


class _Model(_Record):
    """What every kind of model says of itself."""

    format: Literal[1] = 1
    name: str = Field(pattern=MODEL_NAME)
    file: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    training: dict[str, JsonValue] = Field(default_factory=dict, description="which run made it, from what data")
    figures: dict[str, JsonValue] = Field(default_factory=dict, description="measured by the converter")


_ModelT = TypeVar("_ModelT", bound=_Model)


class Manifest(TellsKinds, _Model):
    """`models/<name>/manifest.json` of a mask classifier.

    `thresholds` holds, for each label, the smallest probability at which the model may be believed; below it the
    reading is `uncertain`. A label that is not named needs no more than to be the likeliest.

    The network's one output is a softmax over `labels`, followed by one over `kinds` where the model tells kinds of
    masks apart.
    """

    task: Literal["mask-classification"] = "mask-classification"
    labels: tuple[Label, ...] = Field(min_length=2)
    input: InputSpec
    thresholds: dict[Label, Probability] = Field(default_factory=dict)
    recipe: str = Field(description="float32, float16, dynamic-range or int8")

    @field_validator("labels")
    @classmethod
    def _each_label_once(cls, labels: tuple[Label, ...]) -> tuple[Label, ...]:
        if len(set(labels)) != len(labels) or not set(labels) <= set(MODEL_LABELS):
            raise ValueError(f"labels must differ, and be of {', '.join(MODEL_LABELS)}")
        return labels

    @model_serializer(mode="wrap")
    def _as_older_kiosks_read_it(self, dump: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Version 0.1.0 refuses keys that it does not know: a model without kinds is written without them."""
        values: dict[str, Any] = dump(self)
        left_out = set() if self.kinds else {"kinds"}
        left_out |= set() if self.kinds and self.kind_thresholds else {"kind_thresholds"}
        return {key: value for key, value in values.items() if key not in left_out}


@dataclass(frozen=True, slots=True)
class ModelFacts:
    """Which mask classifier it is, for those who watch many kiosks.

    Attributes:
        name: of the model.
        recipe: of its conversion.
        sha256: of its file.
    """

    name: str
    recipe: str
    sha256: str

    def as_labels(self) -> dict[str, str]:
        """For Prometheus; twelve digits of the hash tell any two models apart."""
        return {"name": self.name, "recipe": self.recipe, "sha256": self.sha256[:12]}


class DetectorInput(_Record):
    """How a picture becomes a face detector's input.

    It is resized so that its longer side is `long_side`, its proportions kept, then filled up with grey on the right
    and below until both sides are multiples of `step`; pixels enter as they are, float32 from 0 to 255, channels in
    `channel_order`, shape (1, 3, H, W).
    """

    long_side: PositiveInt
    step: PositiveInt = 32
    channel_order: Literal["RGB", "BGR"] = "BGR"

    @model_validator(mode="after")
    def _whole_steps(self) -> Self:
        if self.long_side % self.step:
            raise ValueError(f"long_side {self.long_side} is not a multiple of step {self.step}")
        return self


class Level(_Record):
    """One feature map of a single-shot detector: a cell every `stride` pixels, the same default boxes in each.

    Its output has shape (1, 5 * boxes, rows, columns): for each default box dx, dy, dw, dh and the face's logit.
    """

    stride: PositiveInt
    boxes: tuple[tuple[PositiveFloat, PositiveFloat], ...] = Field(
        min_length=1, description="width and height of each default box, pixels of the input"
    )


class DetectorManifest(_Model):
    """`models/<name>/manifest.json` of a single-shot face detector (ONNX, run by OpenCV)."""

    task: Literal["face-detection"] = "face-detection"
    input: DetectorInput
    outputs: tuple[str, ...] = Field(min_length=1, description="the network's outputs, in the order of `levels`")
    levels: tuple[Level, ...] = Field(min_length=1)
    variances: tuple[PositiveFloat, PositiveFloat] = Field(
        default=(0.1, 0.2), description="unit of dx, dy in default boxes, and of dw, dh in log size (SSD, 2016)"
    )
    min_score: Probability = Field(description="below it a detection is no face, unless the user says otherwise")
    start_score: Probability = Field(
        default=0.0, description="below it a detection may continue a track, but not begin one"
    )
    max_overlap: Probability = Field(default=0.4, description="IoU above which the lesser of two boxes is dropped")

    @model_validator(mode="after")
    def _an_output_for_each_level(self) -> Self:
        if len(self.outputs) != len(self.levels):
            raise ValueError(f"expected an output for each level, received {len(self.outputs)}, {len(self.levels)}")
        return self


class _Task(BaseModel):
    task: str = ""


def sha256_of(path: Path) -> str:
    """Hexadecimal SHA-256 of a file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def load_manifest(folder: Path) -> Manifest:
    """Read and check a classifier's `folder/manifest.json`, and that the file beside it has the promised hash.

    Raises:
        ModelError: naming the file and the cause.
    """
    return _load(folder, Manifest)


def read_facts(folder: Path) -> ModelFacts:
    """Which classifier lies in a folder, without looking at its file.

    Raises:
        ModelError: if the manifest is missing or damaged.
    """
    manifest = _read(folder, Manifest)
    return ModelFacts(manifest.name, manifest.recipe, manifest.sha256)


def read_kinds(folder: Path) -> tuple[MaskKind, ...]:
    """Which kinds of masks the classifier in a folder tells apart, without looking at its file; maybe none.

    Raises:
        ModelError: if the manifest is missing or damaged.
    """
    return _read(folder, Manifest).kinds


def load_detector_manifest(folder: Path) -> DetectorManifest:
    """The same for a face detector."""
    return _load(folder, DetectorManifest)


def load_any_manifest(folder: Path) -> Manifest | DetectorManifest:
    """The same for a model of either kind."""
    path = folder / FILE_NAME
    try:
        task = _Task.model_validate_json(path.read_bytes()).task
    except (OSError, ValidationError):
        task = ""
    return load_detector_manifest(folder) if task == "face-detection" else load_manifest(folder)


def _load(folder: Path, kind: type[_ModelT]) -> _ModelT:
    manifest = _read(folder, kind)
    verify_hash(folder / manifest.file, manifest.sha256)
    return manifest


def _read(folder: Path, kind: type[_ModelT]) -> _ModelT:
    path = folder / FILE_NAME
    try:
        return kind.model_validate_json(path.read_bytes())
    except OSError as error:
        raise ModelError(f"{path}: cannot be read ({error.strerror}); name a folder that holds a model") from error
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "whole file"
        raise ModelError(f"{path}: {where}: {cause_of(first)}; install the model again") from error


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
