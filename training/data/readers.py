"""Labelled pictures of any layout as samples below one root, with a report of all that was not taken."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from edge.errors import InputError
from edge.types import Box, Label
from training.data.layouts.export import Export, Fault, RawFace, RawPicture, picture_size
from training.data.layouts.names import FACE, IGNORE, Names, unknown_names
from training.data.layouts.recognise import LAYOUTS, has_pictures, read_export
from training.data.samples import Part, Sample

_NAMED_PERSON = re.compile(r"^\d+_\d+_([a-z]{2,})_\d+")
"""`1_0_anhu_0031`: the RMFD set names its unmasked files after the person shown."""

_VERSION = re.compile(r"^(.+)\.rf\.[0-9A-Za-z]{8,}$")
"""`door_12_jpg.rf.0a1b...`: Roboflow writes several versions of one picture, which must stay together."""

SHOWN = 10
"""Faults of one kind that are named one by one."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What was read below a root.

    Attributes:
        root: what the samples' files are relative to.
        layouts: what was recognised, in words.
        samples: every face, with its part not yet decided.
        empty: pictures that were looked at and show no face.
        parts: of the pictures that the set itself puts into a part.
        names: how often each class name of the set occurs, and what it was taken for.
        faults: what is wrong; none of it is among the samples.
        notes: what was passed over with good reason.
    """

    root: Path
    layouts: tuple[str, ...]
    samples: tuple[Sample, ...]
    empty: tuple[str, ...]
    parts: Mapping[str, Part]
    names: Mapping[tuple[str, str], int]
    faults: tuple[Fault, ...]
    notes: tuple[Fault, ...]


def read_data(root: Path, names: Names | None = None, *, source: str = "") -> Reading:
    """Read a set of any layout, or every set directly below `root`.

    Args:
        root: a folder, or one of its annotation files.
        names: what class names mean, besides those known.
        source: what to call the data set; else its own name for it, or its folder's.

    Raises:
        InputError: if nothing can be read, a folder of pictures is of no known layout, or nobody knows a class's name.
    """
    names = names or Names()
    exports, notes = _exports(root, names)
    counts = Counter(face.name for export in exports for picture in export.pictures for face in picture.faces)
    unknown = {name: count for name, count in counts.items() if not names.knows(name)}
    if unknown:
        raise InputError(f"{root}: {unknown_names(unknown)}")
    base = (root if root.is_dir() else exports[0].root).resolve()
    samples: list[Sample] = []
    empty, parts = [], {}
    for export in exports:
        for picture in export.pictures:
            file = picture.path.relative_to(base).as_posix()
            if picture.part is not None:
                parts[file] = picture.part
            if not picture.faces:
                empty.append(file)
                continue
            of = source or picture.source or export.root.name
            group = f"{of}:{picture.group}" if picture.group else _group(picture, file, of)
            samples += [_sample(face, file, picture.path, of, group, names) for face in picture.faces]
    return Reading(
        root=base,
        layouts=tuple(f"{export.layout} in {export.root.name}/" for export in exports),
        samples=tuple(samples),
        empty=tuple(empty),
        parts=parts,
        names={(name, names.meaning(name)): count for name, count in sorted(counts.items())},
        faults=tuple(_below(export, base, fault) for export in exports for fault in export.faults),
        notes=(*(_below(export, base, note) for export in exports for note in export.notes), *notes),
    )


def files_of(samples: Iterable[Sample]) -> list[str]:
    """Each picture once, in the order of the samples."""
    return list(dict.fromkeys(sample.file for sample in samples))


def by_reason(faults: Iterable[Fault]) -> str:
    """What is wrong, as lines: each reason with how often, and where."""
    places: dict[str, list[str]] = {}
    for fault in faults:
        places.setdefault(fault.why, []).append(fault.where)
    lines = []
    for why, where in sorted(places.items(), key=lambda item: (-len(item[1]), item[0])):
        more = f" and {len(where) - SHOWN} more" if len(where) > SHOWN else ""
        lines.append(f"  {len(where)} x {why}: {', '.join(where[:SHOWN])}{more}")
    return "\n".join(lines)


def _exports(root: Path, names: Names) -> tuple[list[Export], list[Fault]]:
    """The set in `root`, or those directly below it; and the folders that hold none."""
    whole = read_export(root, names)
    if whole is not None:
        return [whole], []
    exports, notes, unclear = [], [], []
    for path in sorted(root.resolve().iterdir()):
        if not path.is_dir() or path.name.startswith("."):
            continue
        export = read_export(path, names)
        if export is not None:
            exports.append(export)
        elif has_pictures(path):
            unclear.append(path.name)
        else:
            notes.append(Fault(path.name, "folder without a picture: passed over"))
    if unclear and not exports:
        options = " ".join(f'--label "{name}=..."' for name in unclear)
        raise InputError(
            f"{root}: expected {LAYOUTS}; if its folders ({', '.join(unclear)}) are classes, say which: {options}"
        )
    if unclear:
        raise InputError(f"{root}: no layout recognised in {', '.join(unclear)}; expected {LAYOUTS}")
    if not exports:
        raise InputError(f"{root}: expected {LAYOUTS}; found no labelled picture")
    return exports, notes


def _sample(face: RawFace, file: str, path: Path, source: str, group: str, names: Names) -> Sample:
    meaning = names.meaning(face.name)
    width, height = picture_size(path) if face.box else (0, 0)
    box = Box.clipped(*face.box, width=width, height=height) if face.box else None
    return Sample(
        file=file,
        label=None if meaning in {FACE, IGNORE} else Label(meaning),
        group=group,
        source=source,
        box=box.xyxy if box else None,
        kind=face.kind,
        tags=face.tags,
        ignore=face.ignore or meaning == IGNORE,
    )


def _group(picture: RawPicture, file: str, source: str) -> str:
    """What a picture's own name tells of those it belongs with; its name if nothing."""
    named = _NAMED_PERSON.match(picture.path.stem)
    if named and picture.faces[0].box is None:
        return f"{source}:{named[1]}"
    version = _VERSION.match(picture.path.stem)
    return f"{source}:{version[1]}" if version else file


def _below(export: Export, base: Path, fault: Fault) -> Fault:
    """The same with its place relative to `base`."""
    if export.root == base or Path(fault.where).is_absolute():
        return fault
    return Fault(f"{export.root.relative_to(base).as_posix()}/{fault.where}", fault.why)
