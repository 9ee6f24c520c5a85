"""COCO annotation files (Lin et al. 2014): the fields that face sets use, checked once for all who read them."""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel, ValidationError

from edge.errors import InputError, cause_of
from edge.types import MaskKind
from training.data.text import read_text


class CocoCategory(BaseModel):
    """What an annotation may be."""

    id: int
    name: str


class CocoImage(BaseModel):
    """One picture.

    Attributes:
        source: names the data set, and a group after a colon (`wider:12--Group`).
        group: pictures that show the same person, clip or shoot; empty where none is known.
        origin: where the set's collector had it from.
    """

    id: int
    file_name: str
    width: int = 0
    height: int = 0
    source: str = ""
    group: str = ""
    origin: str = ""


class CocoAnnotation(BaseModel):
    """One face.

    Attributes:
        bbox: left, top, width, height in pixels.
        checked: name of the class that somebody saw who did not know the category; empty where nobody looked.
        kind: of mask, where known.
        tags: what makes the face hard (`profile`, `hand`, `beard`), as noted; not complete.
        ignore: nobody could tell what it wears, or whether it is a face: neither to be learnt from nor judged.
        skin: perceived Fitzpatrick type, I to VI; for measuring alone.
        age: perceived age group; for measuring alone.
    """

    image_id: int
    category_id: int
    bbox: tuple[float, float, float, float]
    checked: str = ""
    kind: MaskKind | None = None
    tags: tuple[str, ...] = ()
    ignore: bool = False
    skin: str = ""
    age: str = ""


class CocoFile(BaseModel):
    """The whole annotation file."""

    images: list[CocoImage]
    annotations: list[CocoAnnotation]
    categories: list[CocoCategory]


def load_coco(path: Path) -> CocoFile:
    """Read an annotation file; every annotation's image and category are listed in it.

    Raises:
        InputError: if the file cannot be read, is no COCO, or contradicts itself.
    """
    coco = parse_coco(path)
    images = {image.id for image in coco.images}
    categories = {category.id for category in coco.categories}
    if any(one.image_id not in images or one.category_id not in categories for one in coco.annotations):
        raise InputError(f"{path}: an annotation names an image or category that is not listed")
    return coco


def parse_coco(path: Path) -> CocoFile:
    """Read an annotation file that may contradict itself.

    Raises:
        InputError: if the file cannot be read or is no COCO.
    """
    try:
        return CocoFile.model_validate_json(read_text(path))
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(step) for step in first["loc"])
        raise InputError(f"{path}: is not a COCO file ({where}: {cause_of(first)})") from error
