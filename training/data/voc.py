"""Pascal VOC annotations (VOC2012 development kit, section 5): one file a picture, and what such files get wrong."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree as ET

from edge.errors import InputError
from edge.pictures import SUFFIXES, read_picture
from edge.types import Box, size_of

Edges = tuple[float, float, float, float]
"""x1, y1, x2, y2, pixels."""


@dataclass(frozen=True, slots=True)
class VocFace:
    """One annotated face.

    Attributes:
        picture: its picture; it may be missing, where the annotation itself says how large it is.
        name: of the class, as it is written there.
        box: within the picture.
    """

    picture: Path
    name: str
    box: Box


def voc_files(folder: Path) -> list[Path]:
    """The annotations of a folder, in the order of their names; macOS's `._` files are none.

    Raises:
        InputError: if there is none.
    """
    paths = sorted(path for path in folder.glob("*.xml") if not path.name.startswith("._"))
    if not paths:
        raise InputError(f"{folder}: expected Pascal VOC files (*.xml)")
    return paths


def voc_faces(path: Path, images: Path, oddities: Counter[str]) -> Iterator[VocFace]:
    """The faces of an annotation file.

    VOC counts pixels from 1 and includes the last one. Corners that are swapped are put right, and a size that is
    missing or zero is the picture's own.

    Args:
        path: the file.
        images: folder of the pictures.
        oddities: counts what was repaired, and what had to be left out.

    Raises:
        InputError: if it is no annotation.
    """
    try:
        tree = ET.parse(path).getroot()  # noqa: S314 - expat since 2.4.1 limits entity expansion
        things = [(thing.findtext("name", "").strip(), _edges(thing)) for thing in tree.iter("object")]
    except (OSError, ET.ParseError, ValueError) as error:
        raise InputError(f"{path}: is not a Pascal VOC annotation ({error})") from error
    if not things:
        return
    picture = _picture(images, tree.findtext("filename", "").strip(), path.stem)
    size = known_size(picture, _number(tree, "size/width"), _number(tree, "size/height"), oddities)
    if size is None:
        return
    for name, edges in things:
        left, top, right, bottom = in_order(edges, oddities)
        box = box_within((left - 1, top - 1, right, bottom), size, oddities)
        if box is not None:
            yield VocFace(picture, name, box)


def known_size(picture: Path, width: int, height: int, oddities: Counter[str]) -> tuple[int, int] | None:
    """Width and height as an annotation says or, where it does not, as the picture does; None if neither can tell."""
    if width > 0 and height > 0:
        return width, height
    try:
        size = size_of(read_picture(picture))
    except InputError:
        oddities["pictures left out: neither annotation nor picture tells the size"] += 1
        return None
    oddities["sizes read from the picture"] += 1
    return size


def in_order(edges: Edges, oddities: Counter[str]) -> Edges:
    """Left, top, right, bottom, whichever corners came first."""
    x1, y1, x2, y2 = edges
    ordered = min(x1, x2), min(y1, y2), max(x1, x2), max(y1, y2)
    oddities["boxes with swapped corners"] += ordered != edges
    return ordered


def box_within(edges: Edges, size: tuple[int, int], oddities: Counter[str]) -> Box | None:
    """The part of a box that is in the picture; None if nothing is."""
    box = Box.clipped(*edges, width=size[0], height=size[1])
    oddities["boxes left out: empty or outside the picture"] += box is None
    return box


def _edges(thing: ET.Element) -> Edges:
    x1, y1, x2, y2 = (float(thing.findtext(f"bndbox/{edge}", "")) for edge in ("xmin", "ymin", "xmax", "ymax"))
    return x1, y1, x2, y2


def _number(tree: ET.Element, name: str) -> int:
    try:
        return int(float(tree.findtext(name, "")))
    except (ValueError, OverflowError):
        return 0


def _picture(images: Path, named: str, stem: str) -> Path:
    """The picture an annotation is of: as named there or, where there is none, as the annotation itself is called."""
    # Some tools write the whole path of another machine.
    name = named.replace("\\", "/").rpartition("/")[2]
    stems = dict.fromkeys((Path(name).stem, stem))
    alike = (images / f"{one}{suffix}" for one in stems if one for suffix in sorted(SUFFIXES))
    exact = images / name
    if name and exact.is_file():
        return exact
    return next((path for path in alike if path.is_file()), exact if name else images / f"{stem}.jpg")
