"""The crop store: a folder of face crops, cut wide enough to be shifted, with the face's box in each."""

from __future__ import annotations

from collections.abc import Set
from pathlib import Path
from typing import Literal

import cv2
import numpy as np
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from edge.errors import InputError, cause_of
from edge.networks.manifest import InputSpec
from edge.networks.preprocess import crop_square, resize
from edge.pictures import read_picture
from edge.types import Box, Image, Label, MaskKind
from training.data.samples import Part

STORE_FILE = "crops.json"
JPEG_QUALITY = 95

DEFAULT_MARGIN = 0.5
"""Surroundings kept on every side, in longer sides of the face: room for the kiosk's margin, shift, scale and turn."""

LONGEST_SIDE = 320
"""Pixels; at the default margin a face then has 160 of them, as many as the largest network input shows."""


class _Record(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class CropRecord(_Record):
    """One face; several records may show the same crop with boxes of different origin.

    Attributes:
        file: JPEG in the store.
        group: see `training.data.samples.Sample`.
        weight: how much it counts in training; 1 in the other parts.
        synthetic: what was drawn on it, e.g. `surgical-nose-out`; empty for a photograph as it is.
        box: the face in the crop, x1 y1 x2 y2 in pixels, half-open.
        picture: the file it was cut from, relative to the data's root.
        detected: whether the box is the detector's own; False for an annotated one.
        face_px: longer side of the face in its picture, pixels.
        share: that, divided by the picture's longer side.
        guessed: nobody said what it wears; such faces are nearly all bare.
        kind: of mask, where known.
        tags: what makes the face hard, see `training.data.samples.Sample`.
    """

    file: str
    label: Label
    part: Part
    source: str
    group: str
    weight: float = Field(default=1.0, gt=0)
    synthetic: str = ""
    box: tuple[int, int, int, int]
    picture: str = ""
    detected: bool = True
    face_px: int = 0
    share: float = 0.0
    guessed: bool = False
    kind: MaskKind | None = None
    tags: tuple[str, ...] = ()


class _StoreFile(_Record):
    format: Literal[1]
    margin: float
    records: tuple[CropRecord, ...]


class CropStore:
    """Records and pictures of a folder; nothing is kept in memory but the records."""

    def __init__(self, path: Path, records: tuple[CropRecord, ...], *, margin: float) -> None:
        self.path, self.records, self.margin = path, records, margin

    @classmethod
    def load(cls, path: Path) -> CropStore:
        """Read `path/crops.json`.

        Raises:
            InputError: naming the file and the cause.
        """
        file = path / STORE_FILE
        try:
            store = _StoreFile.model_validate_json(file.read_bytes())
        except OSError as error:
            raise InputError(
                f"{file}: cannot be read ({error.strerror}); cut crops with `maskgate-train crops`"
            ) from error
        except ValidationError as error:
            raise InputError(
                f"{file}: is not a crop store ({cause_of(error.errors()[0])}); cut the crops again"
            ) from error
        return cls(path, store.records, margin=store.margin)

    def save(self) -> None:
        """Write the records; the pictures are written by `add_picture` before."""
        self.path.mkdir(parents=True, exist_ok=True)
        store = _StoreFile(format=1, margin=self.margin, records=self.records)
        (self.path / STORE_FILE).write_text(store.model_dump_json(indent=1, exclude_defaults=True) + "\n")

    def without(self, files: Set[str]) -> CropStore:
        """The same store, less the training faces in these files."""
        kept = (record for record in self.records if record.part is not Part.TRAIN or record.file not in files)
        return CropStore(self.path, tuple(kept), margin=self.margin)

    def __len__(self) -> int:
        return len(self.records)

    def image(self, index: int) -> Image:
        """The crop with all its surroundings, BGR."""
        return read_picture(self.path / self.records[index].file)

    def face_box(self, index: int) -> Box:
        return Box(*self.records[index].box)

    def picture(self, index: int, spec: InputSpec) -> Image:
        """What the kiosk would feed a network, uint8 BGR (spec.height, spec.width, 3)."""
        return resize(crop_square(self.image(index), self.face_box(index), margin=spec.margin), spec)

    def add_picture(self, file: str, image: Image) -> None:
        """Write one crop.

        Raises:
            InputError: if the disk refuses it.
        """
        path = self.path / file
        path.parent.mkdir(parents=True, exist_ok=True)
        if not cv2.imwrite(str(path), image, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY]):
            raise InputError(f"{path}: cannot be written; is the disk full?")


def cut(image: Image, boxes: tuple[Box, ...], *, margin: float = DEFAULT_MARGIN) -> tuple[Image, tuple[Box, ...]]:
    """Cut one crop around all `boxes` of a face, shrunk to LONGEST_SIDE where larger.

    It ends where the picture ends, so that `crop_square` later repeats the same border as on the whole picture.

    Returns:
        the crop, a copy, and each box in its pixels.
    """
    height, width = image.shape[:2]
    reach = [(box, box.longer_side * (0.5 + margin)) for box in boxes]
    left = max(0, round(min((box.x1 + box.x2) / 2 - far for box, far in reach)))
    top = max(0, round(min((box.y1 + box.y2) / 2 - far for box, far in reach)))
    right = min(width, round(max((box.x1 + box.x2) / 2 + far for box, far in reach)))
    bottom = min(height, round(max((box.y1 + box.y2) / 2 + far for box, far in reach)))
    # Python rounds halves to even: only an even offset leaves the rounding in `crop_square` as it was.
    left, top = left - left % 2, top - top % 2
    crop = image[top:bottom, left:right]
    shrink = min(1.0, LONGEST_SIDE / max(crop.shape[:2]))
    if shrink < 1:
        size = max(1, round(crop.shape[1] * shrink)), max(1, round(crop.shape[0] * shrink))
        crop = np.asarray(cv2.resize(crop, size, interpolation=cv2.INTER_AREA), np.uint8)
    moved = []
    for box in boxes:
        corners = ((box.x1 - left) * shrink, (box.y1 - top) * shrink, (box.x2 - left) * shrink, (box.y2 - top) * shrink)
        inside = Box.clipped(*corners, width=crop.shape[1], height=crop.shape[0])
        if inside is None:
            raise ValueError(f"expected boxes inside the {width}x{height} picture, received {box.xyxy}")
        moved.append(inside)
    return crop.copy(), tuple(moved)
