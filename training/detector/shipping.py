"""A finished detector run as a shipped model: thresholds from the validation part, a card that says what it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import JsonValue

from edge.networks.detector import FaceSsd
from edge.networks.manifest import load_detector_manifest
from training.data.scenes import MIN_SHARE
from training.detector.anchors import LEVELS
from training.detector.folding import restore
from training.detector.loop import detect_scenes
from training.detector.places import Place
from training.detector.publish import write_model_folder

FALSE_PER_PICTURE, FALSE_STARTS = 0.075, 0.018
"""On the validation part, roomily matched, at the thresholds from which a face counts and from which it may begin a
track. Half of these are faces that nobody annotated; at the door a false one must last to do harm, a missed one is
missed."""

CARD = "README.md"


@dataclass(frozen=True, slots=True)
class Shipped:
    """A published detector and what its thresholds give on the validation part."""

    folder: Path
    min_score: float
    start_score: float
    average_precision: float


def ship(
    run: Path,
    folder: Path,
    validation: Sequence[Place],
    *,
    long_side: int,
    scores: tuple[float, float] | None = None,
) -> Shipped:
    """Export the best average of `run` into `folder`, with thresholds for an input of `long_side` pixels.

    Args:
        run: run folder of `maskgate-train ssd`.
        validation: scenes that decide the thresholds.
        long_side: input, pixels.
        scores: the thresholds for a face and for the begin of a track, where the scenes are too few to decide them.

    Raises:
        InputError: if the run has no finished model.
    """
    model = restore(run / "best")
    facts: dict[str, JsonValue] = load_detector_manifest(run / "best").training
    write_model_folder(model, folder, LEVELS, min_score=0.5, long_side=long_side)
    tally = detect_scenes(FaceSsd(folder, min_score=0.05), validation, min_share=MIN_SHARE)
    shipped = Shipped(
        folder,
        scores[0] if scores else round(tally.threshold(FALSE_PER_PICTURE), 3),
        scores[1] if scores else round(tally.threshold(FALSE_STARTS), 3),
        tally.average_precision,
    )
    figures: dict[str, JsonValue] = {
        "validation_ap": round(shipped.average_precision, 4),
        "validation_recall": round(tally.recall_by(shipped.min_score, {"all": (0, 10)})["all"], 4),
    }
    write_model_folder(
        model,
        folder,
        LEVELS,
        min_score=shipped.min_score,
        start_score=shipped.start_score,
        long_side=long_side,
        name=folder.name,
        training=facts,
        figures=figures,
    )
    return shipped


def write_card(shipped: Shipped, tables: str, *, tags: str, people: str) -> None:
    """Write the model card; `tables`, those by `tags` and of `people` are Markdown, measured on the test part."""
    manifest = load_detector_manifest(shipped.folder)
    size = (shipped.folder / manifest.file).stat().st_size / 1e6
    recipe = manifest.training.get("recipe")
    options = ", ".join(f"{name} {value}" for name, value in recipe.items()) if isinstance(recipe, dict) else "unknown"
    text = _CARD.format(
        name=manifest.name,
        long_side=manifest.input.long_side,
        size=size,
        min_score=shipped.min_score,
        start_score=shipped.start_score,
        false=FALSE_PER_PICTURE,
        starts=FALSE_STARTS,
        tables=tables,
        tags=tags,
        people=people,
        options=options,
        epochs=manifest.training.get("epochs"),
        sha256=manifest.sha256,
    )
    (shipped.folder / CARD).write_text(text)


_CARD = """\
# {name}

Finds faces, masked or not: a single-shot detector on MobileNetV2 0.35 with a small feature pyramid at strides 8, 16 and
32, trained with masks in view. Run by `cv2.dnn` on pictures of {long_side} pixels on the longer side, {size:.1f} MB.
Detections below {min_score} are dropped (at most {false} false ones a picture on the validation part); a face begins to
be followed from {start_score} ({starts}). `manifest.json` holds default boxes and preprocessing.

## Intended use

Faces before a kiosk's camera, of 8 % of the picture's longer side and more, roughly upright. Not for recognising,
counting or following people, and not for crowds from afar: smaller faces are found less and less.

## Limits

- It was trained on scraped photographs of streets, offices and events. Fisheye lenses, infrared light and ceilings'
  views are not among them.
- Faces turned further than profile, heads bent down and heavy shadow lower its scores.
- Whether it finds all groups of people alike was measured on perceived skin type and age only; see below.

## Figures

On the test part, which shares no scene with the training part; faces of 8 % of the longer side and more (andrewmvd:
10 %), a detection counts from an overlap (IoU) of 0.5; in the columns called roomy from 0.4, or where one box lies
80 % within the other and has a fifth of its area. The sets leave out faces in the background: a detector that finds
them is told it is wrong, all of them alike.

{tables}

Faces of all sources found by what makes them hard, with 95 % intervals; matched so that different ways to box a face do
not count:

{tags}

WIDER faces found by perceived skin type (Fitzpatrick, I light to VI dark) and age, matched likewise:

{people}

## Data and licences

Scenes of `andrewmvd` and `jolignier`, WIDER FACE pictures (boxes only), portraits with all kinds of masks, bare faces
with something at the mouth, and portraits of the classic mask set, boxed by YuNet (MIT licence), which also named the
faces that nobody had annotated. Masks were drawn on bare faces.

The pictures were collected from the web by others. **None of them carries clear commercial rights**, and the people in
them were not asked. This project publishes none of them; it publishes a network that was trained on them. Whether such
a network may be used commercially differs by country and is not settled: take advice, or train on your own pictures.
The backbone started from ImageNet weights, whose terms allow research and teaching only.

## Train it on your own pictures

Scenes with COCO annotations (`annotations.json`, `images/`), then:

```
maskgate-train split --data my-data --out runs/split.json
maskgate-train ssd --scenes my-data/scenes --split runs/split.json --weights FILE --helpers FOLDER --out runs/ssd
maskgate-train ship-detector runs/ssd --scenes my-data/scenes --split runs/split.json
```

## How it was made

- Command: `maskgate-train ssd`, {epochs} epochs of the last stage; {options}
- This file (SHA-256): {sha256}
"""
