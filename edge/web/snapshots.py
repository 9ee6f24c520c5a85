"""One blurred picture of each alert, kept for a few days; only where the configuration asks for it."""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path

from anyio import to_thread

from edge.host.files import write_atomically
from edge.timing import utc_now
from edge.types import AlarmState, Observation
from edge.web.jpeg import encode
from edge.web.live import Glance, Live

log = logging.getLogger(__name__)

MAX_PICTURES = 500
"""About 25 MB; the oldest go first."""

EXPIRE_S = 3600.0
"""How often those that are too old are looked for."""

_NAME = re.compile(r"[0-9]{8}T[0-9]{6}Z\.jpg")


class Snapshots:
    """A sink that keeps a picture when an alert begins. Faces are always blurred, whatever the live picture shows.

    Args:
        folder: where the pictures lie.
        live: knows where faces are; told of each observation before this sink is.
        wanted: tells whether any are to be made.
        max_age_days: tells how old they may get; older ones are deleted, within an hour.
        wall_clock: UTC.
    """

    def __init__(
        self,
        folder: Path,
        live: Live,
        *,
        wanted: Callable[[], bool],
        max_age_days: Callable[[], float],
        wall_clock: Callable[[], datetime] = utc_now,
    ) -> None:
        self._folder = folder
        self._live = live
        self._wanted = wanted
        self._max_age_days = max_age_days
        self._wall_clock = wall_clock
        self._state = AlarmState.IDLE
        self._writer = ThreadPoolExecutor(max_workers=1, thread_name_prefix="snapshots")

    def __call__(self, observation: Observation) -> None:
        begins = observation.state is AlarmState.ALERT and self._state is not AlarmState.ALERT
        self._state = observation.state
        if begins and self._wanted() and (glance := self._live.glance()):
            self._writer.submit(self._keep, glance, self._wall_clock())

    def names(self) -> tuple[str, ...]:
        """File names of all that are kept, newest first: the time of the alert, such as 20260131T235959Z.jpg."""
        self.expire()
        return tuple(sorted((path.name for path in self._pictures()), reverse=True))

    def path(self, name: str) -> Path | None:
        """Where the picture of that name lies; None if there is none."""
        path = self._folder / name
        return path if _NAME.fullmatch(name) and path.is_file() else None

    def erase(self, name: str) -> bool:
        """Whether there was one of that name."""
        path = self.path(name)
        if path is not None:
            path.unlink(missing_ok=True)
        return path is not None

    def erase_all(self) -> int:
        """How many there were."""
        pictures = self._pictures()
        for path in pictures:
            path.unlink(missing_ok=True)
        return len(pictures)

    def expire(self) -> None:
        """Delete what is too old, or too much."""
        oldest = f"{self._wall_clock() - timedelta(days=self._max_age_days()):%Y%m%dT%H%M%SZ}.jpg"
        newest_first = sorted(self._pictures(), reverse=True)
        for index, path in enumerate(newest_first):
            if index >= MAX_PICTURES or path.name < oldest:
                path.unlink(missing_ok=True)

    async def run(self) -> None:
        """Keep deleting what is too old, until cancelled."""
        while True:
            await to_thread.run_sync(self.expire)
            await asyncio.sleep(EXPIRE_S)

    def close(self) -> None:
        """Write what is to be written; may be called again."""
        self._writer.shutdown()

    def _pictures(self) -> list[Path]:
        if not self._folder.is_dir():
            return []
        return [path for path in self._folder.iterdir() if _NAME.fullmatch(path.name)]

    def _keep(self, glance: Glance, at: datetime) -> None:
        try:
            write_atomically(self._folder / f"{at:%Y%m%dT%H%M%SZ}.jpg", encode(glance, show_faces=False))
            self.expire()
        except OSError as error:
            log.warning("snapshot=lost folder=%s cause=%r", self._folder, str(error))
