"""Kept faces as a project of Label Studio: pictures, tasks with what the model guessed, and the labelling page.

Written by Label Studio's documentation: "Basic Label Studio JSON format", "Import pre-annotated data" and "Local
storage" (labelstud.io).
"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path

from edge.collection.collector import MARGIN, Uncertain, read_name
from edge.collection.kept import KeptPictures
from edge.errors import UsageError
from edge.types import MODEL_LABELS

PAGE = f"""\
<View>
  <Image name="image" value="$image"/>
  <Choices name="mask" toName="image" choice="single-radio" showInline="true" required="true">
{chr(10).join(f'    <Choice value="{label}" hotkey="{number}"/>' for number, label in enumerate(MODEL_LABELS, 1))}
  </Choices>
</View>
"""
"""The labelling page: one of three choices for each face."""


_SHARE = 100 / (1 + 2 * MARGIN)
FACE = (*(2 * [round((100 - _SHARE) / 2, 2)]), *(2 * [round(_SHARE, 2)]))
"""Where the face lies in every kept picture: x, y, width and height in percent. Behind blurred eyes a detector does not
always find it again."""


def export(kept: KeptPictures, folder: Path) -> int:
    """Write `pictures/`, `tasks.json` and `page.xml` into a folder; returns the number of faces.

    Raises:
        UsageError: if the folder holds an export already, or cannot be written.
    """
    tasks = folder / "tasks.json"
    if tasks.exists():
        raise UsageError(f"{tasks}: already exists; name another folder, so that nothing labelled is lost")
    try:
        pictures = folder / "pictures"
        pictures.mkdir(parents=True, exist_ok=True)
        exported = []
        for name in kept.names():
            path, facts = kept.path(name), read_name(name)
            if path is not None and facts is not None:
                (pictures / name).write_bytes(_read(path))
                exported.append(facts)
        tasks.write_text(json.dumps(_tasks(exported, folder.resolve().name), indent=1) + "\n")
        (folder / "page.xml").write_text(PAGE)
    except OSError as error:
        raise UsageError(f"{folder}: cannot be written ({error.strerror}); choose another folder") from error
    return len(exported)


def _read(path: Path) -> bytes:
    """A picture, and never what a link in its place leads to: root may read what the service's user may not."""
    with os.fdopen(os.open(path, os.O_RDONLY | os.O_NOFOLLOW), "rb") as file:
        return file.read()


def _tasks(faces: Sequence[Uncertain], folder: str) -> list[dict[str, object]]:
    """The least sure first; pictures are served from the folder above the export (local files)."""
    return [
        {
            "data": {
                "image": f"/data/local-files/?d={folder}/pictures/{face.name}",
                "margin": face.margin,
                "face": FACE,
            },
            "predictions": [
                {
                    "score": face.probability,
                    "result": [
                        {
                            "from_name": "mask",
                            "to_name": "image",
                            "type": "choices",
                            "value": {"choices": [face.label.value]},
                        }
                    ],
                }
            ],
        }
        for face in sorted(faces, key=lambda face: face.margin)
    ]
