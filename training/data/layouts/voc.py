"""Pascal VOC: an XML file for each picture, as Kaggle, Roboflow, CVAT and LabelImg lay them out.

VOC counts pixels from 1 and includes the last one (VOC2012 development kit, section 5.1).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree as ET

from edge.errors import InputError
from training.data.layouts.export import (
    PARTS,
    Export,
    Findings,
    Pictures,
    RawFace,
    RawPicture,
    is_picture,
    part_of,
    picture_size,
)
from training.data.samples import Part
from training.data.text import read_text, read_xml

LAYOUT = "Pascal VOC"


def annotation_files(root: Path) -> list[Path]:
    """XML files where tools put them: in `annotations/`, beside the pictures, below train, valid and test."""
    bases = [root, *(path for path in root.glob("*") if path.is_dir() and path.name.lower() in PARTS)]
    folders = [base / step for base in bases for step in (".", "annotations", "Annotations", "labels", "xml")]
    named = {path.resolve(): path for folder in folders for path in folder.glob("*.xml")}
    nested = {path.resolve(): path for path in root.glob("[Aa]nnotations/*/*.xml")}
    return sorted(path for path in (named | nested).values() if not path.name.startswith("._") and _annotates(path))


def _annotates(path: Path) -> bool:
    """Whether an XML file may be an annotation: other tools' files (Label Studio's page) say what they are at once."""
    with path.open("rb") as file:
        root = re.search(rb"<([A-Za-z]\w*)", file.read(1000).replace(b"\0", b""))
    return root is None or root[1].lower() == b"annotation"


def read_voc(root: Path) -> Export:
    """Read all annotations below `root`; pictures without one are noted.

    Raises:
        InputError: if there is no annotation.
    """
    files = annotation_files(root)
    if not files:
        raise InputError(f"{root}: expected Pascal VOC files (*.xml)")
    pictures, found, listed = Pictures(root), Findings(root), _listed(root)
    used = set()
    for file in files:
        try:
            tree = ET.fromstring(read_xml(file).lstrip())  # noqa: S314 - expat since 2.4.1 limits entity expansion
        except (InputError, ET.ParseError) as error:
            found.fault(file, f"is not a Pascal VOC annotation ({str(error).removeprefix(f'{file}: ')})")
            continue
        path = _picture(file, tree, pictures)
        if path is None:
            found.fault(file, "annotated, but the picture is missing")
            continue
        used.add(path)
        try:
            size = picture_size(path)
        except InputError as error:
            found.fault(path, str(error).split(": ", 1)[-1])
            continue
        said = _number(tree, "size/width"), _number(tree, "size/height")
        if all(said) and said != size:
            found.fault(path, f"annotated at {said[0]}x{said[1]}, but has {size[0]}x{size[1]} pixels")
            continue
        part = part_of(path, root) or part_of(file, root) or listed.get(file.stem)
        found.add(RawPicture(path, tuple(_faces(file, tree, found)), part=part), size)
    for path in pictures.all:
        if path not in used:
            found.note(path, "no annotation: left out")
    return found.export(LAYOUT)


def _picture(file: Path, tree: ET.Element, pictures: Pictures) -> Path | None:
    """By the name that the file gives, whatever its folder and ending, or else by the file's own."""
    folders = [file.parent, *(file.parent.parent / step for step in ("images", "JPEGImages", "Images", "."))]
    # Some tools write the whole path of another machine.
    named = (tree.findtext("filename") or "").strip().replace("\\", "/").rpartition("/")[2]
    if named and is_picture(Path(named)):
        try:
            return pictures.find(named, folders)
        except InputError:
            pass
    stems = dict.fromkeys((Path(named).stem, file.stem))
    alike = (pictures.with_stem(stem, folders) for stem in stems if stem)
    return next((path for path in alike if path is not None), None)


def _faces(file: Path, tree: ET.Element, found: Findings) -> Iterator[RawFace]:
    for thing in tree.iter("object"):
        name = (thing.findtext("name") or "").strip()
        if not name:
            found.fault(file, "a face without a class")
            continue
        try:
            x1, y1, x2, y2 = (float(thing.findtext(f"bndbox/{edge}", "")) for edge in ("xmin", "ymin", "xmax", "ymax"))
        except ValueError:
            found.fault(file, "a face without a box")
            continue
        if x2 < x1 or y2 < y1:
            found.note(file, "box with swapped corners: put right")
        yield RawFace(name, (min(x1, x2) - 1, min(y1, y2) - 1, max(x1, x2), max(y1, y2)))


def _listed(root: Path) -> dict[str, Part]:
    """Name of a picture -> its part, by the lists in `ImageSets/Main/`."""
    parts: dict[str, Part] = {}
    for file in root.glob("ImageSets/Main/*.txt"):
        if file.stem.lower() in PARTS:
            # A list for one class has 1 or -1 behind each name; a name may end so, too.
            names = [name for line in _lines(file) for name in (line.strip(), re.sub(r"\s+-?[01]$", "", line.strip()))]
            parts |= {re.sub(r"\.(jpe?g|png)$", "", name): PARTS[file.stem.lower()] for name in names}
    return parts


def _number(tree: ET.Element, name: str) -> int:
    """A whole number; 0 where none is written, as some tools do for sizes they do not know."""
    try:
        return int(float(tree.findtext(name, "")))
    except (ValueError, OverflowError):
        return 0


def _lines(file: Path) -> list[str]:
    return [line for line in read_text(file, errors="replace").splitlines() if line.strip()]
