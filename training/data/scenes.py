"""Annotated scenes: whole pictures with all their faces, and the part of a split they lie in."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from edge.config.schema import DetectorConfig
from edge.errors import InputError
from edge.networks.manifest import sha256_of
from edge.types import Label, MaskKind
from training.data.coco import CocoAnnotation, CocoImage, load_coco
from training.data.samples import CLASSES, Part, Split

MIN_SHARE = DetectorConfig().min_face
"""Faces whose longer side is below this share of the picture's do not count: the kiosk passes over them."""

ANNOTATIONS_FILE = "annotations.json"
PICTURES_FOLDER = "images"

Corners = tuple[float, float, float, float]
"""x1 y1 x2 y2 in pixels of the picture."""


@dataclass(frozen=True, slots=True)
class TrueFace:
    """An annotated face.

    Attributes:
        label: as checked by eye where it was, else the set's own; None where only the face's place is known.
        ignore: nobody could tell: such a face counts nowhere, found or not.
        kind: of mask, where known.
        tags: what makes it hard, as noted (`profile`, `hand`, `beard`); not complete.
        skin: perceived Fitzpatrick type, I to VI, and `age`, its perceived group; for measuring, never for training.
    """

    label: Label | None
    box: Corners
    ignore: bool = False
    kind: MaskKind | None = None
    tags: tuple[str, ...] = ()
    skin: str = ""
    age: str = ""


@dataclass(frozen=True, slots=True)
class Scene:
    """An annotated picture: its name, size in pixels, data set, and all its faces.

    `group` is what it must stay together with (an event, a clip, a person), `origin` where the collector had it from;
    both are empty where nothing is known.
    """

    file: str
    width: int
    height: int
    source: str
    faces: tuple[TrueFace, ...]
    group: str = ""
    origin: str = ""


def read_scenes(folder: Path, *, original: bool = False) -> list[Scene]:
    """Read COCO `annotations.json`, boxes as they are written there; pictures lie in `images/`.

    Args:
        original: take the set's own labels, whatever was found when they were checked.

    Raises:
        InputError: if the file cannot be read, is no COCO, or contradicts itself.
    """
    coco = load_coco(folder / ANNOTATIONS_FILE)
    names = {one.id: one.name for one in coco.categories}
    faces: dict[int, list[TrueFace]] = {picture.id: [] for picture in coco.images}
    for annotation in coco.annotations:
        faces[annotation.image_id].append(_true_face(annotation, names[annotation.category_id], original=original))
    return [_scene(picture, tuple(faces[picture.id])) for picture in coco.images]


def _true_face(annotation: CocoAnnotation, category: str, *, original: bool) -> TrueFace:
    left, top, width, height = annotation.bbox
    name = category if original else annotation.checked or category
    return TrueFace(
        label=next((label for label in CLASSES if label.value == name), None),
        box=(left, top, left + width, top + height),
        ignore=annotation.ignore and not original,
        kind=annotation.kind,
        tags=annotation.tags,
        skin=annotation.skin,
        age=annotation.age,
    )


def _scene(picture: CocoImage, faces: tuple[TrueFace, ...]) -> Scene:
    source, _, event = picture.source.partition(":")
    return Scene(
        picture.file_name, picture.width, picture.height, source, faces, event or picture.group, picture.origin
    )


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
