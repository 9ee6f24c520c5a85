"""Label Studio's own export: JSON and JSON-MIN, with rectangles, polygons or a choice for the whole picture.

Its numbers are percent of the picture as it is shown (Label Studio's guide, "Export annotations").
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from edge.errors import InputError
from training.data.layouts.export import (
    Corners,
    Export,
    Findings,
    Pictures,
    RawFace,
    RawPicture,
    part_of,
    picture_size,
)

LAYOUT = "Label Studio JSON"

_BOXES = ("rectanglelabels", "polygonlabels", "ellipselabels", "keypointlabels", "brushlabels")
_MIN_FIELDS = {"id", "annotator", "annotation_id", "created_at", "updated_at", "lead_time"}
"""What JSON-MIN says besides the picture and its labels."""


def is_label_studio(value: object) -> bool:
    """Whether parsed JSON is a list of Label Studio's tasks."""
    first = value[0] if isinstance(value, list) and value else None
    return isinstance(first, dict) and ("annotations" in first or _image(first) is not None)


def read_label_studio(root: Path, file: Path, tasks: list[dict[str, Any]]) -> Export:
    """Read tasks; pictures lie anywhere below `root`."""
    pictures, found = Pictures(root), Findings(root)
    for number, task in enumerate(tasks):
        where = f"{found.shown(file)}, task {task.get('id', number)}"
        address = _image(task.get("data", task))
        if address is None:
            found.fault(where, "names no picture")
            continue
        try:
            path = pictures.find(_file_name(address), (root, root / "images"))
            size = picture_size(path)
        except InputError as error:
            found.fault(where, str(error))
            continue
        results = _results(task, where, found)
        if results is None:
            found.note(where, "not annotated: left out")
            continue
        faces = tuple(_faces(results, _kept_face(task.get("data", task), size), size, where, found))
        found.add(RawPicture(path, faces, part=part_of(path, root)), size)
    return found.export(f"{LAYOUT} ({found.shown(file)})")


def _image(data: object) -> str | None:
    if not isinstance(data, dict):
        return None
    return next((data[key] for key in ("image", "img", "picture") if isinstance(data.get(key), str)), None)


def _file_name(address: str) -> str:
    """The file that an address means: uploads, local files (`?d=`), buckets and the web end in its name."""
    parts = urlsplit(address)
    local = parse_qs(parts.query).get("d")
    return unquote(local[0] if local else parts.path)


def _results(task: dict[str, Any], where: str, found: Findings) -> list[dict[str, Any]] | None:
    """The results of the first annotation that counts, in one shape; None if there is none."""
    if "annotations" not in task:
        return list(_of_min(task))
    done = [one for one in task["annotations"] if not one.get("was_cancelled")]
    if len(done) > 1:
        found.note(where, "annotated several times: the first is taken")
    if not done:
        return None
    results: list[dict[str, Any]] = done[0].get("result", [])
    return results


def _of_min(task: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for key, value in task.items():
        if key in _MIN_FIELDS or value == _image(task):
            continue
        if isinstance(value, str):
            yield {"type": "choices", "value": {"choices": [value]}}
        for one in value if isinstance(value, list) and key != "face" else ():
            kind = next((kind for kind in _BOXES if kind in one), "")
            yield {"type": kind, "value": one}


def _kept_face(data: dict[str, Any], size: tuple[int, int]) -> Corners | None:
    """Where the face lies in a picture that a kiosk kept: `face`, in percent as all numbers here."""
    match data.get("face"):
        case [float() | int(), float() | int(), float() | int(), float() | int()] as box:
            return _box(dict(zip(("x", "y", "width", "height"), box, strict=True)), size)
    return None


def _faces(
    results: list[dict[str, Any]], kept: Corners | None, size: tuple[int, int], where: str, found: Findings
) -> Iterator[RawFace]:
    """Faces of one task; `kept` is where the face lies that a choice is about, if that is known."""
    for result in results:
        kind, value = result.get("type", ""), result.get("value", {})
        labels = value.get(kind, [])
        if kind == "choices" and len(labels) == 1:
            yield RawFace(labels[0], kept)
        elif kind not in {"choices", *_BOXES}:
            found.note(where, f"a {kind or 'nameless'} result: passed over")
        elif len(labels) != 1:
            found.fault(where, f"a face with {len(labels)} classes" if labels else "a face without a class")
        elif (box := _box(value, size)) is None:
            found.fault(where, f"a face without a box ({kind})")
        else:
            yield RawFace(labels[0], box)


def _box(value: dict[str, Any], size: tuple[int, int]) -> Corners | None:
    """Of a rectangle, turned round its upper left corner perhaps, or of a polygon; None of anything else."""
    try:
        if "points" in value:
            points = [(float(x), float(y)) for x, y in value["points"]]
        else:
            x, y, w, h = (float(value[key]) for key in ("x", "y", "width", "height"))
            points = [(x, y), (x + w, y), (x + w, y + h), (x, y + h)]
    except (KeyError, TypeError, ValueError):
        return None
    scaled = [(x * size[0] / 100, y * size[1] / 100) for x, y in points]
    turn = math.radians(float(value.get("rotation") or 0))
    if turn and "points" not in value:
        (left, top), cos, sin = scaled[0], math.cos(turn), math.sin(turn)
        scaled = [
            (left + (x - left) * cos - (y - top) * sin, top + (x - left) * sin + (y - top) * cos) for x, y in scaled
        ]
    across, down = zip(*scaled, strict=True)
    return min(across), min(down), max(across), max(down)
