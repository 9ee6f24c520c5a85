"""People who look at the kiosk's pages all the while: live news, live pictures, and now and then the day's events."""

from __future__ import annotations

import socket
import time
from pathlib import Path
from threading import Event, Thread
from typing import Self

import httpx

from edge.web.people.access import Access
from edge.web.people.roles import Scope

PAGE_S = 2.0
"""How often the events and the counts of the day are asked for."""

QUIET_S = 30.0
"""A stream that brings nothing for so long is dead: news come every two seconds, and pictures all the while."""


def request(path: str, key: str) -> bytes:
    """A GET with a token."""
    return f"GET {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {key}\r\n\r\n".encode()


class Viewers:
    """Three clients of the web server, on threads of their own.

    Args:
        folder: the kiosk's `web.folder`, where their token is kept.
        port: where the kiosk will listen.

    Attributes:
        heard: bytes of news, bytes of pictures, and pages that came, by what was looked at.
        slowest_s: the longest wait for a page.
        broken: what went wrong.
    """

    def __init__(self, folder: Path, port: int) -> None:
        self.port = port
        self.key = Access(folder).tokens.add("soak", (Scope.READ, Scope.PICTURE))
        self.heard = {"stream": 0, "picture.mjpeg": 0, "pages": 0}
        self.slowest_s = 0.0
        self.broken: list[str] = []
        self._done = Event()
        watching = [Thread(target=self._watch, args=(name,)) for name in ("stream", "picture.mjpeg")]
        self._threads = [*watching, Thread(target=self._read_pages)]

    def level(self) -> str | None:
        """What /healthz says; None while there is no answer."""
        try:
            return str(httpx.get(f"http://127.0.0.1:{self.port}/healthz", timeout=10).json()["level"])
        except httpx.TransportError:
            return None

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        for thread in self._threads:
            thread.join()

    def _watch(self, name: str) -> None:
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=QUIET_S) as connection:
                connection.sendall(request(f"/api/v1/{name}", self.key))
                while not self._done.is_set():
                    received = connection.recv(65536)
                    if not received:
                        self.broken.append(f"{name}: cut off")
                        return
                    self.heard[name] += len(received)
        except OSError as error:
            self.broken.append(f"{name}: {error!r}")

    def _read_pages(self) -> None:
        headers = {"Authorization": f"Bearer {self.key}"}
        with httpx.Client(base_url=f"http://127.0.0.1:{self.port}", headers=headers, timeout=QUIET_S) as client:
            while not self._done.wait(PAGE_S):
                for page in ("/api/v1/events", "/api/v1/tallies", "/api/v1/status"):
                    asked = time.monotonic()
                    try:
                        status = client.get(page).status_code
                    except httpx.TransportError as error:
                        self.broken.append(f"{page}: {error!r}")
                        continue
                    self.slowest_s = max(self.slowest_s, time.monotonic() - asked)
                    # 503 while the disk of the events is away.
                    if status == 200:
                        self.heard["pages"] += 1
                    elif status != 503:
                        self.broken.append(f"{page}: {status}")
