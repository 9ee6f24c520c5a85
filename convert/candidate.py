"""A converted model that has not been published: model, manifest and recipe in one folder of its run."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from convert.mixed import Sensitivity
from convert.pictures import LabelledPicture
from convert.recipes import Recipe
from convert.run import Run
from edge.networks.classifier import Classifier
from edge.networks.manifest import FILE_NAME, Manifest, sha256_of

RECIPE_FILE = "recipe.json"


@dataclass(frozen=True, slots=True)
class Candidate:
    """One recipe's result.

    Attributes:
        recipe: what was asked for.
        folder: what the kiosk could load as it is.
        file: the network's, in that folder.
    """

    recipe: Recipe
    folder: Path
    file: str = "model.tflite"

    @property
    def model(self) -> Path:
        return self.folder / self.file

    @property
    def verification(self) -> Path:
        return self.folder / "verify.json"

    def load(self) -> Classifier:
        """Open the model with the kiosk's own code."""
        return Classifier.load(self.folder)


def save_candidate(
    run: Run,
    recipe: Recipe,
    content: bytes,
    calibration: Sequence[LabelledPicture],
    *,
    exceptions: Sequence[Sensitivity] = (),
) -> Candidate:
    """Write `converted/<recipe>/` anew; what an earlier conversion left there is removed.

    Args:
        run: where the network was trained.
        recipe: how it was converted.
        content: of the TFLite file.
        calibration: pictures that the quantiser saw.
        exceptions: operations that stayed float32.
    """
    candidate = Candidate(recipe, run.converted / recipe.name)
    if candidate.folder.exists():
        shutil.rmtree(candidate.folder)
    candidate.folder.mkdir(parents=True)
    candidate.model.write_bytes(content)
    manifest = Manifest(
        name=recipe.name,
        file=candidate.model.name,
        sha256=sha256_of(candidate.model),
        labels=run.facts.labels,
        kinds=run.facts.kinds,
        input=run.facts.input,
        thresholds=run.facts.thresholds,
        kind_thresholds=run.facts.kind_thresholds,
        recipe=recipe.name,
    )
    (candidate.folder / FILE_NAME).write_text(manifest.model_dump_json(indent=1) + "\n")
    record = asdict(recipe) | {
        "calibration": _shown(calibration),
        "float32_operations": [asdict(exception) for exception in exceptions],
    }
    (candidate.folder / RECIPE_FILE).write_text(json.dumps(record, indent=1) + "\n")
    return candidate


def _shown(calibration: Sequence[LabelledPicture]) -> dict[str, int]:
    """How many pictures of each label the quantiser saw."""
    labels = [picture.label.value for picture in calibration]
    return {label: labels.count(label) for label in sorted(set(labels))}
