"""Which layout a folder has, told by what lies in it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from edge.errors import InputError
from training.data.layouts import class_folders, coco, label_studio, table, voc, yolo
from training.data.layouts.export import PARTS, Export, is_picture
from training.data.layouts.names import Names
from training.data.text import read_text

MOST_JSON = 20
"""JSON files looked into; a labelling tool writes one, or one for each part."""

LAYOUTS = (
    "a folder for each class, YOLO (data.yaml), COCO JSON, Pascal VOC (XML), Label Studio JSON or a CSV of "
    "path,label,box"
)


def read_export(path: Path, names: Names) -> Export | None:
    """Read a folder, or the set that an annotation file belongs to, by its own layout; None if it has none.

    Args:
        path: a folder, or one of its annotation files where it has several.
        names: what classes may be called; a folder of a known name makes its parent a set of class folders.

    Raises:
        InputError: if there is no such path, its layout is not clear, or it cannot be read.
    """
    path = path.resolve()
    if path.is_file():
        return _of_file(path)
    if not path.is_dir():
        raise InputError(f"{path}: does not exist; name a folder with {LAYOUTS}")
    found = _readers(path, names)
    if len(found) > 1:
        raise InputError(
            f"{path}: is laid out in several ways at once ({'; '.join(found)}); name the annotation file that counts, "
            "or move the others away"
        )
    return next(iter(found.values()))() if found else None


def _of_file(path: Path) -> Export:
    match path.suffix.lower():
        case ".csv" | ".tsv":
            return table.read_table(path.parent, path)
        case ".yaml" | ".yml":
            return yolo.read_yolo(path.parent)
        case ".json":
            value = _parsed(path)
            root = path.parent.parent if path.parent.name == "annotations" else path.parent
            if _is_coco(value):
                return coco.read_coco(root, [path])
            if isinstance(value, list) and label_studio.is_label_studio(value):
                return label_studio.read_label_studio(root, path, value)
        case ".zip" | ".tar" | ".gz" | ".7z":
            raise InputError(f"{path}: is packed; unpack it, and name the folder")
    raise InputError(f"{path}: is not an annotation file that can be read; expected {LAYOUTS}")


def _readers(root: Path, names: Names) -> dict[str, Callable[[], Export]]:
    """Every layout that `root` has, and how to read it."""
    found: dict[str, Callable[[], Export]] = {}
    coco_files = []
    for path in _json_files(root):
        value = _parsed(path)
        if _is_coco(value):
            coco_files.append(path)
        elif isinstance(value, list) and label_studio.is_label_studio(value):
            found[f"{label_studio.LAYOUT}: {path.name}"] = lambda path=path, value=value: (  # type: ignore[misc]
                label_studio.read_label_studio(root, path, value)
            )
    if coco_files:
        found[coco.LAYOUT] = lambda: coco.read_coco(root, coco_files)
    if yolo.description(root) is not None:
        found[yolo.LAYOUT] = lambda: yolo.read_yolo(root)
    if voc.annotation_files(root):
        found[voc.LAYOUT] = lambda: voc.read_voc(root)
    for files in table.table_files(root):
        names_of_files = ", ".join(str(file.relative_to(root)) for file in files)
        found[f"{table.LAYOUT}: {names_of_files}"] = lambda files=files: table.read_table(root, *files)  # type: ignore[misc]
    if class_folders.looks_like_classes(root, names) and not _holds_sets(root, names):
        found[class_folders.LAYOUT] = lambda: class_folders.read_class_folders(root)
    return found


def _holds_sets(root: Path, names: Names) -> bool:
    """Whether a folder of `root` is a set of its own, so that its name is no class's."""
    return any(_readers(folder, names) for folder in class_folders.class_folders(root) if folder.parent == root)


def _json_files(root: Path) -> list[Path]:
    """JSON files of `root`, its `annotations/` and its parts."""
    folders = [root, root / "annotations"]
    folders += sorted(path for path in root.glob("*") if path.is_dir() and path.name.lower() in PARTS)
    return [path for folder in folders for path in sorted(folder.glob("*.json"))][:MOST_JSON]


def _parsed(path: Path) -> object:
    try:
        return json.loads(read_text(path))
    except ValueError as error:
        raise InputError(f"{path}: is not valid JSON ({error}); export it again") from error


def _is_coco(value: object) -> bool:
    return isinstance(value, dict) and {"images", "annotations"} <= value.keys()


def has_pictures(folder: Path) -> bool:
    """Whether a picture lies anywhere below a folder."""
    return any(is_picture(path) for path in folder.rglob("*"))
