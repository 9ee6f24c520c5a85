"""The labelled faces of a run: of its split file, or of the crops it learnt from."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from convert.run import CROPS_FILE, Run, View, read_view
from edge.errors import InputError
from edge.networks.preprocess import crop_square
from edge.pictures import read_picture
from edge.types import Box, Image, Label, MaskKind

Part = Literal["train", "validation", "test"]


class _Sample(View):
    """One entry of a split file or of a crop store."""

    file: str
    label: Label | None
    part: Part
    group: str = ""
    source: str = ""
    box: tuple[int, int, int, int] | None = None
    synthetic: str = ""
    ignore: bool = False
    kind: MaskKind | None = None


class _Split(View):
    root: Path
    samples: tuple[_Sample, ...]


class _Crops(View):
    records: tuple[_Sample, ...]


@dataclass(frozen=True, slots=True)
class LabelledPicture:
    """A face whose label is known; read only when it is looked at.

    Attributes:
        path: the picture file.
        label: the true class.
        group: pictures of one group resemble each other (one person, one scene).
        source: the data set it comes from.
        box: where in the picture the face is; None if the picture as a whole is the face.
        drawn: whether its mask was drawn by a program.
        kind: of mask, where known.
    """

    path: Path
    label: Label
    group: str
    source: str
    box: Box | None = None
    drawn: bool = False
    kind: MaskKind | None = None

    def face(self, *, margin: float) -> Image:
        """The face, cut out as the kiosk does; BGR, any size.

        Raises:
            InputError: if the file cannot be read.
        """
        image = read_picture(self.path)
        return image if self.box is None else crop_square(image, self.box, margin=margin)


def labelled_pictures(run: Run, part: Part, *, drawn: bool = False) -> tuple[LabelledPicture, ...]:
    """The pictures of one part whose label the model knows, in the order of their file.

    Args:
        run: a training run.
        part: of its split.
        drawn: also those whose mask was drawn: a kiosk meets none.

    Raises:
        InputError: if there are none.
    """
    if run.crops is None:
        path = run.path / "split.json"
        split = read_view(path, _Split)
        root, samples = split.root, split.samples
    else:
        path = run.crops / CROPS_FILE
        root, samples = run.crops, read_view(path, _Crops).records
    pictures = tuple(
        LabelledPicture(
            path=root / sample.file,
            label=sample.label,
            group=sample.group,
            source=sample.source,
            box=Box(*sample.box) if sample.box else None,
            drawn=bool(sample.synthetic),
            kind=sample.kind,
        )
        for sample in samples
        if sample.part == part and sample.label in run.facts.labels and not sample.ignore
        if drawn or not sample.synthetic
    )
    if not pictures:
        raise InputError(f"{path}: contains no {part} picture with a label of the model; train again")
    return pictures
