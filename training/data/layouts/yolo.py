"""YOLO text files: `class x y width height` or a polygon in shares of the picture, one line a face.

Layouts of Ultralytics (data.yaml, images/ and labels/), Roboflow (train/images, train/labels), Label Studio and CVAT
(classes.txt or obj.names, text files under labels/ or beside the pictures). The rules are those of Ultralytics' page
"Object Detection Datasets Overview": a picture without a text file shows nothing of interest.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from edge.errors import InputError
from training.data.layouts.export import (
    PARTS,
    Corners,
    Export,
    Findings,
    Pictures,
    RawFace,
    RawPicture,
    part_of,
    picture_size,
)
from training.data.samples import Part
from training.data.text import read_text

LAYOUT = "YOLO text files"
NAME_FILES = ("classes.txt", "obj.names")
_NO_LABELS = {"classes", "obj", "train", "valid", "val", "test", "notes", "requirements"}
"""Text files, by the beginning of their name, that hold no labels: lists, and the README files that tools add."""


def description(root: Path) -> Path | None:
    """The file that names the classes: a YAML file with `names`, else classes.txt or obj.names."""
    for path in sorted([*root.glob("*.yaml"), *root.glob("*.yml")]):
        try:
            value = yaml.safe_load(read_text(path, errors="replace"))
        except yaml.YAMLError:
            continue
        if isinstance(value, dict) and "names" in value:
            return path
    return next((root / name for name in NAME_FILES if (root / name).is_file()), None)


def read_yolo(root: Path) -> Export:
    """Read all pictures below `root` and their text files.

    Raises:
        InputError: if no file names the classes, or it cannot be read.
    """
    named = description(root)
    if named is None:
        raise InputError(f"{root}: no data.yaml, classes.txt or obj.names tells what the classes are called")
    settings = _settings(named)
    classes, parts = _classes(named, settings), _parts(root, settings)
    pictures, found = Pictures(root), Findings(root)
    files: set[Path] = set()
    for path in pictures.all:
        label_file = _label_file(path)
        part = parts.get(path, parts.get(path.parent, part_of(path, root)))
        if label_file is None:
            found.note(path, "no text file: taken for a picture without a face")
            found.pictures.append(RawPicture(path, (), part=part))
            continue
        files.add(label_file)
        try:
            size = picture_size(path)
        except InputError as error:
            found.fault(path, str(error).split(": ", 1)[-1])
            continue
        found.add(RawPicture(path, tuple(_faces(label_file, classes, size, found)), part=part), size)
    for file in sorted(root.rglob("*.txt")):
        if file not in files and file.parent.name in {"labels", *PARTS, "obj_train_data"} and not _is_list(file):
            found.fault(file, "text file without a picture")
    return found.export(f"{LAYOUT} ({named.name})")


def _settings(path: Path) -> dict[str, Any]:
    if path.suffix not in {".yaml", ".yml"}:
        return {}
    value: dict[str, Any] = yaml.safe_load(read_text(path, errors="replace"))
    return value


def _classes(path: Path, settings: dict[str, Any]) -> dict[int, str]:
    """Index -> name; YAML has a list or a mapping."""
    names = settings["names"] if settings else [line for line in read_text(path).splitlines() if line.strip()]
    try:
        pairs = names.items() if isinstance(names, dict) else enumerate(names)
        return {int(index): str(name).strip() for index, name in pairs}
    except (TypeError, ValueError) as error:
        raise InputError(f"{path}: `names` is neither a list of class names nor one by index") from error


def _parts(root: Path, settings: dict[str, Any]) -> dict[Path, Part | None]:
    """Folder of pictures, or picture that a list names -> its part; None where two parts name the same.

    Roboflow writes paths that begin with `../` and are meant from the YAML file's own folder.
    """
    parts: dict[Path, Part | None] = {}
    for key, part in PARTS.items():
        entries = settings.get(key) or ()
        for entry in [entries] if isinstance(entries, str) else entries:
            text = str(entry).replace("\\", "/")
            while text.startswith("../"):
                text = text[3:]
            bases = (root, root / str(settings.get("path") or ""))
            place = next((base / text for base in bases if (base / text).exists()), None)
            for path in _named_by(place, root):
                parts[path] = part if parts.setdefault(path, part) is part else None
    return parts


def _named_by(place: Path | None, root: Path) -> Iterator[Path]:
    if place is None:
        return
    if place.is_dir():
        yield place
        yield from (path for path in place.rglob("*") if path.is_dir())
        return
    for line in read_text(place, errors="replace").splitlines():
        for base in (place.parent, root):
            path = base / line.strip().removeprefix("data/").removeprefix("./")
            if line.strip() and path.is_file():
                yield path
                break


def _label_file(picture: Path) -> Path | None:
    """Ultralytics' rule: the last `images` in the path becomes `labels`; else the text file beside the picture."""
    steps = list(picture.parts)
    if "images" in steps[:-1]:
        last = len(steps) - 2 - steps[-2::-1].index("images")
        candidate = Path(*steps[:last], "labels", *steps[last + 1 :]).with_suffix(".txt")
        if candidate.is_file():
            return candidate
    beside = picture.with_suffix(".txt")
    return beside if beside.is_file() else None


def _is_list(file: Path) -> bool:
    stem = file.stem.lower()
    return stem.startswith("readme") or stem in _NO_LABELS


def _faces(file: Path, classes: dict[int, str], size: tuple[int, int], found: Findings) -> Iterator[RawFace]:
    for number, line in enumerate(read_text(file, errors="replace").splitlines(), start=1):
        if not line.strip():
            continue
        where = f"{found.shown(file)}:{number}"
        try:
            index, *values = (float(value) for value in line.split())
        except ValueError:
            found.fault(where, "line that holds other things than numbers")
            continue
        if index not in classes:
            known = ", ".join(f"{key} {name}" for key, name in classes.items())
            found.fault(where, f"class index {index:g} is not one of {known}")
        elif len(values) != 4 and (len(values) < 6 or len(values) % 2):
            found.fault(where, f"expected 4 numbers or a polygon after the class, received {len(values)}")
        else:
            yield RawFace(classes[int(index)], _box(values, size))


def _box(values: list[float], size: tuple[int, int]) -> Corners:
    width, height = size
    if len(values) == 4:
        x, y, w, h = values
        return (x - w / 2) * width, (y - h / 2) * height, (x + w / 2) * width, (y + h / 2) * height
    across, down = values[::2], values[1::2]
    return min(across) * width, min(down) * height, max(across) * width, max(down) * height
