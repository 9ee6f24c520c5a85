"""Labelled pictures and how they are divided: the split file, read by training, conversion and evaluation alike."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from edge.errors import InputError, cause_of
from edge.types import Label, MaskKind

CLASSES = (Label.WITH_MASK, Label.WITHOUT_MASK, Label.INCORRECT_MASK)
"""Order of the classes in every array, table and chart of an evaluation."""


class Part(StrEnum):
    """The three parts of a split; the test part is looked at once, when all choices are made."""

    TRAIN = "train"
    VALIDATION = "validation"
    TEST = "test"


class _Record(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Sample(_Record):
    """One labelled face.

    Attributes:
        file: picture, relative to the split's `root`.
        label: the class; None where only a face is known (WIDER).
        group: samples that must stay together (one person, one scene, one cluster of near-duplicates).
        source: where it came from, e.g. `crops`, `jolignier`, `wider`.
        box: the face, x1 y1 x2 y2 in pixels of the picture, half-open; None if the picture as a whole is the face.
        sha256: of the file's bytes; empty if not computed.
        kind: of mask, where known.
        tags: what makes the face hard, as noted by who looked at it (`profile`, `hand`); not complete.
        ignore: nobody could tell: neither to be learnt from nor judged, whatever `label` says.
    """

    file: str
    label: Label | None
    group: str
    source: str
    box: tuple[int, int, int, int] | None = None
    sha256: str = ""
    part: Part = Part.TRAIN
    kind: MaskKind | None = None
    tags: tuple[str, ...] = ()
    ignore: bool = False


class Dropped(_Record):
    """A picture that was left out, and why."""

    file: str
    why: str


class Split(_Record):
    """A split file: every sample with its part, and every picture dropped."""

    format: int = 1
    root: Path
    seed: int
    samples: tuple[Sample, ...]
    dropped: tuple[Dropped, ...] = ()

    def part(self, part: Part) -> tuple[Sample, ...]:
        return tuple(sample for sample in self.samples if sample.part is part)

    def save(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(self.model_dump_json(indent=1) + "\n")

    @classmethod
    def load(cls, path: Path) -> Split:
        """Read a split file.

        Raises:
            InputError: naming the file and the cause.
        """
        try:
            return cls.model_validate_json(path.read_bytes())
        except OSError as error:
            raise InputError(
                f"{path}: cannot be read ({error.strerror}); make one with `maskgate-train split`"
            ) from error
        except ValidationError as error:
            raise InputError(f"{path}: is not a split file ({cause_of(error.errors()[0])})") from error
