"""COCO annotation files (Lin et al. 2014): the fields that face sets use, checked once for all who read them."""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel, ValidationError

from edge.errors import InputError


class CocoCategory(BaseModel):
    """What an annotation may be."""

    id: int
    name: str


class CocoImage(BaseModel):
    """One picture; `source` names the data set, and a group after a colon (`wider:12--Group`)."""

    id: int
    file_name: str
    width: int
    height: int
    source: str = ""


class CocoAnnotation(BaseModel):
    """One face; `bbox` is left, top, width, height in pixels."""

    image_id: int
    category_id: int
    bbox: tuple[float, float, float, float]


class CocoFile(BaseModel):
    """The whole file."""

    images: list[CocoImage]
    annotations: list[CocoAnnotation]
    categories: list[CocoCategory]


def load_coco(path: Path) -> CocoFile:
    """Read an annotation file; every annotation's image and category are listed in it.

    Raises:
        InputError: if the file cannot be read, is no COCO, or contradicts itself.
    """
    try:
        coco = CocoFile.model_validate_json(path.read_bytes())
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror}); name a folder of COCO scenes") from error
    except ValidationError as error:
        raise InputError(f"{path}: is no COCO file ({error.errors()[0]['msg']})") from error
    images = {image.id for image in coco.images}
    categories = {category.id for category in coco.categories}
    if any(one.image_id not in images or one.category_id not in categories for one in coco.annotations):
        raise InputError(f"{path}: an annotation names an image or category that is not listed")
    return coco
