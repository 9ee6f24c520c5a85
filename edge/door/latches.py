"""What a power cut must not end: a fire that nobody reset, and a lock-down that somebody ordered."""

from __future__ import annotations

import json
import logging
from dataclasses import asdict, dataclass
from pathlib import Path

from edge.host.files import write_atomically

log = logging.getLogger(__name__)

FILE_NAME = "door.json"


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
        if self._path is None or not self._path.exists():
            return Latched()
        try:
            kept = json.loads(self._path.read_bytes())
            return Latched(lockdown=kept["lockdown"] is not False, fire=kept["fire"] is True)
        except (OSError, ValueError, KeyError, TypeError) as error:
            log.error("latches=unreadable file=%s effect='the door is locked down' cause=%r", self._path, str(error))
            return Latched(lockdown=True)

    def keep(self, latched: Latched) -> None:
        """Write it down.

        Raises:
            OSError: if the folder cannot be written.
        """
        if self._path is not None:
            write_atomically(self._path, json.dumps(asdict(latched)).encode())
