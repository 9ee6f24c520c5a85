"""Answers what commands on the same machine ask of the running service."""

from __future__ import annotations

import json
import logging
import os
import socket
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from threading import BoundedSemaphore, Thread
from typing import Any

from edge.errors import MaskgateError

log = logging.getLogger(__name__)

NAME = "local.sock"

MODE = 0o660
"""For root, the service's user and its group: whoever may ask may open the door for two seconds."""

MAX_LINE = 4096
PATIENCE_S = 5.0
"""Who has not asked by then is hung up on."""

AT_A_TIME = 8

Answer = Callable[[Mapping[str, Any]], Mapping[str, Any]]
"""Takes what was asked, gives what to answer; raises MaskgateError, ValueError or KeyError if it is refused."""


def runtime_folder() -> Path | None:
    """The folder that systemd makes for the running service (RuntimeDirectory); None for whoever is no service."""
    folder = os.environ.get("RUNTIME_DIRECTORY", "").partition(":")[0]
    return Path(folder) if folder else None


class LocalServer:
    """A Unix socket in a folder; each connection is one question, answered by a thread of its own.

    Args:
        folder: where the socket is made; one that was left by a process that is gone is replaced.
        answers: by what is asked for (`ask`).

    Raises:
        OSError: if the socket cannot be made.
    """

    def __init__(self, folder: Path, answers: Mapping[str, Answer]) -> None:
        self._answers = answers
        self._path = folder / NAME
        self._room = BoundedSemaphore(AT_A_TIME)
        self._path.unlink(missing_ok=True)
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_CLOEXEC)
        try:
            self._listener.bind(str(self._path))
            self._path.chmod(MODE)
            self._listener.listen(AT_A_TIME)
        except OSError:
            self._listener.close()
            raise
        Thread(target=self._accept, name="local", daemon=True).start()

    def close(self) -> None:
        """Answer nobody any more; may be called again."""
        # A thread in `accept` is woken by the first, not by the second.
        try:
            self._listener.shutdown(socket.SHUT_RDWR)
        except OSError:
            return
        self._listener.close()
        self._path.unlink(missing_ok=True)

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            if not self._room.acquire(blocking=False):
                connection.close()
                continue
            Thread(target=self._serve, args=(connection,), name="local question", daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        try:
            with connection:
                question = _read(connection, until=time.monotonic() + PATIENCE_S)
                connection.settimeout(PATIENCE_S)
                connection.sendall(json.dumps(self._answer(question)).encode() + b"\n")
        except OSError as error:
            log.debug("local=disconnected cause=%r", str(error))
        finally:
            self._room.release()

    def _answer(self, question: Mapping[str, Any]) -> Mapping[str, Any]:
        try:
            return {"answer": self._answers[str(question["ask"])](question)}
        except (MaskgateError, ValueError) as error:
            return {"error": str(error)}
        except KeyError as error:
            return {"error": f"{error.args[0]}: is not known; was Maskgate upgraded without a restart of the service?"}
        except Exception as error:  # the thread's border: who asks is answered, and the door is watched
            log.exception("local=failed")
            return {"error": f"{type(error).__name__}: {error}; see the service's log"}


def _read(connection: socket.socket, *, until: float) -> Mapping[str, Any]:
    """What is asked; nothing where it is no line of JSON.

    Args:
        until: monotonic seconds; who asks byte by byte takes nobody's place for longer.

    Raises:
        TimeoutError: if nothing was asked by then.
    """
    line = b""
    while not line.endswith(b"\n") and len(line) < MAX_LINE:
        connection.settimeout(max(0.001, until - time.monotonic()))
        part = connection.recv(MAX_LINE)
        if not part:
            break
        line += part
    try:
        question = json.loads(line)
    except (ValueError, RecursionError):
        question = None
    return question if isinstance(question, dict) else {"ask": "a question that is no line of JSON"}
