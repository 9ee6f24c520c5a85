"""Cutting the faces of a split into a crop store, with the boxes of the detector that the kiosk runs."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np
from tqdm import tqdm

from edge.networks.detector import Detector
from edge.pictures import read_picture
from edge.types import Box, Face, Image, Label
from training.data.cleaning import SAME_PICTURE, phash
from training.data.samples import Part, Sample, Split
from training.faces.store import DEFAULT_MARGIN, CropRecord, CropStore, cut

MIN_OVERLAP = 0.4
"""Intersection over union from which a detection counts as an annotated face."""

SMALLEST_FACE = 16
"""Pixels; smaller faces tell nothing."""

TIGHT_CROP = 200
"""A picture without a box and of at most this many pixels, where no face is found, is itself taken as the face."""

BARE_WEIGHT = 0.3
"""Faces of unknown label (WIDER) are nearly all bare; they count less than labelled ones."""

SMALLEST_BARE = 32
"""Pixels; smaller faces of unknown label are left out."""

COVERED_EVENTS = ("Surgeons", "Worker_Laborer", "Hockey", "Football", "Riot", "Rescue", "Soldier")
"""WIDER events where many faces are covered by masks, cages or scarfs: no bare faces to learn from."""

_PADDING = 0.3
_GREY = (127, 127, 127)


@dataclass(slots=True)
class CutReport:
    """What became of the samples: (part, reason) -> how many."""

    left_out: Counter[tuple[Part, str]] = field(default_factory=Counter)

    def note(self, sample: Sample, reason: str) -> None:
        self.left_out[sample.part, reason] += 1


@dataclass(frozen=True, slots=True)
class _Found:
    """A sample's boxes, best first, and whether each is the detector's."""

    sample: Sample
    label: Label
    boxes: tuple[Box, ...]
    detected: tuple[bool, ...]


def cut_crops(split: Split, detect: Detector, out: Path, *, keep_twins: bool = False) -> tuple[CropStore, CutReport]:
    """Cut every usable face of `split` into a new store at `out`, which is saved.

    Training faces come with the detector's box and the annotated one, half the weight each; validation and test
    faces with the detector's alone, as the kiosk sees them: those it misses are reported, not cut. A training face that
    looks like one of a later part is left out, unless `keep_twins` says that the split is to be taken as it is.
    """
    report = CutReport()
    store = CropStore(out, (), margin=DEFAULT_MARGIN)
    records: list[CropRecord] = []
    hashes: dict[str, int] = {}
    by_file: dict[str, list[Sample]] = {}
    for sample in split.samples:
        by_file.setdefault(sample.file, []).append(sample)
    for file, samples in tqdm(by_file.items(), desc="cutting", unit="picture", leave=False, disable=None):
        image = read_picture(split.root / file)
        for found in _find_faces(image, samples, detect, report):
            crop, boxes = cut(image, found.boxes)
            name = _name(file, found.boxes[0])
            store.add_picture(name, crop)
            hashes[name] = phash(crop[boxes[0].y1 : boxes[0].y2, boxes[0].x1 : boxes[0].x2])
            records += _records(found, name, boxes, image)
    twins = {} if keep_twins else _twins(records, hashes)
    report.left_out.update((part, "face also seen in another part") for part in twins.values())
    store = CropStore(out, tuple(r for r in records if r.file not in twins), margin=store.margin)
    store.save()
    return store, report


def whole_picture(image: Image) -> tuple[Face, ...]:
    """Stands in for a detector where each picture as a whole is the face."""
    height, width = image.shape[:2]
    return (Face(Box(0, 0, width, height), 1.0),)


def summary(store: CropStore, report: CutReport) -> str:
    """The store as Markdown: faces per source, label and part, what was drawn, and what was left out."""
    faces = {(record.file, _origin(record), record.label, record.part) for record in store.records}
    counts = Counter(face[1:] for face in faces)
    parts = " | ".join(Part)
    lines = [f"| source | label | {parts} |", "|---|---|" + "---:|" * len(Part)]
    for source, label in sorted({key[:2] for key in counts}):
        lines.append(f"| {source} | {label} | " + " | ".join(str(counts[source, label, part]) for part in Part) + " |")
    lines += ["", f"| left out | {parts} |", "|---|" + "---:|" * len(Part)]
    for reason in sorted({reason for _, reason in report.left_out}):
        lines.append(f"| {reason} | " + " | ".join(str(report.left_out[part, reason]) for part in Part) + " |")
    return "\n".join(lines)


def _origin(record: CropRecord) -> str:
    """Its data set, or what was drawn on it; the cloth does not matter."""
    if not record.synthetic:
        return record.source
    return "drawn " + (
        record.synthetic.split("-", 1)[-1] if record.label is not Label.WITHOUT_MASK else record.synthetic
    )


def match(faces: Sequence[Face], samples: Sequence[Sample]) -> dict[int, Box]:
    """Pair detections with annotated samples, surest detection first, each used once.

    Returns:
        position in `samples` -> the detector's box.
    """
    matched: dict[int, Box] = {}
    for face in sorted(faces, key=lambda face: -face.score):
        overlaps = [
            (face.box.iou(Box(*sample.box)), position)
            for position, sample in enumerate(samples)
            if sample.box is not None and position not in matched
        ]
        overlap, position = max(overlaps, default=(0.0, -1))
        if overlap >= MIN_OVERLAP:
            matched[position] = face.box
    return matched


def find_portrait(image: Image, detect: Detector) -> Box | None:
    """The largest face of a picture that shows one; faces that fill it are found once it gets a grey border."""
    height, width = image.shape[:2]
    border = round(_PADDING * max(height, width))
    padded = cv2.copyMakeBorder(image, border, border, border, border, borderType=cv2.BORDER_CONSTANT, value=_GREY)
    moved = (
        Box.clipped(*(edge - border for edge in face.box.xyxy), width=width, height=height)
        for face in detect(np.asarray(padded, np.uint8))
    )
    found = [face.box for face in detect(image)] or [box for box in moved if box is not None]
    return max(found, key=lambda box: box.area, default=None)


def _find_faces(image: Image, samples: list[Sample], detect: Detector, report: CutReport) -> Iterator[_Found]:
    if samples[0].box is None:
        yield from _find_whole(image, samples[0], detect, report)
        return
    matched = match(detect(image), samples)
    for position, sample in enumerate(samples):
        annotated, seen = Box(*sample.box or ()), matched.get(position)
        reason = _reason(sample, annotated, seen)
        if reason:
            report.note(sample, reason)
            continue
        label = sample.label or Label.WITHOUT_MASK
        if seen is None:
            yield _Found(sample, label, (annotated,), (False,))
        elif sample.part is Part.TRAIN:
            yield _Found(sample, label, (seen, annotated), (True, False))
        else:
            yield _Found(sample, label, (seen,), (True,))


def _reason(sample: Sample, annotated: Box, seen: Box | None) -> str:
    """Why an annotated face is left out; empty if it is not."""
    if sample.ignore:
        return "nobody could tell"
    if sample.label is None:
        if sample.part is not Part.TRAIN:
            return "label unknown"
        if any(event in sample.file for event in COVERED_EVENTS):
            return "label unknown, often covered"
        if annotated.longer_side < SMALLEST_BARE or seen is None:
            return "label unknown, small or not detected"
    if annotated.longer_side < SMALLEST_FACE:
        return f"face smaller than {SMALLEST_FACE} pixels"
    return "not detected" if seen is None and sample.part is not Part.TRAIN else ""


def _find_whole(image: Image, sample: Sample, detect: Detector, report: CutReport) -> Iterator[_Found]:
    height, width = image.shape[:2]
    label, box = sample.label, find_portrait(image, detect)
    if label is None:
        report.note(sample, "label unknown")
    elif box is not None:
        yield _Found(sample, label, (box,), (True,))
    elif max(height, width) <= TIGHT_CROP:
        yield _Found(sample, label, (Box(0, 0, width, height),), (False,))
    else:
        report.note(sample, "no face found in the picture")


def _records(found: _Found, name: str, boxes: tuple[Box, ...], image: Image) -> Iterator[CropRecord]:
    sample = found.sample
    weight = (1.0 if sample.label else BARE_WEIGHT) / len(boxes) if sample.part is Part.TRAIN else 1.0
    for box, seen, original in zip(boxes, found.detected, found.boxes, strict=True):
        yield CropRecord(
            file=name,
            label=found.label,
            part=sample.part,
            source=sample.source,
            group=sample.group,
            weight=weight,
            box=box.xyxy,
            picture=sample.file,
            detected=seen,
            guessed=sample.label is None,
            kind=sample.kind,
            tags=sample.tags,
            face_px=original.longer_side,
            share=round(original.longer_side / max(image.shape[:2]), 4),
        )


def _name(file: str, box: Box) -> str:
    """A short name without the person's: hashed from the picture's name and the face's place."""
    digest = hashlib.sha256(f"{file}{box.xyxy}".encode()).hexdigest()[:16]
    return f"{digest[:2]}/{digest}.jpg"


def _twins(records: Iterable[CropRecord], hashes: dict[str, int]) -> dict[str, Part]:
    """Training and validation crops whose face looks like one of a part that is judged later, and their part."""
    part_of = {record.file: record.part for record in records}
    codes = {part: [f for f, p in part_of.items() if p is part] for part in Part}
    twins: dict[str, Part] = {}
    for part, later in ((Part.TRAIN, (Part.VALIDATION, Part.TEST)), (Part.VALIDATION, (Part.TEST,))):
        held_out = np.array([hashes[file] for other in later for file in codes[other]], np.uint64)
        for file in codes[part]:
            if held_out.size and np.bitwise_count(held_out ^ np.uint64(hashes[file])).min() <= SAME_PICTURE:
                twins[file] = part
    return twins
