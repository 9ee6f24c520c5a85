"""A clip or a folder of pictures as a camera: replayed picture by picture, or at its own pace."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from threading import Event

from edge.cameras.orientation import Orientation
from edge.types import Frame, Image

log = logging.getLogger(__name__)

LATE_S = 0.04
"""A picture this much behind its time is skipped, so that the next ones are not late, too."""

LOOK_S = 0.5
"""However slow the machine, it looks at a picture this often: a kiosk that sees nothing decides nothing."""

Pictures = Iterator[tuple[Image, float]]
"""(BGR picture, media time in seconds), the times increasing from 0."""


class ClipCamera:
    """Pictures with media times, replayed as fast as they are taken or at their own pace like a live camera.

    Args:
        open_pictures: begins with the first picture; called again where the clip is looped.
        live: wait for each picture's time, and skip those that the kiosk was too slow for.
        loop: begin again at the end, media time going on.
        upright: makes the pictures upright.
    """

    def __init__(
        self,
        open_pictures: Callable[[], Pictures],
        *,
        live: bool,
        loop: bool = False,
        upright: Orientation | None = None,
    ) -> None:
        self._open_pictures = open_pictures
        self._live = live
        self._loop = loop
        self._upright = upright or Orientation()
        self._stopped = Event()

    def frames(self) -> Iterator[Frame]:
        """Upright frames; the index counts the pictures of the clip, those skipped included."""
        timed = self._timed()
        for index, (image, taken_at) in self._paced(timed) if self._live else timed:
            if self._stopped.is_set():
                return
            yield Frame(self._upright(image), taken_at, index)

    def stop(self) -> None:
        self._stopped.set()

    def close(self) -> None:
        self.stop()

    def _timed(self) -> Iterator[tuple[int, tuple[Image, float]]]:
        index, begin_s = 0, 0.0
        while True:
            at, step_s = 0.0, LATE_S
            for image, media_s in self._open_pictures():
                step_s = media_s - at or step_s
                at = media_s
                yield index, (image, begin_s + at)
                index += 1
            if not self._loop or self._stopped.is_set():
                return
            begin_s += at + step_s

    def _paced(self, timed: Iterator[tuple[int, tuple[Image, float]]]) -> Iterator[tuple[int, tuple[Image, float]]]:
        started = looked_at = time.monotonic()
        told = False
        for index, (image, taken_at) in timed:
            now = time.monotonic()
            late_s = now - started - taken_at
            if late_s > LATE_S and index and now - looked_at < LOOK_S:
                continue
            if late_s > LOOK_S and not told:
                log.warning("clip=slow behind_s=%.1f effect='skips pictures'", late_s)
                told = True
            self._stopped.wait(max(0.0, -late_s))
            looked_at = time.monotonic()
            yield index, (image, taken_at)
