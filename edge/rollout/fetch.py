"""A bundle as a file of one's own: copied from a disk, from standard input, or from a web server."""

from __future__ import annotations

import base64
import http.client
import socket
import ssl
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Timer
from typing import IO, Any
from urllib.parse import unquote, urlsplit, urlunsplit

from edge.errors import ModelError
from edge.host.addresses import public_name

MAX_BUNDLE_BYTES = 256 * 2**20

SILENT_S = 30.0
"""A server that sends nothing for so long is given up."""

FETCH_S = 300.0
"""So is one that has not sent everything by then, however busily it drips: a model of 10 MB at 300 kbit/s."""

STANDARD_INPUT = "-"
_CHUNK = 1 << 20


def is_url(source: str) -> bool:
    """Whether a source lies on a web server."""
    return source.lower().startswith(("http://", "https://"))


def fetch(source: str, folder: Path) -> Path:
    """Copy a bundle into a folder; whoever can change the source cannot change the copy.

    Args:
        source: a file's path, an http(s) URL, or `-` for standard input.
        folder: this process's own.

    Raises:
        ModelError: if it cannot be had.
    """
    target = folder / "bundle"
    if is_url(source):
        with _answer_of(source) as answer, target.open("wb") as file:
            _copy(answer.read1, file, public_name(source))
        return target
    try:
        given = source == STANDARD_INPUT
        with open(0 if given else source, "rb", closefd=not given) as original, target.open("wb") as file:
            _copy(original.read, file, source)
    except OSError as error:
        raise ModelError(f"{source}: cannot be read ({error.strerror})") from error
    return target


def _copy(read: Callable[[int], bytes], target: IO[bytes], name: str) -> None:
    left = MAX_BUNDLE_BYTES + 1
    while left and (chunk := read(min(_CHUNK, left))):
        target.write(chunk)
        left -= len(chunk)
    if not left:
        raise ModelError(f"{name}: has more than {MAX_BUNDLE_BYTES} bytes")


@contextmanager
def _answer_of(url: str) -> Iterator[http.client.HTTPResponse]:
    """What a server answers; whatever it does, this ends after FETCH_S, with one clear error."""
    name, limit = public_name(url), _Limit(FETCH_S)
    try:
        with limit, _opener(limit).open(_request(url), timeout=SILENT_S) as answer:
            yield answer
            if answer.length or limit.is_over:
                raise http.client.IncompleteRead(b"", answer.length)
    except (OSError, http.client.HTTPException, ValueError) as error:
        if isinstance(error, urllib.error.HTTPError):
            error.close()
        raise ModelError(f"{name}: cannot be fetched ({_cause(error, limit)})") from error


def _request(url: str) -> urllib.request.Request:
    """Asks for a URL; its user and password go to its own server alone, in a header.

    Raises:
        ValueError: if it is malformed.
    """
    parts = urlsplit(url)
    request = urllib.request.Request(urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2])))  # noqa: S310 - http(s), see `fetch`
    if parts.username:
        login = f"{unquote(parts.username)}:{unquote(parts.password or '')}".encode()
        request.add_unredirected_header("Authorization", f"Basic {base64.b64encode(login).decode()}")
    return request


class _Limit:
    """A total time after which the connections of a request are cut, wherever it waits."""

    def __init__(self, seconds: float) -> None:
        self._timer = Timer(seconds, self._cut)
        self._timer.daemon = True
        self._sockets: list[socket.socket] = []
        self.is_over = False

    def opened(self, connection: socket.socket) -> None:
        """To be cut, too."""
        self._sockets.append(connection)
        if self.is_over:
            self._cut()

    def _cut(self) -> None:
        self.is_over = True
        for connection in self._sockets:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def __enter__(self) -> None:
        self._timer.start()

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()


def _opener(limit: _Limit) -> urllib.request.OpenerDirector:
    """Speaks HTTP and HTTPS, through the environment's proxy if it names one; no file, no FTP, wherever it is sent."""
    opener = urllib.request.OpenerDirector()
    for handler in (
        urllib.request.ProxyHandler(),
        urllib.request.HTTPDefaultErrorHandler(),
        _Redirects(),
        urllib.request.HTTPErrorProcessor(),
        urllib.request.UnknownHandler(),
        _Http(limit),
        _Https(limit),
    ):
        opener.add_handler(handler)
    return opener


class _Redirects(urllib.request.HTTPRedirectHandler):
    """Closes the answer that sends on, also where it sends to no address at all."""

    def http_error_302(self, req: urllib.request.Request, fp: Any, code: int, msg: str, headers: Any) -> Any:
        with fp:
            return super().http_error_302(req, fp, code, msg, headers)

    http_error_301 = http_error_303 = http_error_307 = http_error_308 = http_error_302


class _Http(urllib.request.HTTPHandler):
    def __init__(self, limit: _Limit) -> None:
        super().__init__()
        self._limit = limit

    def http_open(self, req: urllib.request.Request) -> Any:
        limit = self._limit

        class Watched(http.client.HTTPConnection):
            def connect(self) -> None:
                super().connect()
                limit.opened(self.sock)

        return self.do_open(Watched, req)


class _Https(urllib.request.HTTPSHandler):
    def __init__(self, limit: _Limit) -> None:
        super().__init__()
        self._limit = limit

    def https_open(self, req: urllib.request.Request) -> Any:
        limit = self._limit

        class Watched(http.client.HTTPSConnection):
            def connect(self) -> None:
                super().connect()
                limit.opened(self.sock)

        return self.do_open(Watched, req, context=ssl.create_default_context())


def _cause(error: Exception, limit: _Limit) -> str:
    """In words that hold nothing of the address, which may hold a password."""
    if limit.is_over:
        return f"incomplete after {FETCH_S:.0f} s"
    if isinstance(error, urllib.error.HTTPError):
        return f"the server answers {error.code}"
    reason = getattr(error, "reason", error)
    if isinstance(reason, TimeoutError):
        return f"no answer for {SILENT_S:.0f} s"
    if isinstance(reason, OSError):
        return reason.strerror or type(reason).__name__
    if isinstance(error, urllib.error.URLError):
        return "redirected to something other than a web address"
    return f"malformed address or answer: {type(error).__name__}"
