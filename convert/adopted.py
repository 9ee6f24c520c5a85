"""How a published model was judged later: the part of `maskgate-train evaluate`'s record that its card shows."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field

from convert.run import View, read_view
from edge.errors import UsageError
from edge.networks.manifest import Manifest
from edge.types import Label

Share = float | None
"""In [0, 1]; None where there was nothing to divide by."""


class ClassFigures(View):
    """One label's."""

    label: Label
    faces: int
    precision: Share
    recall: Share
    f1: Share


class Slice(View):
    """Faces that share a trait, e.g. a face size; the interval is of 95 %."""

    trait: str
    value: str
    faces: int
    accuracy: Share
    accuracy_low: Share
    accuracy_high: Share


class Figures(View):
    """Of all faces together; an uncertain answer counts as wrong."""

    faces: int
    accuracy: Share
    mask_or_not: Share
    macro_f1: Share
    uncertain: Share
    calibration_error: Share
    classes: tuple[ClassFigures, ...]
    slices: tuple[Slice, ...]


class SceneTally(View):
    """Detector and classifier together on whole pictures of one source."""

    images: int
    faces: int
    found: Share
    verdict3: Share
    verdict2: Share
    end_to_end3: Share
    end_to_end2: Share


class _Judged(View):
    name: str
    form: str


class Compared(View):
    """How the model did beside an older one on the same faces.

    Attributes:
        name: of the older model.
        right, new: faces that the older one, and this one, was right on.
        gained, lost: faces that only this one, and only the older one, was right on.
        low, high: 95 % interval of the accuracy gained.
        chance: how likely chance alone is to part them so far (McNemar's exact test).
    """

    name: str
    right: int
    new: int
    gained: int
    lost: int
    low: float
    high: float
    chance: float


class Evaluation(View):
    """One evaluation: of single faces (`crops`) or whole pictures (`scenes`)."""

    kind: str
    part: str
    data: str
    model: _Judged
    may_have_been_learnt_from: bool
    figures: Figures
    detector: str = ""
    min_share: float = 0.0
    scenes: dict[str, SceneTally] = Field(default_factory=dict)
    compared: Compared | None = None


def adopt(folder: Path, manifest: Manifest, path: Path) -> None:
    """Put an evaluation beside the model it judged, as `evaluation-<data>-<part>.json`, replacing an older one.

    Raises:
        InputError: if the file is no evaluation.
        UsageError: if it judged another model, or pictures that the model may have learnt from.
    """
    evaluation = read_view(path, Evaluation)
    judged = evaluation.model
    if (judged.name, judged.form) != (manifest.name, manifest.recipe):
        raise UsageError(
            f"{path}: judges {judged.name} ({judged.form}), not {manifest.name} ({manifest.recipe}); evaluate {folder}"
        )
    if evaluation.may_have_been_learnt_from:
        raise UsageError(f"{path}: evaluates pictures that the model may have been trained on; evaluate another part")
    shown = evaluation.model_copy(update={"data": Path(evaluation.data).name})
    target = folder / f"evaluation-{Path(evaluation.data).stem}-{evaluation.part}.json"
    target.write_text(shown.model_dump_json(indent=1) + "\n")


def adopted(folder: Path) -> list[Evaluation]:
    """The evaluations that lie beside a model."""
    return [read_view(path, Evaluation) for path in sorted(folder.glob("evaluation-*.json"))]
