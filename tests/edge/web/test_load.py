"""Whatever clients do, the door is watched at its pace, and memory is bounded."""

from __future__ import annotations

import socket
import time
from contextlib import ExitStack
from pathlib import Path
from threading import Event, Thread

import pytest

from tests.edge.web.conftest import BARE, Site

VIEWERS = 50
LOOK_S = 6.0
MAX_GROWTH_MB = 60


def pace(site: Site) -> float:
    """Frames the loop does in a second, over a few."""
    before, begun = site.service.health.health().frames, time.monotonic()
    time.sleep(LOOK_S)
    return (site.service.health.health().frames - before) / (time.monotonic() - begun)


def memory_mb() -> float:
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    return int(status.partition("VmRSS:")[2].split()[0]) / 1024


@pytest.mark.slow
def test_fifty_viewers_and_bad_guests_slow_nothing_down(site: Site) -> None:
    """Fifty stream, one never reads, some leave mid-frame, one uploads a gigabyte, one floods with headers."""
    site.show(BARE, "alert")
    with site.token("read", "picture") as client:
        key = client.headers["Authorization"]
    port = int(site.url.rpartition(":")[2])
    request = f"GET /api/v1/picture.mjpeg HTTP/1.1\r\nHost: x\r\nAuthorization: {key}\r\n\r\n".encode()
    alone, before = pace(site), memory_mb()
    done = Event()

    def connect(stack: ExitStack) -> socket.socket:
        return stack.enter_context(socket.create_connection(("127.0.0.1", port), timeout=10))

    def view(connection: socket.socket) -> None:
        while not done.is_set() and connection.recv(65536):
            pass

    def leave_and_flood() -> None:
        while not done.is_set():
            with ExitStack() as stack:
                leaving = connect(stack)
                leaving.sendall(request)
                leaving.recv(2000)
            with ExitStack() as stack:
                flooding = connect(stack)
                try:
                    flooding.sendall(b"GET / HTTP/1.1\r\n" + b"X-Header: %s\r\n" % (b"y" * 1000) * 1000)
                    flooding.recv(100)
                except ConnectionError:
                    pass  # cut off, as it should be
            time.sleep(0.2)

    def upload() -> None:
        with ExitStack() as stack:
            connection = connect(stack)
            try:
                connection.sendall(b"POST /login HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n")
                for _ in range(2**14):
                    connection.sendall(b"10000\r\n" + b"z" * 65536 + b"\r\n")
            except (ConnectionError, TimeoutError):
                pass  # cut off, as it should be

    with ExitStack() as stack:
        viewers = [connect(stack) for _ in range(VIEWERS + 1)]
        for connection in viewers:
            connection.sendall(request)
        # The last one never reads.
        threads = [Thread(target=view, args=(connection,)) for connection in viewers[:-1]]
        threads += [Thread(target=leave_and_flood), Thread(target=upload)]
        for thread in threads:
            thread.start()
        time.sleep(1)
        beset, after = pace(site), memory_mb()
        done.set()
        for thread in threads:
            thread.join()
    print(f"pace alone {alone:.2f}/s, beset {beset:.2f}/s; memory {before:.0f} -> {after:.0f} MB")
    assert beset >= 0.95 * alone
    assert after - before < MAX_GROWTH_MB
