"""From somebody's own boxes, and pictures of what is no face, to a tested face detector."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import click
import cv2
import numpy as np

from edge.errors import InputError, UsageError
from edge.networks.detector import FaceSsd, load_detector
from edge.networks.find import find_model, weights_search
from edge.networks.manifest import load_detector_manifest
from edge.pictures import find_pictures, read_picture
from training.data.layouts.export import picture_size
from training.data.layouts.names import Names
from training.data.readers import read_data
from training.data.samples import Part, Sample
from training.data.scenes import MIN_SHARE, Scene, TrueFace
from training.detector.loop import SsdRecipe, fit
from training.detector.mining import TAKEN
from training.detector.pictures import Picture, read_pictures
from training.detector.places import Place
from training.detector.scoring import DetectionTally, roomy
from training.detector.shipping import CARD, ship
from training.fit.classifier import check_name
from training.fit.paired import Paired, pair, verdict
from training.fit.pictures import SMALL_SHARES, divided_pictures, refuse_faults
from training.runs import save_json

EPOCHS, RATE = 20, 2e-4
"""Of a training: slow enough that the detector keeps what it knows of other places."""

ENOUGH = 200
"""Validation pictures from which new thresholds are chosen by them; below, those of the detector that is learnt on
from stay, whose scores hardly move."""

FEWEST = 12
"""Pictures with a face that are wanted at least."""


@dataclass(frozen=True, slots=True)
class DetectorPlan:
    """What `maskgate-train fit-detector` was asked for.

    Attributes:
        data: folder of pictures with boxes, or one of its annotation files.
        name: of the new detector.
        start: name or folder of the one that is learnt on from.
        run, out: folder for everything on the way, and the one that the model's folder is written to.
        negatives: file or folder of pictures without any face, besides those that `data` says have none.
        labels: what classes of the data are, `NAME=CLASS`.
        leave_out: go on without what is wrong in the data.
        epochs, rate, seed: of the training.
    """

    data: Path
    name: str
    start: str
    run: Path
    out: Path
    negatives: Path | None = None
    labels: tuple[str, ...] = ()
    leave_out: bool = False
    epochs: int = EPOCHS
    rate: float = RATE
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Judged:
    """Two detectors on the same held-out pictures: faces found, and pictures in which nothing else was called one."""

    faces: Paired
    clean: Paired


def fit_detector(plan: DetectorPlan, *, resume: bool) -> Judged:
    """Learn on with somebody's own pictures, publish the detector and say whether it is better.

    Raises:
        InputError: if the data cannot be read, something is wrong with them, or they are too few.
        ModelError: if there is no such detector.
        UsageError: if a folder is in use.
    """
    cv2.setNumThreads(1)
    check_name(plan.name)
    if (plan.run / "checkpoints" / "state.json").exists() and not resume:
        raise UsageError(f"{plan.run}: contains a fit; go on with it with --resume, or name another folder with --run")
    if (plan.out / plan.name).exists() and not resume:
        raise UsageError(f"{plan.out / plan.name}: already exists; choose another --name or --out")
    start = find_model(plan.start)
    before = load_detector_manifest(start)
    places = _places(plan)
    plan.run.mkdir(parents=True, exist_ok=True)
    click.echo(_counts(places))
    recipe = SsdRecipe(epochs=plan.epochs, rate=plan.rate, averaging=0.98, seed=plan.seed)
    shown = _with_mistakes(read_pictures(places[Part.TRAIN]), start)
    fit(plan.run, recipe, shown, places[Part.VALIDATION], weights=None, start=start)
    few = len(places[Part.VALIDATION]) < ENOUGH
    kept = (before.min_score, before.start_score) if few else None
    shipped = ship(
        plan.run, plan.out / plan.name, places[Part.VALIDATION], long_side=before.input.long_side, scores=kept
    )
    judged = judge(places[Part.TEST], new=shipped.folder, old=start)
    text = "\n\n".join(_verdicts(judged, plan.name, before.name))
    (shipped.folder / CARD).write_text(
        _CARD.format(name=plan.name, start=before.name, verdict=text, counts=_counts(places))
    )
    save_json(plan.run / "comparison.json", asdict(judged))
    click.echo(f"\n{text}\n\n{shipped.folder}/ holds the detector with its card.")
    settings = plan.run / f"{plan.name}.toml"
    settings.write_text(f"[detector]\nname = {json.dumps(str(shipped.folder.resolve()))}\n")
    click.echo("To use it, copy the folder to the kiosk and name it there in detector.name; to try it here:")
    click.echo(f"  maskgate detect PICTURE.jpg --config {settings}")
    return judged


def judge(places: Sequence[Place], *, new: Path, old: Path) -> Judged:
    """Run both detectors, each with its own threshold, on held-out pictures."""
    tallies, clean = [], []
    for folder in (new, old):
        detect, score = FaceSsd(folder), load_detector_manifest(folder).min_score
        tally, quiet = DetectionTally(min_share=MIN_SHARE, match=roomy), []
        for place in places:
            false = len(tally.right) - sum(tally.right)
            tally.add(place.scene, detect(read_picture(place.path)))
            quiet.append(len(tally.right) - sum(tally.right) == false)
        tallies.append([one.best >= score for one in tally.sought])
        clean.append(quiet)
    return Judged(pair(*tallies), pair(*clean))


def _places(plan: DetectorPlan) -> dict[Part, list[Place]]:
    """Every picture in its part: those with faces by look-alikes, those without by chance."""
    read = read_data(plan.data, Names.parse(plan.labels), source=plan.name)
    refuse_faults(read.root, read.faults, leave_out=plan.leave_out)
    if any(sample.box is None for sample in read.samples):
        raise InputError(f"{plan.data}: has classes, but no boxes; a detector learns from boxes of all faces")
    detect = load_detector(name=plan.start, search=(Path(plan.start).parent, *weights_search()))
    split = divided_pictures(read, detect, seed=plan.seed)
    parts = {sample.file: sample.part for sample in split.samples}
    if len(parts) < FEWEST:
        raise InputError(f"{plan.data}: {len(parts)} pictures with a face; at least {FEWEST} are needed")
    by_file: dict[str, list[Sample]] = defaultdict(list)
    for sample in read.samples:
        by_file[sample.file].append(sample)
    found: dict[Part, list[Place]] = {part: [] for part in Part}
    for file, part in parts.items():
        found[part].append(_place(read.root / file, by_file[file], plan.name))
    negatives = [read.root / file for file in read.empty]
    negatives += find_pictures(plan.negatives) if plan.negatives else []
    order = np.random.default_rng(plan.seed).permutation(len(negatives))
    for position, index in enumerate(order):
        found[SMALL_SHARES.part(position % SMALL_SHARES.folds)].append(_place(negatives[index], [], plan.name))
    plan.run.mkdir(parents=True, exist_ok=True)
    split.save(plan.run / "split.json")
    return found


def _place(path: Path, samples: Sequence[Sample], source: str) -> Place:
    faces = tuple(TrueFace(sample.label, sample.box, ignore=sample.ignore) for sample in samples if sample.box)
    return Place(path, Scene(path.name, *picture_size(path), source, faces))


def _with_mistakes(pictures: Sequence[Picture], start: Path) -> list[Picture]:
    """Pictures without a face with what the detector takes for one in them; such pictures are shown twice.

    Where there are faces nobody can tell a mistake from a face that was not boxed.
    """
    detect = FaceSsd(start, min_score=TAKEN)
    prepared = []
    for picture in pictures:
        if len(picture.boxes):
            prepared.append(picture)
            continue
        found = np.array([face.box.xyxy for face in detect(picture.image)], np.float32).reshape(-1, 4)
        taken = Picture(
            picture.image, picture.boxes, picture.bare, picture.ignored, mistaken=found, hard=len(found) > 0
        )
        prepared += [taken] * (2 if taken.hard else 1)
    return prepared


def _counts(places: dict[Part, list[Place]]) -> str:
    lines = ["| part | pictures with faces | faces | pictures without |", "|---|---:|---:|---:|"]
    for part, of_part in places.items():
        faces = [len(place.scene.faces) for place in of_part]
        lines.append(f"| {part} | {sum(map(bool, faces))} | {sum(faces)} | {faces.count(0)} |")
    return "\n".join(lines)


def _verdicts(judged: Judged, new: str, old: str) -> list[str]:
    faces = verdict(judged.faces, new, old, what="finds", of="held-out faces")
    clean = verdict(judged.clean, new, old, what="takes nothing else for a face in", of="held-out pictures")
    return [f"Faces: {faces}", f"False ones: {clean}"]


_CARD = """\
# {name}

A face detector that learnt on from `{start}` with somebody's own pictures, by `maskgate-train fit-detector`. What it is
for, its limits, and whose the pictures behind `{start}` are, is said by the card of `{start}`.

## Figures

{verdict}

## Data

{counts}

The pictures are those of whoever trained this model. Pictures without a face were parted by chance, the others so that
look-alikes stay together.
"""
