"""Training faces whose label is doubted, as `maskgate-train doubts` lists them."""

from __future__ import annotations

from pathlib import Path

from edge.errors import InputError
from training.runs import load_json


def read_doubts(path: Path) -> frozenset[str]:
    """The crops listed by `maskgate-train doubts`.

    Raises:
        InputError: if the file cannot be read or is another.
    """
    files = load_json(path).get("files")
    if not isinstance(files, list) or not all(isinstance(file, str) for file in files):
        raise InputError(f"{path}: lists no files; make it with `maskgate-train doubts`")
    return frozenset(str(file) for file in files)
