"""Bundles from web servers that do what they should not: each is one clear error, in time, without the password."""

from __future__ import annotations

import base64
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from threading import Thread

import pytest

from edge.errors import ModelError
from edge.rollout import fetch as fetch_module
from edge.rollout.fetch import fetch

Answer = Callable[[socket.socket], object]

OK = b"HTTP/1.1 200 OK\r\n"


@contextmanager
def answering(*answers: Answer) -> Iterator[tuple[int, list[bytes]]]:
    """A server that gives each connection its own answer, the last one for ever; its port, and what it was asked."""
    asked: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            left = list(answers)
            with suppress(OSError):
                while True:
                    connection, _ = server.accept()
                    with closing(connection), suppress(OSError):
                        asked.append(connection.recv(65536))
                        (left.pop(0) if left[1:] else left[0])(connection)

        thread = Thread(target=serve)
        thread.start()
        try:
            yield server.getsockname()[1], asked
        finally:
            server.shutdown(socket.SHUT_RDWR)
            thread.join()


def sends(*parts: bytes) -> Answer:
    return lambda connection: connection.sendall(b"".join(parts))


def drips(start: bytes, drop: bytes) -> Answer:
    """Never silent, never done."""

    def answer(connection: socket.socket) -> None:
        connection.sendall(start)
        while True:
            connection.sendall(drop)
            time.sleep(0.02)

    return answer


def is_silent(connection: socket.socket) -> None:
    connection.recv(1)


def redirects(to: str) -> Answer:
    return sends(b"HTTP/1.1 302 Found\r\nContent-Length: 0\r\nLocation: ", to.encode(), b"\r\n\r\n")


@pytest.mark.parametrize(
    ("answer", "cause"),
    [
        pytest.param(drips(OK + b"Content-Length: 1000000\r\n\r\n", b"x"), "incomplete after 1 s", id="drips"),
        pytest.param(drips(OK + b"\r\n", b"x"), "incomplete after 1 s", id="drips without length"),
        pytest.param(
            drips(OK + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n"),
            "incomplete after 1 s",
            id="drips chunks",
        ),
        pytest.param(drips(b"", b"H"), "incomplete after 1 s", id="drips its status"),
        pytest.param(drips(OK, b"X: y\r\n"), "incomplete after 1 s|HTTPException", id="drips headers"),
        pytest.param(is_silent, "no answer for 0 s", id="is silent"),
        pytest.param(sends(), "RemoteDisconnected|Connection reset", id="hangs up"),
        pytest.param(sends(b"SSH-2.0-OpenSSH\r\n"), "BadStatusLine", id="speaks SSH"),
        pytest.param(sends(OK, b"Content-Length: 1000\r\n\r\nhalf"), "IncompleteRead", id="half"),
        pytest.param(sends(OK, b"Transfer-Encoding: chunked\r\n\r\nzz\r\n"), "IncompleteRead", id="no chunk"),
        pytest.param(sends(OK, b"X: y\r\n" * 1000, b"\r\n"), "HTTPException", id="endless headers"),
        pytest.param(
            sends(b"HTTP/1.1 401 No S3cret\r\nContent-Length: 0\r\n\r\n"), "the server answers 401", id="unauthorised"
        ),
        pytest.param(
            redirects("ftp://127.0.0.1/S3cret"), "redirected to something other than a web address", id="to FTP"
        ),
        pytest.param(redirects("file:///etc/passwd?S3cret"), "the server answers 302", id="to a file"),
        pytest.param(redirects("http://[S3cret/"), "ValueError", id="to nowhere"),
        pytest.param(redirects("/again?S3cret"), "the server answers 302", id="in a circle"),
    ],
)
def test_a_server_that_does_not_serve(
    answer: Answer, cause: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is given up within its time; the cause says nothing of the address but its name."""
    monkeypatch.setattr(fetch_module, "FETCH_S", 0.6)
    monkeypatch.setattr(fetch_module, "SILENT_S", 0.4)
    started = time.monotonic()
    with answering(answer) as (port, _):
        with pytest.raises(ModelError, match=cause) as refused:
            fetch(f"http://user:S3cret@127.0.0.1:{port}/bundle?key=S3cret", tmp_path)
        assert str(refused.value).startswith(f"http://127.0.0.1:{port}/bundle: cannot be fetched (")
        assert "S3cret" not in str(refused.value)
    assert time.monotonic() - started < 5


@pytest.mark.parametrize("address", ["http://", "http://[::1", "http://a b/", "http://x:S3cret/", "http://\udcff/"])
def test_a_malformed_address(address: str, tmp_path: Path) -> None:
    """It may come by MQTT from anybody who may order."""
    with pytest.raises(ModelError, match="cannot be fetched") as refused:
        fetch(address, tmp_path)
    assert "S3cret" not in str(refused.value)


def test_the_password_goes_to_its_own_server(tmp_path: Path) -> None:
    """In a header, and not to where the server sends on."""
    with answering(sends(OK, b"Content-Length: 6\r\n\r\nbundle")) as (other, seen):
        with answering(redirects(f"http://localhost:{other}/elsewhere")) as (port, asked):
            path = fetch(f"http://me:p%40ss@127.0.0.1:{port}/bundle", tmp_path)
        assert path.read_bytes() == b"bundle"
    assert b"Authorization: Basic " + base64.b64encode(b"me:p@ss") in asked[0]
    assert b"Authorization" not in seen[0]


def test_a_local_bundle_is_copied(tmp_path: Path) -> None:
    """Whoever can write to the original cannot exchange it between signature and installation."""
    original = tmp_path / "original"
    original.write_bytes(b"bundle")
    copy = fetch(str(original), tmp_path)
    original.write_bytes(b"other")
    assert copy.read_bytes() == b"bundle"
