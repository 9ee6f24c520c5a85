"""A folder of pictures that are kept for some days, and never too many of them."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from edge.host.files import write_atomically
from edge.timing import utc_now


class KeptPictures:
    """JPEG files whose names begin with the time they were taken, such as 20260131T235959Z; for any thread.

    Args:
        folder: where they lie; need not exist.
        names: what a picture is called, as a regular expression; other files are left alone.
        most: tells how many may lie there.
        max_age_days: tells how old they may get.
        worth: of two pictures the one with the greater worth is kept, should there be too many; the newer if None.
        wall_clock: UTC.
    """

    def __init__(
        self,
        folder: Path,
        *,
        names: str,
        most: Callable[[], int],
        max_age_days: Callable[[], float],
        worth: Callable[[str], Any] | None = None,
        wall_clock: Callable[[], datetime] = utc_now,
    ) -> None:
        self.folder = folder
        self._names = re.compile(names)
        self._most = most
        self._max_age_days = max_age_days
        self._worth: Callable[[str], Any] = worth or str
        self._wall_clock = wall_clock

    def names(self) -> tuple[str, ...]:
        """File names of all that are kept, newest first."""
        self.expire()
        return tuple(sorted((path.name for path in self._pictures()), reverse=True))

    def path(self, name: str) -> Path | None:
        """Where the picture of that name lies; None if there is none."""
        path = self.folder / name
        return path if self._names.fullmatch(name) and path.is_file() and not path.is_symlink() else None

    def keep(self, name: str, content: bytes) -> None:
        """Write a picture, and delete what is too much then.

        Raises:
            OSError: if it cannot be written.
        """
        write_atomically(self.folder / name, content)
        self.expire()

    def erase(self, name: str) -> bool:
        """Whether there was one of that name."""
        path = self.path(name)
        if path is not None:
            path.unlink(missing_ok=True)
        return path is not None

    def rename(self, name: str, other: str) -> bool:
        """Whether there was one of that name; its worth may be another then."""
        path = self.path(name)
        if path is not None and name != other:
            path.replace(self.folder / other)
        return path is not None

    def erase_all(self) -> int:
        """How many there were."""
        pictures = self._pictures()
        for path in pictures:
            path.unlink(missing_ok=True)
        return len(pictures)

    def expire(self) -> None:
        """Delete what is too old, or too much."""
        oldest = f"{self._wall_clock() - timedelta(days=self._max_age_days()):%Y%m%dT%H%M%SZ}"
        best_first = sorted(self._pictures(), key=lambda path: self._worth(path.name), reverse=True)
        most = self._most()
        for index, path in enumerate(best_first):
            if index >= most or path.name[: len(oldest)] < oldest:
                path.unlink(missing_ok=True)

    def _pictures(self) -> list[Path]:
        if not self.folder.is_dir():
            return []
        return [path for path in self.folder.iterdir() if self._names.fullmatch(path.name)]
