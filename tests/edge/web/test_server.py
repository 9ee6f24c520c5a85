"""Who connects and says little holds nothing up: connections are counted, and end."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from edge.web import server as server_module
from edge.web.server import MAX_CONNECTIONS, MAX_SOCKETS
from tests.edge.web.conftest import Site

HEAD = b"GET /healthz HTTP/1.1\r\nHost: door\r\n\r\n"


def connect(stack: ExitStack, site: Site) -> socket.socket:
    port = int(site.url.rpartition(":")[2])
    return stack.enter_context(socket.create_connection(("127.0.0.1", port), timeout=10))


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
    monkeypatch.setattr(server_module, "REQUEST_S", 0.5)
    site = make_site()
    with ExitStack() as stack:
        connection = connect(stack, site)
        connection.sendall(said)
        answer = b"".join(parts(connection))
    assert answer.count(b"HTTP/1.1 200") == said.count(HEAD)


def test_idle_connections_do_not_take_the_kiosks_files(site: Site) -> None:
    """However many knock, a thousand files are enough, and who knocks later is served again."""
    with ExitStack() as stack:
        files = len(list(Path("/proc/self/fd").iterdir()))
        crowd = [connect(stack, site) for _ in range(MAX_SOCKETS + 50)]
        hung_up = [connection for connection in crowd[MAX_SOCKETS:] if not list(parts(connection))]
        assert len(hung_up) == 50
        # Each is one file of ours and, if it was taken, one of the kiosk's.
        assert len(list(Path("/proc/self/fd").iterdir())) - files <= len(crowd) + MAX_SOCKETS + 10
    site.wait(site.is_up)


def test_one_too_many_is_told_so(site: Site) -> None:
    """Rather than kept waiting."""
    with ExitStack() as stack:
        crowd = [connect(stack, site) for _ in range(MAX_CONNECTIONS)]
        site.wait(lambda: is_busy(crowd[-1]))


def is_busy(connection: socket.socket) -> bool:
    connection.sendall(HEAD)
    return connection.recv(65536).startswith(b"HTTP/1.1 503")
