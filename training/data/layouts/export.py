"""What every reader of a layout gives: pictures with named faces, and all that is wrong with them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from PIL import Image as PillowImage
from PIL import UnidentifiedImageError

from edge.errors import InputError
from edge.pictures import SUFFIXES, read_picture
from edge.types import Box, MaskKind
from training.data.samples import Part

Corners = tuple[float, float, float, float]
"""x1 y1 x2 y2 in pixels of the picture."""

PARTS = {
    "train": Part.TRAIN,
    "training": Part.TRAIN,
    "valid": Part.VALIDATION,
    "validation": Part.VALIDATION,
    "val": Part.VALIDATION,
    "test": Part.TEST,
    "testing": Part.TEST,
}
"""What folders and columns call the parts of a set."""

CLIPPED = 0.02
"""Share of a picture's side by which a box may reach over its edge: rounding, and tools that draw to the edge."""

SAME_FACE = 0.9
"""Intersection over union from which two boxes of one picture are the same face twice."""

_TURNED = {5, 6, 7, 8}
"""EXIF orientations that exchange width and height."""
_ORIENTATION = 0x0112


@dataclass(frozen=True, slots=True)
class RawFace:
    """A face as its tool wrote it.

    Attributes:
        name: its class, in the tool's words.
        box: in pixels of the picture; None if the picture as a whole is the face.
        kind, tags, ignore: see `training.data.samples.Sample`; only our own annotations know them.
    """

    name: str
    box: Corners | None = None
    kind: MaskKind | None = None
    tags: tuple[str, ...] = ()
    ignore: bool = False


@dataclass(frozen=True, slots=True)
class RawPicture:
    """A picture and its faces; none if it was looked at and shows no face.

    Attributes:
        path: the file.
        faces: all that are annotated.
        part: where the set says that it belongs; None where it says nothing.
        source, group: as the annotations name them; empty where they do not.
    """

    path: Path
    faces: tuple[RawFace, ...]
    part: Part | None = None
    source: str = ""
    group: str = ""


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that is wrong, and what was left out for it."""

    where: str
    why: str


@dataclass(frozen=True, slots=True)
class Export:
    """What a reader found.

    Attributes:
        layout: name of the layout, for people.
        root: the folder that was read.
        pictures: with their faces, boxes inside their pictures.
        faults: what is wrong, and is therefore in no picture.
        notes: what was passed over with good reason.
    """

    layout: str
    root: Path
    pictures: tuple[RawPicture, ...]
    faults: tuple[Fault, ...] = ()
    notes: tuple[Fault, ...] = ()


@dataclass(slots=True)
class Findings:
    """Collects what a reader finds."""

    root: Path
    pictures: list[RawPicture] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    notes: list[Fault] = field(default_factory=list)

    def fault(self, where: Path | str, why: str) -> None:
        self.faults.append(Fault(self.shown(where), _one_line(why)))

    def note(self, where: Path | str, why: str) -> None:
        self.notes.append(Fault(self.shown(where), _one_line(why)))

    def shown(self, where: Path | str) -> str:
        """A path below the root without it."""
        path = Path(where)
        return _one_line(path.relative_to(self.root).as_posix() if path.is_relative_to(self.root) else str(where))

    def add(self, picture: RawPicture, size: tuple[int, int]) -> None:
        """Take a picture of `size` (width, height), its boxes checked and clipped to it; what is wrong is a fault."""
        kept: list[RawFace] = []
        for face in picture.faces:
            if face.box is None:
                kept.append(face)
                continue
            x1, y1, x2, y2 = face.box
            ordered = min(x1, x2), min(y1, y2), max(x1, x2), max(y1, y2)
            if ordered != face.box:
                self.note(picture.path, "box with swapped corners: put right")
            box, why = fitted(ordered, size)
            if box is None:
                self.fault(picture.path, why)
            elif (twin := _twin(box, kept)) is None:
                kept.append(replace(face, box=box))
            elif twin.name == face.name:
                self.note(picture.path, "the same face annotated twice")
            else:
                kept.remove(twin)
                self.fault(picture.path, f"one face has two classes ({twin.name}, {face.name})")
        self.pictures.append(replace(picture, faces=tuple(kept)))

    def export(self, layout: str) -> Export:
        return Export(layout, self.root, tuple(self.pictures), tuple(self.faults), tuple(self.notes))


def fitted(box: Corners, size: tuple[int, int]) -> tuple[Corners | None, str]:
    """A box clipped to a picture of `size`; None and why where it is none, or reaches out by more than CLIPPED."""
    width, height = size
    x1, y1, x2, y2 = box
    if not all(abs(edge) < float("inf") for edge in box) or x2 <= x1 or y2 <= y1:
        return None, "box without an area"
    if min(x1, y1) < 0 or x2 > width or y2 > height:
        over = max(-x1 / width, -y1 / height, x2 / width - 1, y2 / height - 1)
        if over > CLIPPED:
            return None, f"box out of range: reaches out of the picture ({width}x{height})"
    clipped = max(x1, 0.0), max(y1, 0.0), min(x2, float(width)), min(y2, float(height))
    if Box.clipped(*clipped, width=width, height=height) is None:
        return None, "box without an area"
    return clipped, ""


def picture_size(path: Path) -> tuple[int, int]:
    """Width and height of a picture as `read_picture` gives it, upright; mostly from the file's first bytes.

    Raises:
        InputError: if it cannot be read.
    """
    try:
        with PillowImage.open(path) as picture:
            width, height = picture.size
            return (height, width) if picture.getexif().get(_ORIENTATION) in _TURNED else (width, height)
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError):
        image = read_picture(path)
        return image.shape[1], image.shape[0]


def part_of(path: Path, root: Path) -> Part | None:
    """The part that one of the folders between `root` and a file names."""
    named = (PARTS[step.lower()] for step in path.relative_to(root).parts[:-1] if step.lower() in PARTS)
    return next(named, None)


def is_picture(path: Path) -> bool:
    """Whether a file is called like a picture; macOS's `._` files are none."""
    return path.suffix.lower() in SUFFIXES and not path.name.startswith("._")


class Pictures:
    """All pictures below a folder, found by whatever an annotation calls them.

    Remembers their names for as long as a set is read.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self.all = sorted(path for path in root.rglob("*") if is_picture(path) and path.is_file())
        self._by_name: dict[str, list[Path]] = {}
        for path in self.all:
            self._by_name.setdefault(path.name, []).append(path)

    def find(self, name: str, beside: Iterable[Path]) -> Path:
        """The picture that an annotation calls `name`: below one of the folders `beside`, or the only one so called.

        Label Studio puts eight digits and a dash before the names of pictures that were uploaded.

        Raises:
            InputError: if there is none, or several.
        """
        name = name.replace("\\", "/")
        for folder in beside:
            path = folder / name.lstrip("/")
            if path.is_file():
                return path
        base = name.rpartition("/")[2]
        found = self._by_name.get(base) or self._by_name.get(_without_upload_prefix(base), [])
        if len(found) == 1:
            return found[0]
        if found:
            raise InputError(f"{base}: {len(found)} pictures have this name; export with folders, or rename them")
        raise InputError(f"{base}: annotated, but the picture is missing")

    def with_stem(self, stem: str, folders: Sequence[Path]) -> Path | None:
        """The picture in one of `folders` whose name without its ending is `stem`."""
        candidates = (path for path in self.all if path.stem == stem and path.parent in folders)
        return next(candidates, None)


def _without_upload_prefix(name: str) -> str:
    prefix, dash, rest = name.partition("-")
    return rest if dash and len(prefix) == 8 and all(digit in "0123456789abcdef" for digit in prefix) else name


def _twin(box: Corners, faces: Sequence[RawFace]) -> RawFace | None:
    x1, y1, x2, y2 = box
    for face in faces:
        if face.box is None:
            continue
        left, top, right, bottom = face.box
        shared = max(0.0, min(x2, right) - max(x1, left)) * max(0.0, min(y2, bottom) - max(y1, top))
        whole = (x2 - x1) * (y2 - y1) + (right - left) * (bottom - top) - shared
        if shared >= SAME_FACE * whole:
            return face
    return None


def _one_line(text: str) -> str:
    """A name may contain the end of a line; a report's line may not."""
    return text.replace("\r", "\\r").replace("\n", "\\n")
