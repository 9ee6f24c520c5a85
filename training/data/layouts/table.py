"""A table (CSV): a line for each face with its picture, class and box."""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path

from edge.errors import InputError
from training.data.layouts.export import (
    PARTS,
    Corners,
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
from training.data.text import read_text

LAYOUT = "table"

_COLUMNS = {
    "path": ("path", "file", "filename", "file_name", "image", "picture", "image_path"),
    "label": ("label", "class", "name", "class_name", "category"),
    "box": ("box", "bbox"),
    "part": ("part", "split", "set", "subset"),
    "group": ("group", "person"),
    "x1": ("x1", "xmin", "left"),
    "y1": ("y1", "ymin", "top"),
    "x2": ("x2", "xmax", "right"),
    "y2": ("y2", "ymax", "bottom"),
}
_PLAIN = ("path", "label", "x1", "y1", "x2", "y2")
"""The columns of a table without a head."""


def table_files(root: Path) -> list[tuple[Path, ...]]:
    """Tables that may be read: each of `root`, and those of its parts together (Roboflow: train/_annotations.csv)."""
    of_root = [(path,) for path in _tables_in(root)]
    folders = sorted(path for path in root.glob("*") if path.is_dir() and path.name.lower() in PARTS)
    of_parts = tuple(path for folder in folders for path in _tables_in(folder))
    return [*of_root, of_parts] if of_parts else [*of_root]


def _tables_in(folder: Path) -> list[Path]:
    return sorted(
        path for path in folder.iterdir() if path.suffix.lower() in {".csv", ".tsv"} and path.name[:2] != "._"
    )


def read_table(root: Path, *files: Path) -> Export:
    """Read one table, or those of several parts; boxes are x1 y1 x2 y2 in pixels, in one column or four, and may be
    missing.

    Raises:
        InputError: if one is no table, or has no column for pictures or classes.
    """
    pictures, found = Pictures(root), Findings(root)
    faces: dict[Path, list[RawFace]] = {}
    parts: dict[Path, Part | None] = {}
    groups: dict[Path, str] = {}
    for file, number, row in ((one, *line) for one in files for line in _rows(one)):
        where = f"{found.shown(file)}:{number}"
        try:
            path = pictures.find(row.get("path", ""), (file.parent, root))
            box = _box(row)
        except (InputError, ValueError) as error:
            found.fault(where, str(error))
            continue
        parts[path] = PARTS.get(row.get("part", "").lower()) or part_of(path, root) or part_of(file, root)
        groups[path] = row.get("group", "")
        of_picture = faces.setdefault(path, [])
        if row.get("label"):
            of_picture.append(RawFace(row["label"], box))
        elif box is not None:
            found.fault(where, "a face without a class")
    for path, of_picture in faces.items():
        if len(of_picture) > 1 and any(face.box is None for face in of_picture):
            found.fault(path, "several lines, but not all of them with a box")
            continue
        try:
            found.add(RawPicture(path, tuple(of_picture), part=parts[path], group=groups[path]), picture_size(path))
        except InputError as error:
            found.fault(path, str(error).split(": ", 1)[-1])
    return found.export(f"{LAYOUT} ({', '.join(found.shown(file) for file in files)})")


def _rows(file: Path) -> list[tuple[int, dict[str, str]]]:
    """Line number, and what stands under each known column."""
    text = read_text(file)
    first = text.split("\n", 1)[0]
    delimiter = max(",;\t", key=first.count)
    # A name may contain the end of a line, within quotes.
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        lines = [(reader.line_num, row) for row in reader if any(cell.strip() for cell in row)]
    except csv.Error as error:
        raise InputError(f"{file}:{reader.line_num}: is not a table ({error}); save it as CSV again") from error
    if not lines:
        raise InputError(f"{file}: is empty")
    head = [cell.strip().lower() for cell in lines[0][1]]
    if is_picture(Path(head[0])):
        columns = list(_PLAIN)
    else:
        columns = [next((key for key, names in _COLUMNS.items() if cell in names), "") for cell in head]
        lines = lines[1:]
    if not {"path", "label"} <= set(columns):
        raise InputError(f"{file}: expected columns path and label (and box, or x1 y1 x2 y2), found {', '.join(head)}")
    return [
        (number, {column: cell.strip() for column, cell in zip(columns, row, strict=False) if column})
        for number, row in lines
    ]


def _box(row: dict[str, str]) -> Corners | None:
    """Raises ValueError if it is half a box, or no numbers."""
    text = row.get("box", "") or " ".join(row.get(edge, "") for edge in ("x1", "y1", "x2", "y2"))
    values = [value for value in re.split(r"[\s,;()\[\]]+", text) if value]
    if not values:
        return None
    if len(values) != 4:
        raise ValueError(f"expected a box of 4 numbers, received {len(values)}")
    try:
        x1, y1, x2, y2 = (float(value) for value in values)
    except ValueError:
        raise ValueError(f"expected a box of 4 numbers, received {text.strip()!r}") from None
    return x1, y1, x2, y2
