"""The model card: what a model is for, what it was made from, how good it is, and how to make another."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import JsonValue

from convert.tables import markdown_table, percent, points, verification_table
from convert.verify import Verification
from edge.manifest import Manifest

SOURCES = {
    "crops": "portraits and faces in a folder per class, behind most published mask detectors; many of the bare "
    "faces show the same named people, and the size of a picture nearly gives its class away",
    "andrewmvd": "scenes with many small, blurred faces",
    "jolignier": "varied, well-lit photographs; some labels of masks worn wrongly are debatable",
    "wider": "WIDER FACE: people at events, nearly all without a mask; boxes of faces only",
}
"""What a data set is, by the name that a split file gives it."""

DRAWN = ", mask drawn"
"""Stands after a data set's name for its bare faces that had masks drawn on them."""

_DATA = """\
The pictures were collected from the web by others. **None of them carries clear commercial rights**, and the people in
them were not asked. This project publishes none of them; it publishes a network that was trained on them. The project's
own licence (Apache-2.0) covers the code and, as far as it can, the network; it cannot grant rights in the pictures.
Whether a network trained on such pictures may be used commercially differs by country and is not settled: take advice,
or train on your own pictures (below)."""

_IMAGENET = "trained on ImageNet, whose terms allow research and teaching only"

_INTENDED = """\
A screen or lamp at a door that reminds people of a mask rule: one face after another, near and roughly frontal, found
by the kiosk's detector. A person can always overrule it.

Not for: deciding over access, work, service or penalties; medical or occupational safety; telling how well a mask
filters; recognising, counting or following people; crowds from afar."""

_LIMITS = """\
- It knows what its training pictures show. Faces, masks, light and cameras that differ from them are judged less well,
  and the figures below do not tell how much less.
- The data sets name neither age nor origin of the people shown: whether it treats all groups alike was not measured.
- A hand, scarf, beard or visor at the mouth may be taken for a mask; a mask with a printed face for a face.
- Small, blurred or dark faces carry too little: the kiosk waits for a better look instead of trusting one reading."""

_RANDOM = """\
The parts were drawn at random, so that near-twins of a picture and other pictures of the same person lie in both:
**these figures flatter the model**. """

_RETRAIN = """\
Collect pictures from the very door, with consent, a folder for each label, then:

```
maskgate-train classic --data my-pictures --run runs/mine
maskgate-convert run runs/mine --name my-door
maskgate detect some-picture.jpg
```

`my-pictures/` holds `with_mask/`, `without_mask/` and, if you have them, `incorrect_mask/`. A few hundred of each are a
start. Keep all pictures of one person in one part: `maskgate-train split --help`. Name the new model in the kiosk's
configuration."""


def model_card(manifest: Manifest, verifications: Sequence[Verification], report: Mapping[str, JsonValue]) -> str:
    """The card as Markdown.

    Args:
        manifest: of the published model.
        verifications: of every recipe tried, the published one among them.
        report: the training run's own report; empty if it left none.
    """
    sections = [
        f"# {manifest.name}\n\n{_summary(manifest)}",
        f"## Intended use\n\n{_INTENDED}",
        f"## Limits\n\n{_limits(manifest)}",
        f"## Figures\n\n{_figures(manifest, verifications, report)}",
        f"## Data and licences\n\n{_data(manifest)}",
        f"## Train it on your own pictures\n\n{_RETRAIN}",
        f"## How it was made\n\n{_made(manifest)}",
    ]
    return "\n\n".join(sections) + "\n"


def _summary(manifest: Manifest) -> str:
    spec = manifest.input
    labels = ", ".join(f"`{label}`" for label in manifest.labels)
    thresholds = ", ".join(f"`{label}` {value:.2f}" for label, value in manifest.thresholds.items())
    below = f" Below its threshold ({thresholds}) a reading is `uncertain`." if thresholds else ""
    backbone = manifest.training.get("backbone", "a network")
    return (
        f"Tells from one face whether a mask is worn: {labels}.{below} Made from {backbone}, "
        f"{spec.width} x {spec.height} pixels, written as {manifest.recipe}. `manifest.json` holds its preprocessing."
    )


def _limits(manifest: Manifest) -> str:
    if "incorrect_mask" in manifest.labels:
        return _LIMITS
    return (
        f"{_LIMITS}\n- It knows no `incorrect_mask`: a mask below the nose or at the chin gets one of its two labels."
    )


def _figures(manifest: Manifest, verifications: Sequence[Verification], report: Mapping[str, JsonValue]) -> str:
    published = next(v for v in verifications if v.recipe == manifest.recipe)
    on_what = (
        f"On the {published.pictures} pictures of the validation part: no weight was trained on them, but they come "
        f"from the same data sets as the training part. {_RANDOM if _drawn_at_random(manifest) else ''}"
        "A real door is harder."
    )
    measured = (
        f"Measured on {published.machine} with {published.runtime}; processor time. The {manifest.recipe} file is "
        f"published: {points(-published.loss)} points against Keras. More in `verify.md`."
    )
    parts = [on_what, verification_table(verifications), measured]
    classes = report.get("classes")
    if isinstance(classes, Mapping):
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
    known = [f"- `{source}`: {SOURCES.get(source.partition(':')[0], 'not described')}." for source in sources]
    table = markdown_table(["data set", "part", *manifest.labels], rows)
    return "\n\n".join([table, "\n".join(known), _DATA, *_weights(manifest)])


def _weights(manifest: Manifest) -> list[str]:
    """What the backbone knew before, if the run tells."""
    options: Any = manifest.training.get("options", {})
    weights = options.get("base_weights")
    if weights is None:
        return []
    origin = f", {_IMAGENET}" if "imagenet" in str(weights).lower() else ""
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
