"""The model card: what a model is for, what it was made from, how good it is, and how to make another."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from convert.adopted import Evaluation, adopted
from convert.card.figures import evaluation_section
from convert.card.imported import NOT_OURS, imported_figures, imported_from, imported_origin
from convert.card.texts import DATA, DRAWN, IMAGENET, INTENDED, KINDS, LIMITS, OWN_DATA, RANDOM, RETRAIN, SOURCES
from convert.tables import markdown_table, percent, points, verification_table
from convert.verify import Verification
from edge.networks.manifest import Manifest
from edge.types import KIND_THRESHOLD, Required

CARD_FILE = "README.md"
VERIFICATIONS_FILE = "verify.json"
VERIFICATIONS = TypeAdapter(list[Verification])


def write_card(folder: Path, manifest: Manifest) -> None:
    """Write the card of the model in `folder` from what lies there."""
    path = folder / VERIFICATIONS_FILE
    # A network that others trained may have been imported without a picture.
    verifications = VERIFICATIONS.validate_json(path.read_bytes()) if path.exists() else []
    (folder / CARD_FILE).write_text(model_card(manifest, verifications, adopted(folder)))


def model_card(
    manifest: Manifest, verifications: Sequence[Verification], evaluations: Sequence[Evaluation] = ()
) -> str:
    """The card as Markdown.

    Args:
        manifest: of the published model.
        verifications: of every recipe tried, the published one among them.
        evaluations: of the published model, made later.
    """
    imported = imported_from(manifest)
    sections = [
        f"# {manifest.name}\n\n{_summary(manifest)}",
        f"## Intended use\n\n{INTENDED}",
        f"## Limits\n\n{_limits(manifest)}",
        f"## Figures\n\n{imported_figures(verifications) if imported else _figures(manifest, verifications)}",
        *(evaluation_section(evaluation) for evaluation in evaluations),
        f"## Data and licences\n\n{NOT_OURS if imported else _data(manifest)}",
        f"## Train it on your own pictures\n\n{RETRAIN}",
        f"## How it was made\n\n{imported_origin(imported, manifest) if imported else _made(manifest)}",
    ]
    return "\n\n".join(sections) + "\n"


def _summary(manifest: Manifest) -> str:
    spec = manifest.input
    labels = ", ".join(f"`{label}`" for label in manifest.labels)
    thresholds = ", ".join(f"`{label}` {value:.2f}" for label, value in manifest.thresholds.items())
    below = f" Below its threshold ({thresholds}) a reading is `uncertain`." if thresholds else ""
    backbone = manifest.training.get("backbone", "a network of others")
    return (
        f"Tells from one face whether a mask is worn: {labels}.{below}{_told_kinds(manifest)} Made from {backbone}, "
        f"{spec.width} x {spec.height} pixels, written as {manifest.recipe}. `manifest.json` holds its preprocessing."
    )


def _told_kinds(manifest: Manifest) -> str:
    if not manifest.kinds:
        return ""
    named, *rules = (manifest.kind_thresholds.get(rule, KIND_THRESHOLD) for rule in Required)
    kinds = ", ".join(f"`{kind}`" for kind in manifest.kinds)
    needed = ", ".join(f"`{rule}` from {least:.2f}" for rule, least in zip(list(Required)[1:], rules, strict=True))
    return f" And which kind of mask: {kinds}, told from {named:.2f}; where one is required, {needed}."


def _limits(manifest: Manifest) -> str:
    limits = f"{LIMITS}\n{KINDS}" if manifest.kinds else LIMITS
    if "incorrect_mask" in manifest.labels:
        return limits
    return f"{limits}\n- It knows no `incorrect_mask`: a mask below the nose or at the chin gets one of its two labels."


def _figures(manifest: Manifest, verifications: Sequence[Verification]) -> str:
    published = next(v for v in verifications if v.recipe == manifest.recipe)
    on_what = (
        f"On the {published.pictures} pictures of the validation part: no weight was trained on them, but they come "
        f"from the same data sets as the training part. {RANDOM if _drawn_at_random(manifest) else ''}"
        "A real door is harder."
    )
    measured = (
        f"Measured on {published.machine} with {published.runtime}; processor time. The {manifest.recipe} file is "
        f"published: {points(-published.loss)} points against Keras. More in `verify.md`."
    )
    parts = [on_what, verification_table(verifications), measured]
    report = manifest.training.get("report")
    if isinstance(report, Mapping) and isinstance(classes := report.get("classes"), Mapping):
        parts += [f"The Keras network by label, on the {report.get('part')} part:", _class_table(manifest, classes)]
    return "\n\n".join(parts)


def _drawn_at_random(manifest: Manifest) -> bool:
    """The classic recipe draws single pictures; the others keep groups of pictures together."""
    return manifest.training.get("command") == "classic"


def _class_table(manifest: Manifest, classes: Mapping[str, Any]) -> str:
    found = {label: classes[label] for label in manifest.labels if label in classes}
    rows = [
        [label, percent(row["precision"]), percent(row["recall"]), percent(row["f1-score"]), f"{row['support']:.0f}"]
        for label, row in found.items()
    ]
    return markdown_table(["label", "precision", "recall", "F1", "pictures"], rows)


def _data(manifest: Manifest) -> str:
    counts: Any = manifest.training.get("pictures", {})
    rows = [
        [source, part, *(str(labels.get(label, 0)) for label in manifest.labels)]
        for part, sources in counts.items()
        for source, labels in sources.items()
    ]
    sources = sorted({row[0].removesuffix(DRAWN) for row in rows})
    table = markdown_table(["data set", "part", *manifest.labels], rows)
    if manifest.training.get("command") == "fit":
        return "\n\n".join([table, OWN_DATA])
    known = [f"- `{source}`: {SOURCES.get(source.partition(':')[0], 'not described')}." for source in sources]
    return "\n\n".join([table, "\n".join(known), DATA, *_weights(manifest)])


def _weights(manifest: Manifest) -> list[str]:
    """What the backbone knew before, if the run tells."""
    options: Any = manifest.training.get("options", {})
    weights = options.get("base_weights")
    if weights is None:
        return []
    origin = f", {IMAGENET}" if "imagenet" in str(weights).lower() else ""
    return [f"The backbone started from `{weights}`{origin}."]


def _made(manifest: Manifest) -> str:
    training: Any = manifest.training
    options = ", ".join(f"{name} {value}" for name, value in training.get("options", {}).items() if value is not None)
    versions = ", ".join(f"{name} {value}" for name, value in training.get("versions", {}).items())
    facts = {
        "Run": training.get("run"),
        "Command": f"`maskgate-train {training['command']}`" if "command" in training else None,
        "Options": options,
        "Versions": versions,
        "Data (SHA-256 of the list)": training.get("data_sha256"),
        "Keras file (SHA-256)": training.get("keras_sha256"),
        "This file (SHA-256)": manifest.sha256,
    }
    return "\n".join(f"- {name}: {value}" for name, value in facts.items() if value)
