"""Somebody's own pictures: read, looked at by the deployed detector, and divided so that look-alikes stay together."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import click
import numpy as np

from edge.errors import InputError
from edge.networks.detector import Detector
from edge.networks.preprocess import crop_square
from edge.types import Box, Image
from training.data.cleaning import clean
from training.data.layouts.export import Fault, picture_size
from training.data.readers import Reading, by_reason
from training.data.samples import Dropped, Part, Sample, Split
from training.data.splits import Shares, check, divide, join_groups, known_parts, table
from training.faces.cutting import find_portrait, match

SMALL = 600
"""Faces below which a third of them is held out: fewer would prove nothing."""

SMALL_SHARES = Shares(folds=6, test=2, validation=1)

AROUND = 0.2
"""What is compared of two pictures: the largest face and so much around it, in longer sides of the face."""

FEWEST = 12
"""Faces of a class that are wanted at least: two of them to validate, four to test."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """A divided set, and what was found on the way to it."""

    read: Reading
    split: Split
    notes: tuple[Fault, ...]


def prepare(read: Reading, detect: Detector, *, seed: int, leave_out: bool) -> Prepared:
    """Divide what was read into parts that share no look-alikes.

    The same pictures, faces and classes give the same parts, whatever layout and names they come in.

    Args:
        read: the set.
        detect: the deployed detector; what of a picture is compared with others is where it sees the largest face.
        seed: decides the parts.
        leave_out: go on without what is wrong.

    Raises:
        InputError: if something is wrong and nobody said to leave it out, or too little is left.
    """
    labelled = [sample for sample in read.samples if sample.label is not None and not sample.ignore]
    others = Counter("class not known (face)" for s in read.samples if s.label is None and not s.ignore)
    others.update("left out as --label says, or nobody could tell" for s in read.samples if s.ignore)
    cleaned = clean(read.root, labelled, look=_face_finder(labelled, detect))
    wrong = [*read.faults, *_contradictions(labelled, cleaned.dropped)]
    refuse_faults(read.root, wrong, leave_out=leave_out)
    samples = _named_by_content(join_groups(cleaned.samples, cleaned.alike))
    contrary = {fault.where for fault in wrong}
    samples = _divided([one for one in samples if one.file not in contrary], read.parts, seed)
    dropped = (*(Dropped(file=fault.where, why=fault.why) for fault in wrong), *cleaned.dropped)
    split = Split(root=read.root, seed=seed, samples=tuple(samples), dropped=dropped)
    check(split)
    refuse_few(split)
    notes = (
        *read.notes,
        *(Fault(drop.file, drop.why) for drop in cleaned.dropped),
        *(Fault(f"{count} faces", why) for why, count in others.items()),
    )
    return Prepared(read, split, notes)


def divided_pictures(read: Reading, detect: Detector, *, seed: int) -> Split:
    """The pictures with faces, of any class or none, in parts that share no look-alikes."""
    asked = [sample for sample in read.samples if not sample.ignore]
    cleaned = clean(read.root, asked, look=_face_finder(asked, detect))
    samples = _divided(_named_by_content(join_groups(cleaned.samples, cleaned.alike)), read.parts, seed)
    split = Split(root=read.root, seed=seed, samples=tuple(samples), dropped=cleaned.dropped)
    check(split)
    return split


def refuse_faults(root: Path, faults: Sequence[Fault], *, leave_out: bool) -> None:
    """Stop at what is wrong with the data, all of it in one report; or say it and go on.

    Raises:
        InputError: unless `leave_out`.
    """
    if not faults:
        return
    report = by_reason(faults)
    if not leave_out:
        raise InputError(
            f"{root}: something is wrong in {len(faults)} places\n{report}\nMend it, or go on without these faces with "
            "--leave-out-faulty"
        )
    click.echo(f"left out, as --leave-out-faulty says:\n{report}", err=True)


def refuse_few(split: Split) -> None:
    """Stop where a class, or a part, has too few faces to say anything.

    Raises:
        InputError: naming them.
    """
    counts = Counter(sample.label for sample in split.samples)
    found = ", ".join(f"{count} {label}" for label, count in counts.most_common()) or "none"
    if sum(count >= FEWEST for count in counts.values()) < 2:
        raise InputError(
            f"{split.root}: found faces: {found}; at least {FEWEST} of each of two classes are needed to learn and to "
            "test what was learnt. Add pictures of the others"
        )
    missing = [part.value for part in Part if not split.part(part)]
    if missing:
        raise InputError(
            f"{split.root}: nothing is left for {' and '.join(missing)}: the pictures look too much alike; "
            "add some of other people and days"
        )


def report(prepared: Prepared) -> str:
    """What was found, for people: layout, pictures, faces, classes, sizes, parts, and all that was left out."""
    read, split = prepared.read, prepared.split
    files = {sample.file for sample in read.samples}
    faces = [sample for sample in read.samples if sample.box is not None]
    lines = [
        f"Layout: {'; '.join(read.layouts)}",
        f"Pictures: {len(files)} with a face, {len(read.empty)} without",
        f"Faces: {len(read.samples)} ({len(faces)} with a box)",
        *(f"Class {name!r} is {meaning}: {count}" for (name, meaning), count in read.names.items()),
        f"Longer sides of the pictures: {_range(max(picture_size(read.root / file)) for file in files)}",
        f"Longer sides of the boxes: {_range(Box(*one.box).longer_side for one in faces if one.box)}",
        f"Parts: {'as the folders say' if read.parts else 'drawn'}, look-alikes together",
        "",
        table(split).split("\n\n", 1)[0],
    ]
    wrong = [Fault(drop.file, drop.why) for drop in split.dropped]
    left_out = by_reason({(fault.where, fault.why): fault for fault in (*prepared.notes, *wrong)}.values())
    return "\n".join([*lines, "", "Left out or noted:", left_out or "  nothing"])


def _range(values: Iterable[int]) -> str:
    found = list(values)
    if not found:
        return "none"
    least, middle, most = np.quantile(found, [0, 0.5, 1])
    return f"{least:.0f} to {most:.0f} pixels, half of them from {middle:.0f}"


def _face_finder(samples: Sequence[Sample], detect: Detector) -> _FaceFinder:
    boxes = defaultdict(list)
    for sample in samples:
        boxes[sample.file].append(sample)
    return _FaceFinder(boxes, detect)


class _FaceFinder:
    """Shows the largest labelled face of a picture and what is around it, where the detector sees it if it does."""

    def __init__(self, samples: Mapping[str, Sequence[Sample]], detect: Detector) -> None:
        self._samples, self._detect = samples, detect

    def __call__(self, file: str, image: Image) -> Image:
        samples = self._samples[file]
        boxes: list[Box] = []
        if samples[0].box is None:
            portrait = find_portrait(image, self._detect)
            boxes = [portrait] if portrait else []
        else:
            seen = match(self._detect(image), samples)
            boxes = [seen.get(number, Box(*(one.box or ()))) for number, one in enumerate(samples)]
        largest = max(boxes, key=lambda box: box.area, default=None)
        return crop_square(image, largest, margin=AROUND) if largest else image


def _contradictions(samples: Sequence[Sample], dropped: Iterable[Dropped]) -> list[Fault]:
    """Copies of a picture that say something else of its faces; neither of them can be believed."""
    classes = defaultdict(set)
    for sample in samples:
        classes[sample.file].add(sample.label)
    found = []
    for drop in dropped:
        kind, _, original = drop.why.partition(" of ")
        if kind == "exact duplicate" and classes[drop.file] != classes[original]:
            said = " and ".join(sorted({str(label) for file in (drop.file, original) for label in classes[file]}))
            found += [
                Fault(file, f"the same picture with other classes elsewhere ({said})") for file in (drop.file, original)
            ]
    return found


def _named_by_content(samples: Sequence[Sample]) -> list[Sample]:
    """The samples in an order, and their groups with names, that depend on the pictures alone."""
    first: dict[str, str] = {}
    for sample in samples:
        first[sample.group] = min(first.get(sample.group, sample.sha256), sample.sha256)
    renamed = [sample.model_copy(update={"group": first[sample.group][:12]}) for sample in samples]
    return sorted(renamed, key=lambda sample: (sample.sha256, sample.box or ()))


def _divided(samples: list[Sample], parts: Mapping[str, Part], seed: int) -> list[Sample]:
    """By the set's own parts where it has such; what it has none for is drawn from what it has."""
    shares = SMALL_SHARES if len(samples) < SMALL else Shares()
    known = known_parts(samples, parts)
    given = set(known.values())
    if len(given) < 2:
        return divide(samples, seed=seed, shares=shares)
    placed = divide(samples, seed=seed, known=known, shares=shares)
    if Part.TEST not in given:
        return _redrawn(placed, Part.VALIDATION, Shares(folds=3, test=2, validation=1), seed)
    if Part.VALIDATION not in given:
        return _redrawn(placed, Part.TRAIN, Shares(folds=6, test=0, validation=1), seed)
    return placed


def _redrawn(samples: list[Sample], part: Part, shares: Shares, seed: int) -> list[Sample]:
    """One part divided anew."""
    chosen = iter(divide([one for one in samples if one.part is part], seed=seed, shares=shares))
    return [next(chosen) if one.part is part else one for one in samples]
