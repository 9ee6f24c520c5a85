"""What people saw when outputs were tried: kept in the service's state folder, and told by the doctor."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from edge.errors import ConfigError
from edge.host.files import write_atomically
from edge.timing import utc_now

FILE_NAME = "pins.json"


@dataclass(frozen=True, slots=True)
class PinResult:
    """Whether a person saw of an output what should be seen, and when (UTC)."""

    seen: bool
    at: datetime


class PinResults:
    """The newest result for each role and line.

    Args:
        folder: where they are kept; None keeps none.
        clock: UTC.
    """

    def __init__(self, folder: Path | None, *, clock: Callable[[], datetime] = utc_now) -> None:
        self._path = None if folder is None else folder / FILE_NAME
        self._clock = clock

    def load(self, pins: Mapping[str, int]) -> Mapping[str, PinResult]:
        """Results by role; what was tried on another line counts no more, and a damaged file is none."""
        kept = self._read()
        results = {}
        for role, gpio in pins.items():
            try:
                one = kept[role]
                if one["gpio"] == gpio:
                    results[role] = PinResult(bool(one["seen"]), datetime.fromisoformat(one["at"]))
            except (KeyError, TypeError, ValueError):
                continue
        return results

    def keep(self, role: str, gpio: int, seen: bool) -> None:
        """Remember what was seen just now.

        Raises:
            ConfigError: if it cannot be written.
        """
        if self._path is None:
            return
        one = {"gpio": gpio, "seen": seen, "at": self._clock().isoformat(timespec="seconds")}
        try:
            write_atomically(self._path, json.dumps(dict(self._read()) | {role: one}, indent=1).encode())
        except OSError as error:
            raise ConfigError(f"{self._path}: cannot be written ({error.strerror}); check the disk") from error

    def _read(self) -> Mapping[str, Any]:
        try:
            kept = json.loads(self._path.read_text(encoding="utf-8")) if self._path else {}
        except (OSError, ValueError, RecursionError):
            return {}
        return kept if isinstance(kept, dict) else {}
