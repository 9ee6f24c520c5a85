"""Faces whose class is known, to be judged: of a crop store, a split file or labelled pictures of any layout."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from edge.errors import InputError, UsageError
from edge.networks.preprocess import crop_square
from edge.pictures import read_picture
from edge.types import Box, Image, Label, MaskKind
from training.data.readers import read_data
from training.data.samples import Part, Sample, Split
from training.faces.store import STORE_FILE, CropStore


@dataclass(frozen=True, slots=True, eq=False)
class LabelledFace:
    """One face and its true class.

    Attributes:
        file: what to call it in a report.
        label: the class.
        source: the data set it comes from.
        open: reads the picture, BGR, and says where in it the face is; None if the whole picture is the face.
        size_px: longer side of the face where it comes from; 0 if what `open` reads has not been shrunk.
        sha256: of the picture's file; empty if not known.
        kind: of mask, where known.
        tags: what makes the face hard, see `training.data.samples.Sample`.
    """

    file: str
    label: Label
    source: str
    open: Callable[[], tuple[Image, Box | None]]
    size_px: int = 0
    sha256: str = ""
    kind: MaskKind | None = None
    tags: tuple[str, ...] = ()

    def crop(self, margin: float) -> tuple[Image, int]:
        """The face cut out as the kiosk cuts it, and its longer side in the picture it comes from, pixels."""
        image, box = self.open()
        if box is None:
            return image, self.size_px or max(image.shape[:2])
        return crop_square(image, box, margin=margin), self.size_px or box.longer_side


def load_faces(data: Path, part: Part | None) -> list[LabelledFace]:
    """Read the faces of one part of a crop store, a split file or (it has no parts) labelled pictures of any layout.

    Args:
        data: folder with a crop store, labelled pictures, or split file.
        part: None for all faces, whatever their part.

    Raises:
        InputError: if there is nothing to read, or the part is empty.
        UsageError: if a part is asked for of a set that has none.
    """
    if not data.exists():
        raise InputError(f"{data}: does not exist; name a folder of crops, a split file or labelled pictures")
    if (data / STORE_FILE).is_file():
        faces = _of_store(CropStore.load(data), part)
    elif data.is_file():
        faces = _of_split(Split.load(data), part)
    else:
        faces = _of_set(data.resolve(), part)
    if not faces:
        raise InputError(f"{data}: contains no labelled face in part {part or 'all'}; name another part with --part")
    return faces


def real_faces(store: CropStore, part: Part | None) -> list[int]:
    """Positions of the real faces of one part, each once, in the detector's box where it found one.

    A drawn mask says nothing about how well real ones are told apart.
    """
    chosen: dict[str, int] = {}
    for index, record in enumerate(store.records):
        if part in (None, record.part) and not record.synthetic and (record.detected or record.file not in chosen):
            chosen[record.file] = index
    return list(chosen.values())


def _of_store(store: CropStore, part: Part | None) -> list[LabelledFace]:
    def opener(index: int) -> Callable[[], tuple[Image, Box | None]]:
        return lambda: (store.image(index), store.face_box(index))

    records = [(index, store.records[index]) for index in real_faces(store, part)]
    return [
        LabelledFace(
            record.picture or record.file,
            record.label,
            record.source,
            opener(index),
            record.face_px,
            kind=record.kind,
            tags=record.tags,
        )
        for index, record in records
    ]


def _of_split(split: Split, part: Part | None) -> list[LabelledFace]:
    return _of_samples([sample for sample in split.samples if part in (None, sample.part)], split.root)


def _of_set(data: Path, part: Part | None) -> list[LabelledFace]:
    if part is not None:
        raise UsageError(f"{data}: has no parts; make a split file with `maskgate-train split`, or use --part all")
    read = read_data(data)
    return _of_samples(read.samples, read.root)


def _of_samples(samples: Sequence[Sample], root: Path) -> list[LabelledFace]:
    def opener(sample: Sample) -> Callable[[], tuple[Image, Box | None]]:
        return lambda: (read_picture(root / sample.file), Box(*sample.box) if sample.box else None)

    return [
        LabelledFace(
            sample.file,
            sample.label,
            sample.source,
            opener(sample),
            sha256=sample.sha256,
            kind=sample.kind,
            tags=sample.tags,
        )
        for sample in samples
        if sample.label and not sample.ignore
    ]
