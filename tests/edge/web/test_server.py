"""Who connects and says little holds nothing up: connections are counted, end, and make room for others."""

from __future__ import annotations

import socket
import ssl
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from threading import Event, Thread

import httpx
import pytest

from edge.web import app as app_module
from edge.web import connections as connections_module
from edge.web.guarding.guard import BodyBounds
from edge.web.start import MAX_CONNECTIONS, MAX_PER_ADDRESS
from tests.edge.web.conftest import PASSWORD, Site

HEAD = b"GET /healthz HTTP/1.1\r\nHost: door\r\n\r\n"
BODY = b"POST /login HTTP/1.1\r\nHost: door\r\nContent-Length: 60000\r\n\r\n"

HERE, THERE = "127.0.0.1", "127.0.0.2"
"""Two of this machine's addresses, to come from."""


def connect(stack: ExitStack, site: Site, address: str = HERE) -> socket.socket:
    port = int(site.url.rpartition(":")[2])
    return stack.enter_context(socket.create_connection((HERE, port), timeout=10, source_address=(address, 0)))


def parts(connection: socket.socket) -> Iterator[bytes]:
    """What is received until the other side hangs up."""
    try:
        while part := connection.recv(65536):
            yield part
    except ConnectionResetError:
        pass  # hung up on, too


@pytest.mark.parametrize("said", [b"", b"GET /heal", HEAD + b"GET /heal"])
def test_who_asks_for_nothing_is_hung_up_on(
    said: bytes, make_site: Callable[..., Site], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whether they are silent or dribble, and whether or not they have asked for something before."""
    monkeypatch.setattr(connections_module, "REQUEST_S", 0.5)
    site = make_site()
    with ExitStack() as stack:
        connection = connect(stack, site)
        connection.sendall(said)
        answer = b"".join(parts(connection))
    assert answer.count(b"HTTP/1.1 200") == said.count(HEAD)


def test_a_body_that_drips_is_not_waited_for(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """All of it has to come in time, not each part."""
    monkeypatch.setattr(app_module, "SMALL", BodyBounds(all_s=1.0))
    with ExitStack() as stack:
        connection = connect(stack, site)
        connection.sendall(BODY)
        connection.settimeout(0.1)
        begun = time.monotonic()
        answer = b""
        while not answer:
            assert time.monotonic() - begun < 5
            connection.sendall(b"x")
            try:
                answer = connection.recv(100)
            except TimeoutError:
                continue
    assert answer.startswith(b"HTTP/1.1 408")


class Crowd:
    """A client with many connections that drip; each that is hung up on is opened anew.

    Args:
        said: by each, to begin with; letters follow, but after nothing.
        pause_s: until those that were hung up on come back.
    """

    def __init__(self, site: Site, size: int, said: bytes, *, pause_s: float = 0.05) -> None:
        self._site, self._size, self._said, self._pause_s = site, size, said, pause_s
        self._done = Event()
        self._opened = 0
        self._thread = Thread(target=self._besiege)

    def __enter__(self) -> Crowd:
        self._thread.start()
        self._site.wait(lambda: self._opened >= self._size, timeout_s=30)
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._thread.join()

    def _besiege(self) -> None:
        with ExitStack() as stack:
            crowd: list[socket.socket] = []
            while not self._done.wait(self._pause_s):
                crowd = [each for each in crowd if self._is_there(each)]
                for _ in range(self._size - len(crowd)):
                    crowd.append(connect(stack, self._site))
                    self._opened += 1
                    self._drip(crowd[-1], self._said)

    def _drip(self, connection: socket.socket, said: bytes) -> None:
        try:
            connection.sendall(said)
        except OSError:
            connection.close()

    def _is_there(self, connection: socket.socket) -> bool:
        if connection.fileno() < 0:
            return False
        connection.setblocking(False)
        try:
            is_there = bool(connection.recv(4096))
        except BlockingIOError:
            is_there = True
        except OSError:
            is_there = False
        if is_there:
            connection.setblocking(True)
            self._drip(connection, b"x" if self._said else b"")
        else:
            connection.close()
        return is_there


@pytest.mark.parametrize("said", [b"", b"GET /heal", HEAD, BODY], ids=["silent", "head", "asked", "body"])
@pytest.mark.parametrize(("address", "pause_s"), [(HERE, 1.0), (THERE, 0.05)])
def test_a_crowd_that_drips_shuts_nobody_out(said: bytes, address: str, pause_s: float, site: Site) -> None:
    """Neither a watchdog nor whoever logs in, from another address or their own; and who is here stays."""
    transport = httpx.HTTPTransport(local_address=address)
    with (
        site.client() as known,
        known.stream("GET", "/api/v1/stream") as stream,
        Crowd(site, 127, said, pause_s=pause_s),
    ):
        news = stream.iter_lines()
        with httpx.Client(transport=transport, base_url=site.url, timeout=5) as client:
            for _ in range(10):
                assert client.get("/healthz", headers={"Connection": "close"}).status_code == 200
                assert client.get("/api/v1/status", headers={"Connection": "close"}).status_code == 401
            late = client.post("/login", data={"password": PASSWORD}, headers={"Connection": "close"})
            assert late.status_code == 303
            assert client.get("/api/v1/status", headers={"Connection": "close"}).status_code == 200
        for _ in range(4):
            assert next(line for line in news if line)


def test_one_address_has_half_of_the_room(site: Site) -> None:
    """The oldest of its connections makes way for its newest, and those of others are left alone."""
    with ExitStack() as stack:
        other = connect(stack, site, THERE)
        crowd = [connect(stack, site) for _ in range(MAX_PER_ADDRESS + 10)]
        assert all(list(parts(connection)) == [] for connection in crowd[:10])
        for connection in (other, crowd[10], crowd[-1]):
            connection.sendall(HEAD)
            assert connection.recv(65536).startswith(b"HTTP/1.1 200")


def test_a_trusted_proxy_speaks_for_many(make_site: Callable[..., Site]) -> None:
    """Its connections are limited only with everybody's."""
    site = make_site(trusted_proxies=[HERE])
    with ExitStack() as stack:
        crowd = [connect(stack, site) for _ in range(MAX_CONNECTIONS)]
        for connection in crowd:
            connection.sendall(HEAD)
        assert all(connection.recv(65536).startswith(b"HTTP/1.1 200") for connection in crowd)


def test_idle_connections_do_not_take_the_kiosks_files(site: Site) -> None:
    """However many knock, from however many addresses."""
    files = len(list(Path("/proc/self/fd").iterdir()))
    with ExitStack() as stack:
        crowd = [connect(stack, site, f"127.0.1.{number % 250 + 1}") for number in range(3 * MAX_CONNECTIONS)]
        # Each is one file of ours and, while it is taken, one of the kiosk's.
        site.wait(lambda: len(list(Path("/proc/self/fd").iterdir())) - files <= len(crowd) + MAX_CONNECTIONS + 10)
    site.wait(site.is_up)


def test_silence_before_tls_shuts_nobody_out(make_site: Callable[..., Site], tmp_path: Path) -> None:
    """A connection counts before its handshake, too."""
    command = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 1 -subj /CN=localhost "
    command += f"-addext subjectAltName=IP:127.0.0.1 -out {tmp_path}/cert.pem -keyout {tmp_path}/key.pem"
    subprocess.run(command.split(), check=True, capture_output=True)
    context = ssl.create_default_context(cafile=tmp_path / "cert.pem")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Site, "is_up", lambda self: self.service.health.health().frames > 5)
        site = make_site(certificate=str(tmp_path / "cert.pem"), key=str(tmp_path / "key.pem"))
    transport = httpx.HTTPTransport(local_address=THERE, verify=context)
    url = site.url.replace("http:", "https:")
    with Crowd(site, 2 * MAX_CONNECTIONS, b""), httpx.Client(transport=transport, base_url=url, timeout=5) as client:
        for _ in range(5):
            assert client.get("/healthz", headers={"Connection": "close"}).status_code == 200
