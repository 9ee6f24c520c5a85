"""The run folder: everything a training run leaves behind, read by conversion and evaluation through files alone."""

from __future__ import annotations

import hashlib
import json
import platform
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from pydantic import ConfigDict, Field, JsonValue, ValidationError

from edge.errors import InputError, UsageError, cause_of
from edge.host.files import replacing
from edge.networks.manifest import InputSpec, Probability, TellsKinds
from edge.types import Label
from training.data.samples import Sample

_RECORDED_PACKAGES = (
    "maskgate",
    "keras",
    "tensorflow",
    "tensorflow-cpu",
    "torch",
    "jax",
    "numpy",
    "opencv-python-headless",
)

LABEL_LAYER = "head_softmax"
"""Name of the dense layer in `model.keras` that ends in the softmax over the labels."""


class ModelFacts(TellsKinds):
    """`model.json`: what the network in `model.keras` takes and gives.

    Its output holds a softmax over `labels`, followed by one over `kinds` if there are any.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    labels: tuple[Label, ...]
    input: InputSpec
    backbone: str
    thresholds: dict[Label, Probability] = Field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RunFolder:
    """Where each file of a run lies. Names are a contract with conversion; do not change them."""

    path: Path

    @classmethod
    def create(cls, path: Path, *, resume: bool = False) -> RunFolder:
        """Make the folder.

        Raises:
            UsageError: if it holds a finished run, or an unfinished one that is not to be resumed.
        """
        run = cls(path)
        if run.model.exists() and not resume:
            raise UsageError(f"{path}: already contains a finished run; name another folder or remove this one")
        if run.checkpoints.exists() and not resume:
            raise UsageError(f"{path}: contains a stopped run; resume it with --resume, or name another folder")
        path.mkdir(parents=True, exist_ok=True)
        return run

    @property
    def options(self) -> Path:
        return self.path / "options.json"

    @property
    def split(self) -> Path:
        return self.path / "split.json"

    @property
    def model(self) -> Path:
        return self.path / "model.keras"

    @property
    def model_facts(self) -> Path:
        return self.path / "model.json"

    @property
    def history(self) -> Path:
        return self.path / "history.json"

    @property
    def history_plot(self) -> Path:
        return self.path / "history.png"

    @property
    def report(self) -> Path:
        return self.path / "report.json"

    @property
    def report_text(self) -> Path:
        return self.path / "report.txt"

    @property
    def checkpoints(self) -> Path:
        return self.path / "checkpoints"

    @property
    def tensorboard(self) -> Path:
        return self.path / "tensorboard"


def save_json(path: Path, value: Mapping[str, object]) -> None:
    """Write `value` whole or not at all: a run killed while writing leaves the older file."""
    with replacing(path) as fresh:
        fresh.write_text(json.dumps(value, indent=1, default=str) + "\n")


def load_json(path: Path) -> dict[str, JsonValue]:
    """Read a JSON object of a run.

    Raises:
        InputError: naming the file and the cause.
    """
    try:
        value = json.loads(path.read_bytes())
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror}); name the folder of a training run") from error
    except ValueError as error:
        raise InputError(f"{path}: is not valid JSON ({error}); train again") from error
    if not isinstance(value, dict):
        raise InputError(f"{path}: expected a JSON object, received a {type(value).__name__}; train again")
    return value


def load_model_facts(run: RunFolder) -> ModelFacts:
    """Read `model.json`.

    Raises:
        InputError: naming the file and the cause.
    """
    try:
        return ModelFacts.model_validate(load_json(run.model_facts))
    except ValidationError as error:
        raise InputError(f"{run.model_facts}: {cause_of(error.errors()[0])}; train again") from error


def save_options(run: RunFolder, *, command: str, options: Mapping[str, object], samples: Iterable[Sample]) -> None:
    """Write `options.json`: what was asked for, by which software, on which data."""
    versions = {"python": platform.python_version()} | {
        name: found for name in _RECORDED_PACKAGES if (found := _version(name))
    }
    record = {"command": command, "options": dict(options), "versions": versions, "data_sha256": data_hash(samples)}
    save_json(run.options, record)


def check_same_options(run: RunFolder, options: Mapping[str, object]) -> None:
    """Refuse to go on with a run under other options than it began with.

    Raises:
        UsageError: naming the options that differ.
        InputError: if the folder holds no run.
    """
    before = load_json(run.options).get("options")
    now = json.loads(json.dumps(dict(options), default=str))
    changed = sorted(name for name in now if not isinstance(before, dict) or before.get(name) != now[name])
    if changed:
        raise UsageError(f"{run.path}: cannot resume with another {', '.join(changed)}; name a new folder")


def data_hash(samples: Iterable[Sample]) -> str:
    """SHA-256 over the name, label, part and content hash of all samples, independent of their order."""
    lines = sorted(f"{s.file}\t{s.label}\t{s.part}\t{s.box}\t{s.sha256}\n" for s in samples)
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None
