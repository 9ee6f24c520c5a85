"""The live picture for any number of viewers: each picture is encoded once, and only if somebody looks."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable

from anyio import to_thread

from edge.web.jpeg import encode
from edge.web.live import Glance, Live

PICTURES_PER_S = 8.0
"""For one viewer; no more are made, however many look."""

TOTAL_PER_S = 40.0
"""For all of them together: the more look, the fewer pictures each gets, and the door comes first."""

BOUNDARY = b"picture"


class Pictures:
    """Makes JPEGs of what the kiosk sees.

    Args:
        live: what it saw.
        show_faces: tells whether faces stay as they are rather than blurred.
    """

    def __init__(self, live: Live, *, show_faces: Callable[[], bool]) -> None:
        self._live = live
        self._show_faces = show_faces
        self._lock = asyncio.Lock()
        self._newest: tuple[object, bytes] | None = None
        self._made_at = 0.0
        self._viewers = 0
        self._closed = False

    async def newest(self) -> bytes | None:
        """The newest picture, or one that was so just now; None while there is none."""
        async with self._lock:
            glance = self._live.glance()
            if glance is None:
                self._newest = None
                return None
            now = asyncio.get_running_loop().time()
            is_due = now - self._made_at >= 1 / PICTURES_PER_S
            if self._newest is None or (self._newest[0] is not glance.observation and is_due):
                self._newest, self._made_at = (glance.observation, await to_thread.run_sync(self._encode, glance)), now
            return self._newest[1]

    async def stream(self) -> AsyncIterator[bytes]:
        """The parts of a multipart stream, as a browser shows them: Motion JPEG."""
        self._viewers += 1
        try:
            while not self._closed:
                if (picture := await self.newest()) is not None:
                    yield b"--%b\r\nContent-Type: image/jpeg\r\nContent-Length: %d\r\n\r\n" % (BOUNDARY, len(picture))
                    yield picture
                    yield b"\r\n"
                await asyncio.sleep(max(1 / PICTURES_PER_S, self._viewers / TOTAL_PER_S))
        finally:
            self._viewers -= 1

    def close(self) -> None:
        """Let every viewer go."""
        self._closed = True

    def _encode(self, glance: Glance) -> bytes:
        return encode(glance, show_faces=self._show_faces())
