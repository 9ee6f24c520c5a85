"""Readers of annotated pictures: a folder per class, COCO scenes, Pascal VOC; each gives samples below one root."""

from __future__ import annotations

import json
import logging
import re
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from edge.errors import InputError
from edge.pictures import pictures_below
from edge.types import Label
from training.data.coco import load_coco
from training.data.samples import Sample
from training.data.voc import box_within, in_order, known_size, voc_faces, voc_files

log = logging.getLogger(__name__)

FACE = "face"
"""The name of a face of which only the place is known."""

_LABELS: dict[str, Label | None] = {
    **{label.value: label for label in Label if label is not Label.UNCERTAIN},
    FACE: None,
    "mask": Label.WITH_MASK,
    "without": Label.WITHOUT_MASK,
    "no_mask": Label.WITHOUT_MASK,
    "mask_weared_incorrect": Label.INCORRECT_MASK,
}
"""Class names of published sets, in lower case; the last is the spelling of the andrewmvd set."""

_NAMED_PERSON = re.compile(r"^\d+_\d+_([a-z]{2,})_\d+")
"""`1_0_anhu_0031`: the RMFD set names its unmasked files after the person shown."""


def read_class_folders(root: Path, folder: str) -> list[Sample]:
    """Read `root/folder/<class>/**`; each picture as a whole shows one face.

    Pictures of a person named in the file name form one group; every other picture is its own.

    Raises:
        InputError: if no folder is named like a class, or none holds a picture.
    """
    base = root / folder
    samples = []
    for directory in sorted(path for path in base.iterdir() if path.is_dir()) if base.is_dir() else ():
        if directory.name.lower() not in _LABELS:
            continue
        label = _LABELS[directory.name.lower()]
        for path in pictures_below(directory):
            file = path.relative_to(root).as_posix()
            samples.append(Sample(file=file, label=label, group=_person_or(file), source=folder))
    if not samples:
        raise InputError(f"{base}: expected folders of pictures named {', '.join(_LABELS)}")
    return samples


def read_coco(
    root: Path, folder: str, *, annotations: str = "annotations.json", images: str = "images"
) -> list[Sample]:
    """Read COCO boxes from `root/folder/annotations`; pictures lie in `root/folder/images`.

    An image's `source` may hold a group after a colon (`wider:12--Group`), or the image a `group` of its own: such
    pictures then stay together. A label that was checked by eye counts for more than the set's own. What was repaired
    or left out is told in one line of the log.

    Raises:
        InputError: if the file is missing, no COCO, or names a class nobody knows.
    """
    path = root / folder / annotations
    coco = load_coco(path)
    pictures = {image.id: image for image in coco.images}
    names = {category.id: category.name for category in coco.categories}
    samples = []
    oddities: Counter[str] = Counter()
    sizes = {
        image.id: known_size(root / folder / images / image.file_name, image.width, image.height, oddities)
        for image in coco.images
    }
    for annotation in coco.annotations:
        image, size = pictures[annotation.image_id], sizes[annotation.image_id]
        left, top, width, height = annotation.bbox
        edges = in_order((left, top, left + width, top + height), oddities)
        box = None if size is None else box_within(edges, size, oddities)
        if box is not None:
            file = f"{folder}/{images}/{image.file_name}"
            source, _, event = (image.source or folder).partition(":")
            shown = event or image.group
            samples.append(
                Sample(
                    file=file,
                    label=_label(annotation.checked or names[annotation.category_id], path),
                    group=f"{source}:{shown}" if shown else file,
                    source=source,
                    box=box.xyxy,
                    kind=annotation.kind,
                    tags=annotation.tags,
                    ignore=annotation.ignore,
                )
            )
    _report(path, oddities)
    return samples


def read_voc(
    root: Path, folder: str, *, annotations: str = "annotations", images: str = "images", source: str = ""
) -> list[Sample]:
    """Read Pascal VOC files `root/folder/annotations/*.xml`; pictures lie in `root/folder/images`.

    What was repaired or left out is told in one line of the log.

    Raises:
        InputError: if there is no annotation, one is damaged, or names a class nobody knows.
    """
    base = root / folder / annotations
    samples = []
    oddities: Counter[str] = Counter()
    for path in voc_files(base):
        for face in voc_faces(path, root / folder / images, oddities):
            file = face.picture.relative_to(root).as_posix()
            label = _label(face.name, path)
            samples.append(
                Sample(file=file, label=label, group=file, source=source or Path(folder).name, box=face.box.xyxy)
            )
    _report(base, oddities)
    return samples


def read_all(root: Path) -> list[Sample]:
    """Read every set directly below `root`, each by what it holds.

    Raises:
        InputError: if there is none.
    """
    samples: list[Sample] = []
    for path in sorted(root.iterdir()) if root.is_dir() else ():
        if (path / "annotations.json").is_file():
            samples += read_coco(root, path.name)
        elif any((path / "annotations").glob("*.xml")):
            samples += read_voc(root, path.name)
        elif path.is_dir() and any((path / name).is_dir() for name in _LABELS):
            samples += read_class_folders(root, path.name)
    if not samples:
        raise InputError(f"{root}: expected a folder with class folders, COCO or Pascal VOC annotations in it")
    return samples


def files_of(samples: Iterable[Sample]) -> list[str]:
    """Each picture once, in the order of the samples."""
    return list(dict.fromkeys(sample.file for sample in samples))


def _report(path: Path, oddities: Counter[str]) -> None:
    told = ", ".join(f"{count} {what}" for what, count in sorted(oddities.items()) if count)
    if told:
        log.warning("annotations=%s oddities=%r", path, told)


def _label(name: str, path: Path) -> Label | None:
    try:
        return _LABELS[name.lower()]
    except KeyError:
        raise InputError(f"{path}: class {json.dumps(name)} is not one of {', '.join(_LABELS)}") from None


def _person_or(file: str) -> str:
    path = Path(file)
    named = _NAMED_PERSON.match(path.stem)
    return f"{path.parts[0]}:{named[1]}" if named else file
