"""What a power cut must not end: a fire that nobody reset, and a lock-down that somebody ordered."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from threading import Condition, Thread

from edge.health import HealthMonitor
from edge.host.files import write_atomically

log = logging.getLogger(__name__)

FILE_NAME = "door.json"

AGAIN_S = 10.0
"""How often what could not be written is tried again."""


@dataclass(frozen=True, slots=True)
class Latched:
    """What stands until a person ends it."""

    lockdown: bool = False
    fire: bool = False


class Latches:
    """Keeps them in a file, which is replaced in one step.

    Args:
        folder: where it lies; None keeps nothing.
    """

    def __init__(self, folder: Path | None) -> None:
        self._path = None if folder is None else folder / FILE_NAME

    def load(self) -> Latched:
        """What stood last; nothing if the file is missing. One that cannot be understood locks the door down."""
        if self._path is None:
            return Latched()
        try:
            kept = json.loads(self._path.read_bytes())
            return Latched(lockdown=kept["lockdown"] is not False, fire=kept["fire"] is True)
        except FileNotFoundError:
            return Latched()
        except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
            log.error("latches=unreadable file=%s effect='the door is locked down' cause=%r", self._path, str(error))
            return Latched(lockdown=True)

    def keep(self, latched: Latched) -> None:
        """Write it down.

        Raises:
            OSError: if the folder cannot be written.
        """
        if self._path is not None:
            write_atomically(self._path, json.dumps(asdict(latched)).encode())


class LatchWriter:
    """Has them written down by a thread of its own: a card that hangs must not keep a door from opening in a fire.

    Remembers what is to be written, what was, and whether a thread is at it.

    Args:
        keep: writes; may raise OSError, or take its time.
        health: told while it cannot.
        written: what the file says now.
    """

    def __init__(self, keep: Callable[[Latched], None], health: HealthMonitor, written: Latched) -> None:
        self._keep = keep
        self._health = health
        self._wanted = self._written = written
        self._is_writing = self._is_closed = self._has_failed = False
        self._changed = Condition()

    def __call__(self, latched: Latched) -> None:
        """Have it written; returns at once."""
        with self._changed:
            self._wanted = latched
            self._changed.notify_all()
            if self._is_writing or self._is_closed:
                return
            try:
                Thread(target=self._write, name="latches", daemon=True).start()
            except RuntimeError as error:  # the system has no thread to give
                self._fail(error)
            else:
                self._is_writing = True

    def close(self, timeout_s: float = 2.0) -> None:
        """Wait until it is written, but not for ever; may be called again."""
        with self._changed:
            self._is_closed = True
            self._changed.notify_all()
            self._changed.wait_for(lambda: not self._is_writing, timeout_s)

    def _write(self) -> None:
        while (wanted := self._next()) is not None:
            try:
                self._keep(wanted)
            except OSError as error:
                self._fail(error)
                with self._changed:
                    self._changed.wait(AGAIN_S)
            else:
                self._written = wanted
                self._health.recover("door")

    def _next(self) -> Latched | None:
        """What to write; None ends the thread, in the same step in which nothing is left to write."""
        with self._changed:
            is_done = self._wanted == self._written
            if is_done or (self._is_closed and self._has_failed):
                self._is_writing = False
                self._changed.notify_all()
                return None
            self._has_failed = False
            return self._wanted

    def _fail(self, error: Exception) -> None:
        self._has_failed = True
        cause = f"fire and lock-down cannot be written down ({getattr(error, 'strerror', None) or error})"
        self._health.fail("door", cause, "check the disk; a power cut would end them")
