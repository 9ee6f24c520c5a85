"""One blurred picture of each alert, kept for a few days; only where the configuration asks for it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path

from anyio import to_thread

from edge.collection.kept import KeptPictures
from edge.timing import utc_now
from edge.types import AlarmState, Observation
from edge.web.jpeg import encode
from edge.web.live import Glance, Live

log = logging.getLogger(__name__)

MAX_PICTURES = 500
"""About 25 MB; the oldest go first."""

EXPIRE_S = 3600.0
"""How often those that are too old are looked for."""

_NAMES = r"[0-9]{8}T[0-9]{6}Z\.jpg"


class Snapshots(KeptPictures):
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
        super().__init__(
            folder, names=_NAMES, most=lambda: MAX_PICTURES, max_age_days=max_age_days, wall_clock=wall_clock
        )
        self._live = live
        self._wanted = wanted
        self._now = wall_clock
        self._state = AlarmState.IDLE
        self._writer = ThreadPoolExecutor(max_workers=1, thread_name_prefix="snapshots")

    def __call__(self, observation: Observation) -> None:
        begins = observation.state is AlarmState.ALERT and self._state is not AlarmState.ALERT
        self._state = observation.state
        if begins and self._wanted() and (glance := self._live.glance()):
            self._writer.submit(self._write, glance, self._now())

    async def run(self) -> None:
        """Keep deleting what is too old, until cancelled."""
        while True:
            await to_thread.run_sync(self.expire)
            await asyncio.sleep(EXPIRE_S)

    def close(self) -> None:
        """Write what is to be written; may be called again."""
        self._writer.shutdown()

    def _write(self, glance: Glance, at: datetime) -> None:
        try:
            self.keep(f"{at:%Y%m%dT%H%M%SZ}.jpg", encode(glance, show_faces=False))
        except OSError as error:
            log.warning("snapshot=lost folder=%s cause=%r", self.folder, str(error))
