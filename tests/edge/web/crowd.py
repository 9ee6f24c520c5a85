"""Clients that would hold a kiosk up if they could, in a process of their own, and what its pace is meanwhile."""

from __future__ import annotations

import socket
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from threading import Event, Thread

import httpx

VIEWERS = 50
LOOK_S = 15.0
UPLOAD_BYTES = 2**30
SPAWN = get_context("spawn")


class Crowd:
    """Clients of all sorts, in a process of their own: they must not take the time of camera and test.

    Args:
        port: where the kiosk's pages are.
        key: of a token for pictures.
    """

    def __init__(self, port: int, key: str) -> None:
        self._port = port
        self._request = f"GET /api/v1/picture.mjpeg HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {key}\r\n\r\n".encode()
        self._done = Event()
        self.counts: Counter[str] = Counter()

    def run(self, told_to_stop: Connection) -> None:
        """Besiege the kiosk until told to stop; answers with what was achieved."""
        with ExitStack() as stack:
            silent = self._connect(stack)
            silent.sendall(self._request)
            callers = [self._leave, self._flood, self._upload, self._upload_with_length, *[self._view] * VIEWERS]
            threads = [Thread(target=self._repeat, args=(call,)) for call in callers]
            for thread in threads:
                thread.start()
            told_to_stop.recv()
            self._done.set()
            for thread in threads:
                thread.join()
        told_to_stop.send(self.counts)

    def _connect(self, stack: ExitStack) -> socket.socket:
        return stack.enter_context(socket.create_connection(("127.0.0.1", self._port), timeout=10))

    def _repeat(self, call: Callable[[socket.socket], None]) -> None:
        while not self._done.wait(0.2):
            with ExitStack() as stack:
                try:
                    call(self._connect(stack))
                except (ConnectionError, TimeoutError):
                    self.counts[f"{getattr(call, '__name__', call)} cut off"] += 1

    def _view(self, connection: socket.socket) -> None:
        """Read on and on."""
        connection.sendall(self._request)
        while not self._done.is_set() and (part := connection.recv(65536)):
            self.counts["pictures"] += part.count(b"--picture")
        self.counts["views"] += 1

    def _leave(self, connection: socket.socket) -> None:
        """Go in the middle of a picture."""
        connection.sendall(self._request)
        connection.recv(2000)
        self.counts["leavers"] += 1

    def _flood(self, connection: socket.socket) -> None:
        """A megabyte of headers."""
        connection.sendall(b"GET / HTTP/1.1\r\n" + b"X-Header: %s\r\n" % (b"y" * 1000) * 1000)
        self.counts["floods answered"] += connection.recv(100).startswith(b"HTTP/1.1 400")

    def _upload(self, connection: socket.socket) -> None:
        """A gigabyte in chunks, whose length nobody is told."""
        connection.sendall(b"POST /login HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n")
        self._send(connection, b"10000\r\n" + b"z" * 65536 + b"\r\n")

    def _upload_with_length(self, connection: socket.socket) -> None:
        """A gigabyte that is announced."""
        connection.sendall(b"POST /login HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % UPLOAD_BYTES)
        self._send(connection, b"z" * 65536)

    def _send(self, connection: socket.socket, part: bytes) -> None:
        self.counts["uploads"] += 1
        for _ in range(UPLOAD_BYTES // 65536):
            connection.sendall(part)
            self.counts["megabytes uploaded"] += 1 / 16  # type: ignore[assignment]
        self.counts["uploads taken whole"] += 1


def besiege(told_to_stop: Connection, port: int, key: str) -> None:
    """The crowd's process."""
    Crowd(port, key).run(told_to_stop)


@contextmanager
def crowd(port: int, key: str) -> Iterator[Counter[str]]:
    """A crowd is there, and has been for a second; tells afterwards what it achieved."""
    ours, theirs = SPAWN.Pipe()
    process = SPAWN.Process(target=besiege, args=(theirs, port, key))
    process.start()
    achieved: Counter[str] = Counter()
    time.sleep(3)
    yield achieved
    ours.send("stop")
    achieved.update(ours.recv())
    process.join()


class Measured:
    """The kiosk's pace and memory, as its own metrics and the kernel tell them."""

    def __init__(self, process: int, metrics: str) -> None:
        self._status = Path(f"/proc/{process}/status")
        self._metrics = metrics

    def frames(self) -> float:
        text = httpx.get(self._metrics).text
        return float(text.partition("\nmaskgate_frames_total ")[2].split()[0])

    def pace(self, look_s: float = LOOK_S) -> float:
        """Frames a second, over a while."""
        before, begun = self.frames(), time.monotonic()
        time.sleep(look_s)
        return (self.frames() - before) / (time.monotonic() - begun)

    def memory_mb(self, what: str) -> float:
        """VmRSS: now; VmHWM: at most since the start."""
        return int(self._status.read_text().partition(f"{what}:")[2].split()[0]) / 1024
