"""Asks the running service, over its own socket."""

from __future__ import annotations

import json
import socket
from pathlib import Path
from typing import Any

from edge.errors import MaskgateError, UsageError
from edge.host.doors import the_door
from edge.local.server import NAME, runtime_folder

PATIENCE_S = 30.0
"""Longest answer: a button that somebody is to press."""


def ask_service(question: str, folder: Path | None = None, **values: object) -> dict[str, Any] | None:
    """What the running service answers; None if none is running.

    Args:
        question: what is asked for.
        folder: where the socket is; default: that of the service of the door that this process works with.
        values: what belongs to the question.

    Raises:
        UsageError: if this user may not ask.
        MaskgateError: if the service refuses, or says nothing sensible.
    """
    path = (folder or runtime_folder() or the_door().runtime) / NAME
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as line:
        line.settimeout(PATIENCE_S)
        try:
            line.connect(str(path))
            line.sendall(json.dumps({"ask": question, **values}).encode() + b"\n")
            with line.makefile(encoding="utf-8") as answers:
                answer = json.loads(answers.readline())
        except (FileNotFoundError, NotADirectoryError, ConnectionRefusedError):
            return None
        except PermissionError as error:
            raise UsageError(f"{path}: this user may not ask the service; use sudo") from error
        except (OSError, ValueError) as error:
            raise MaskgateError(
                f"{path}: the service does not answer ({error}); see journalctl -u {the_door().unit}"
            ) from error
    if "error" in answer:
        raise MaskgateError(str(answer["error"]))
    told: dict[str, Any] = answer["answer"]
    return told
