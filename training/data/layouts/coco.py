"""COCO JSON as Roboflow, CVAT, Label Studio and this project write it."""

from __future__ import annotations

import re
from pathlib import Path

from edge.errors import InputError
from training.data.coco import CocoAnnotation, CocoFile, CocoImage, parse_coco
from training.data.layouts.export import (
    PARTS,
    Export,
    Findings,
    Pictures,
    RawFace,
    RawPicture,
    part_of,
    picture_size,
)
from training.data.samples import Part

LAYOUT = "COCO JSON"


def read_coco(root: Path, files: list[Path]) -> Export:
    """Read annotation files below `root`.

    A label that was checked by eye counts for more than the set's own.

    Raises:
        InputError: if a file cannot be read or is no COCO.
    """
    pictures, found = Pictures(root), Findings(root)
    for file in files:
        _read(file, parse_coco(file), pictures, found)
    return found.export(f"{LAYOUT} ({', '.join(found.shown(file) for file in files)})")


def _read(file: Path, coco: CocoFile, pictures: Pictures, found: Findings) -> None:
    names = {one.id: one.name for one in coco.categories}
    faces: dict[int, list[RawFace]] = {image.id: [] for image in coco.images}
    for annotation in coco.annotations:
        if annotation.image_id not in faces:
            found.fault(file, f"an annotation of picture {annotation.image_id}, which is not listed")
        elif annotation.category_id not in names:
            known = ", ".join(f"{key} {name}" for key, name in names.items())
            found.fault(file, f"class index {annotation.category_id} is not one of {known}")
        else:
            faces[annotation.image_id].append(_face(annotation, names[annotation.category_id]))
    by_file = _part_in(file.stem)
    folders = (file.parent / "images", file.parent, file.parent.parent / "images", file.parent.parent)
    for image in coco.images:
        try:
            path = pictures.find(image.file_name, folders)
            size = picture_size(path)
        except InputError as error:
            found.fault(file, str(error).removeprefix(f"{pictures.root}/"))
            continue
        if image.width and image.height and (image.width, image.height) != size:
            found.fault(path, f"annotated at {image.width}x{image.height}, but has {size[0]}x{size[1]} pixels")
            continue
        part = part_of(path, pictures.root) or part_of(file, pictures.root) or by_file
        found.add(_picture(path, image, faces[image.id], part), size)


def _picture(path: Path, image: CocoImage, faces: list[RawFace], part: Part | None) -> RawPicture:
    source, _, event = image.source.partition(":")
    return RawPicture(path, tuple(faces), part=part, source=source, group=event or image.group)


def _face(annotation: CocoAnnotation, category: str) -> RawFace:
    left, top, width, height = annotation.bbox
    return RawFace(
        annotation.checked or category,
        (left, top, left + width, top + height),
        kind=annotation.kind,
        tags=annotation.tags,
        ignore=annotation.ignore,
    )


def _part_in(stem: str) -> Part | None:
    """`instances_train` and the like."""
    return next((PARTS[word] for word in re.split(r"[^a-z]+", stem.lower()) if word in PARTS), None)
