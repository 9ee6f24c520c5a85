"""Annotated scenes: whole pictures with all their faces, and the part of a split they lie in."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from edge.errors import InputError
from edge.networks.manifest import sha256_of
from edge.types import Label
from training.data.coco import load_coco
from training.data.samples import CLASSES, Part, Split

ANNOTATIONS_FILE = "annotations.json"
PICTURES_FOLDER = "images"

Corners = tuple[float, float, float, float]
"""x1 y1 x2 y2 in pixels of the picture."""


@dataclass(frozen=True, slots=True)
class TrueFace:
    """An annotated face; `label` is None where only its place is known."""

    label: Label | None
    box: Corners


@dataclass(frozen=True, slots=True)
class Scene:
    """An annotated picture: its name, size in pixels, data set, and all its faces."""

    file: str
    width: int
    height: int
    source: str
    faces: tuple[TrueFace, ...]


def read_scenes(folder: Path) -> list[Scene]:
    """Read COCO `annotations.json`, boxes as they are written there; pictures lie in `images/`.

    Raises:
        InputError: if the file cannot be read, is no COCO, or contradicts itself.
    """
    coco = load_coco(folder / ANNOTATIONS_FILE)
    labels = {one.id: next((label for label in CLASSES if label.value == one.name), None) for one in coco.categories}
    faces: dict[int, list[TrueFace]] = {picture.id: [] for picture in coco.images}
    for annotation in coco.annotations:
        left, top, width, height = annotation.bbox
        corners = (left, top, left + width, top + height)
        faces[annotation.image_id].append(TrueFace(labels[annotation.category_id], corners))
    return [
        Scene(one.file_name, one.width, one.height, one.source.partition(":")[0], tuple(faces[one.id]))
        for one in coco.images
    ]


def scenes_of_part(scenes: Sequence[Scene], folder: Path, split: Split, part: Part) -> list[Scene]:
    """The scenes whose picture lies in `part`, told by content: folders may have moved since the split was made.

    Raises:
        InputError: if a picture cannot be read, or the split puts faces of one picture into two parts.
    """
    parts: dict[str, Part] = {}
    for sample in split.samples:
        if parts.setdefault(sample.sha256, sample.part) is not sample.part:
            raise InputError(f"{sample.file}: the split puts this picture into two parts; make the split again")
    parts.pop("", None)
    return [scene for scene in scenes if parts.get(picture_hash(folder, scene)) is part]


def picture_hash(folder: Path, scene: Scene) -> str:
    """SHA-256 of a scene's picture.

    Raises:
        InputError: if it cannot be read.
    """
    path = folder / PICTURES_FOLDER / scene.file
    try:
        return sha256_of(path)
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror}); copy the scenes again") from error


def sources_with_classes(scenes: Iterable[Scene]) -> tuple[str, ...]:
    """The data sets that tell what their faces wear."""
    return tuple(sorted({scene.source for scene in scenes for face in scene.faces if face.label is not None}))
