"""A folder of pictures for each class, below folders for train, valid and test where there are such."""

from __future__ import annotations

from pathlib import Path

from edge.errors import InputError
from edge.pictures import pictures_below
from training.data.layouts.export import PARTS, Export, Findings, RawFace, RawPicture, is_picture, part_of
from training.data.layouts.names import Names

LAYOUT = "a folder for each class"


def class_folders(root: Path) -> list[Path]:
    """The folders that hold a class: directly below `root` or its parts, with a picture somewhere in them."""
    bases = [path for path in _folders(root) if path.name.lower() in PARTS] or [root]
    return [folder for base in bases for folder in _folders(base) if any(map(is_picture, folder.rglob("*")))]


def looks_like_classes(root: Path, names: Names) -> bool:
    """Whether at least one of the folders is named like a class."""
    return any(names.knows(folder.name) for folder in class_folders(root))


def read_class_folders(root: Path) -> Export:
    """Read every picture as one face of its folder's class.

    Raises:
        InputError: if there is no folder of pictures.
    """
    found = Findings(root)
    folders = class_folders(root) if root.is_dir() else []
    if not folders:
        raise InputError(f"{root}: expected a folder of pictures for each class, such as with_mask/ and without_mask/")
    for folder in folders:
        for path in pictures_below(folder):
            found.pictures.append(RawPicture(path, (RawFace(folder.name),), part=part_of(path, root)))
    for base in {root, *(folder.parent for folder in folders)}:
        for path in sorted(base.iterdir()):
            if is_picture(path):
                found.fault(path, "picture in no class's folder")
    return found.export(LAYOUT)


def _folders(base: Path) -> list[Path]:
    return sorted(path for path in base.iterdir() if path.is_dir() and not path.name.startswith((".", "__")))
