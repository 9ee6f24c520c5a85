"""The whole way of a network that others trained: understood, written for the kiosk, compared with its original."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from pydantic import JsonValue

from convert.calibration import choose, network_inputs
from convert.candidate import Candidate
from convert.card.card import VERIFICATIONS, VERIFICATIONS_FILE, write_card
from convert.foreign.heads import Floats
from convert.foreign.original import Original
from convert.foreign.probe import Guess
from convert.foreign.scales import SCALES
from convert.pictures import LabelledPicture
from convert.publish import whole_folder, write_golden
from convert.recipes import FLOAT32, Recipe
from convert.verify import Verification, verify
from edge.errors import ModelError
from edge.networks.classifier import Classifier
from edge.networks.golden import PICTURES, TOLERANCE, draw
from edge.networks.manifest import FILE_NAME, InputSpec, Manifest, sha256_of


@dataclass(frozen=True, slots=True)
class Source:
    """What is imported.

    Attributes:
        path: the file or folder.
        original: opened.
        understood: how it is read.
        margin: around a face, as a share of its box's longer side.
        pictures: whose labels are known; none if nobody gave any.
    """

    path: Path
    original: Original
    understood: Guess
    margin: float
    pictures: tuple[LabelledPicture, ...] = ()

    @property
    def spec(self) -> InputSpec:
        return SCALES[self.understood.scale].spec(self.original.size, self.understood.order, margin=self.margin)


def import_model(source: Source, folder: Path, *, recipe: Recipe | None = None, force: bool = False) -> Manifest:
    """Write `folder` (named as the model) whole or not at all.

    Args:
        source: what to import.
        folder: e.g. `models/my-door`.
        recipe: how to write it; None for what changes nothing.
        force: replace a folder that is there.

    Raises:
        ModelError: if it cannot be converted, the kiosk would refuse it, or it answers otherwise than its original.
        UsageError: if the folder exists and `force` is not set, or the recipe does not suit the file.
    """
    spec, labels = source.spec, source.understood.labels
    known = [picture for picture in source.pictures if picture.label in labels]
    shown = choose(known, recipe.calibration_pictures) if recipe else ()
    with whole_folder(folder, force=force) as fresh:
        file, written = source.original.write(fresh / folder.name, recipe, lambda: network_inputs(shown, spec))
        manifest = Manifest(
            name=folder.name,
            file=file.name,
            sha256=sha256_of(file),
            labels=labels,
            input=spec,
            recipe=written,
            training=provenance(source, known),
        )
        _save(fresh, manifest)
        _agrees_on_drawings(source.original, Classifier.load(fresh))
        if known:
            verification = _verify(source.original, Candidate(recipe or FLOAT32, fresh, file.name), known, spec)
            figures = verification.model_dump(mode="json", exclude={"recipe", "failures", "max_loss"})
            manifest = manifest.model_copy(update={"figures": figures})
            _save(fresh, manifest)
            record = verification.model_copy(update={"recipe": written})
            (fresh / VERIFICATIONS_FILE).write_bytes(VERIFICATIONS.dump_json([record], indent=1) + b"\n")
        write_golden(fresh)
        write_card(fresh, manifest)
    return manifest


def provenance(source: Source, pictures: Sequence[LabelledPicture]) -> dict[str, JsonValue]:
    """Where the network comes from, and how it was understood; no path of the machine."""
    found = Counter(picture.label.value for picture in pictures)
    counts: dict[str, JsonValue] = {label: found[label] for label in sorted(found)}
    imported: dict[str, JsonValue] = {
        "file": source.path.name,
        "form": source.original.form,
        "input": f"{source.understood.order} {source.understood.scale}",
        "pictures": counts,
    }
    if source.path.is_file():
        imported["sha256"] = sha256_of(source.path)
    return {"imported": imported}


def _save(folder: Path, manifest: Manifest) -> None:
    (folder / FILE_NAME).write_text(manifest.model_dump_json(indent=1) + "\n")


def _verify(
    original: Original, candidate: Candidate, pictures: Sequence[LabelledPicture], spec: InputSpec
) -> Verification:
    """Compare with the original on every picture.

    Raises:
        ModelError: if it loses too much.
    """
    expected = np.concatenate([original.answers(one) for one in network_inputs(pictures, spec)])
    verification = verify(candidate, pictures, expected)
    if not verification.passed:
        raise ModelError(f"{candidate.model.name}: {'; '.join(verification.failures)}; not imported")
    return verification


def _agrees_on_drawings(original: Original, classifier: Classifier) -> None:
    """Raise ModelError if the written model answers drawn pictures otherwise than its original."""
    spec = classifier.manifest.input
    for name in PICTURES:
        picture = draw(name, width=spec.width, height=spec.height)
        ordered = picture[..., ::-1] if spec.channel_order == "RGB" else picture
        values: Floats = (ordered * np.array(spec.scale) + np.array(spec.offset)).astype(np.float32)
        difference = float(np.abs(original.answers(values[np.newaxis])[0] - classifier.answer(picture)).max())
        if not difference <= TOLERANCE:
            raise ModelError(
                f"on the drawn picture `{name}` the written model differs from its original by {difference:.3f}, "
                f"at most {TOLERANCE} allowed; not imported"
            )
