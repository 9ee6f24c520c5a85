"""Writes the JSON Schemas of all MQTT messages: `python docs/write_schemas.py`."""

# ruff: noqa: INP001, TID253 - a script beside the files it makes, no module of a package

from __future__ import annotations

import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from edge.mqtt.messages import COMMANDS, SENT

FOLDER = Path(__file__).resolve().parent / "fleet/schemas"


def schemas() -> dict[str, str]:
    """Each file's text by its name."""
    kinds = {**SENT, **{f"command-{name}": kind for name, kind in COMMANDS.items()}}
    return {
        f"{name}.json": json.dumps(
            {
                "$schema": "https://json-schema.org/draft/2020-12/schema",
                **kind.model_json_schema(mode="validation" if name.startswith("command-") else "serialization"),
            },
            indent=1,
        )
        + "\n"
        for name, kind in kinds.items()
    }


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for name, text in schemas().items():
        (FOLDER / name).write_text(text)
