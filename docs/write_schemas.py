"""Writes the JSON Schemas of all MQTT messages and of the webhook: `python docs/write_schemas.py`."""

# ruff: noqa: INP001, TID253 - a script beside the files it makes, no module of a package

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Literal

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from pydantic import BaseModel

from edge.mqtt.messages import COMMANDS, ROLLOUT, SENT, RolloutMessage
from edge.notify.webhook import WebhookBody

FOLDER = Path(__file__).resolve().parent / "fleet/schemas"


def schemas() -> dict[str, str]:
    """Each file's text by its name."""
    received = {ROLLOUT: RolloutMessage, **{f"command-{name}": kind for name, kind in COMMANDS.items()}}
    sent = {**SENT, "webhook": WebhookBody}
    return {f"{name}.json": _schema(kind, "validation") for name, kind in received.items()} | {
        f"{name}.json": _schema(kind, "serialization") for name, kind in sent.items()
    }


def _schema(kind: type[BaseModel], mode: Literal["validation", "serialization"]) -> str:
    content = {"$schema": "https://json-schema.org/draft/2020-12/schema", **kind.model_json_schema(mode=mode)}
    return json.dumps(content, indent=1) + "\n"


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for name, text in schemas().items():
        (FOLDER / name).write_text(text)
