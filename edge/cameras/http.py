"""Cameras that speak HTTP: Motion JPEG, or one picture an answer, as many doorbells do."""

from __future__ import annotations

import re
import ssl
import time
import urllib.error
import urllib.request
from http.client import HTTPException, HTTPResponse, RemoteDisconnected
from threading import Event
from typing import Any
from urllib.parse import unquote, urlsplit, urlunsplit

import cv2
import numpy as np

from edge.cameras.capture import CameraSettings, NetworkCapture, Shot
from edge.errors import CameraError, CameraRefusedError
from edge.pictures import jpeg_length
from edge.types import Image

ANSWER_S = 5.0
"""A camera that does not answer for so long is not there."""

READ_S = 2.0
"""A camera that sends nothing for so long is lost."""

POLLS_PER_S = 5.0
"""How often a single picture is fetched if camera.fps does not say."""

PATIENCE_S = 1.5
"""For so long a single picture is asked for again before the camera is told to be lost, once it has given one."""

RETRY_S = 0.3

MAX_PICTURE_BYTES = 32 * 2**20
CHUNK = 64 * 1024

JPEG_START = b"\xff\xd8\xff"

BEGIN = 512
"""Bytes of an answer by which a web page is known, whatever the server calls it."""

_WEB_PAGE = re.compile(rb"\s*<(!doctype html|html|head|body)\b", re.IGNORECASE)
_TEXT = re.compile(rb"\s*(\{|\[|<\?xml(?![^>]*>\s*<MPD))")
"""How JSON begins, and XML other than that which describes a stream (MPEG-DASH)."""

_WORDS = re.compile(rb"[\w\s,.:;'!?-]+$")


def open_http(url: str, name: str, settings: CameraSettings) -> NetworkCapture | None:
    """Ask an HTTP server what it serves.

    Args:
        url: with user and password, if it wants them.
        name: the address as messages show it.
        settings: `fps` is how often a single picture is fetched.

    Returns:
        the camera; None if it serves something else, which FFmpeg may know.

    Raises:
        CameraRefusedError: if it wants another password.
        CameraError: if it serves no picture; says what it does serve.
    """
    client = HttpClient(url, name)
    answer = client.get()
    kind = answer.headers.get_content_type()
    if kind.startswith("multipart/"):
        return MotionJpegCapture(name, answer)
    with answer:
        begin = answer.peek(BEGIN)
    if kind.startswith("image/"):
        return SnapshotCapture(name, client, per_s=settings.fps or POLLS_PER_S)
    if kind in ("text/html", "application/xhtml+xml") or _is_web_page(begin):
        raise _web_page(name)
    if _TEXT.match(begin) or (kind.startswith("text/") and _WORDS.match(begin)):
        raise CameraError(f"{name}: answers with text ({kind}), not a stream; check the path in the camera's manual")
    return None


def _is_web_page(begin: bytes) -> bool:
    return _WEB_PAGE.match(begin) is not None


def _web_page(name: str) -> CameraError:
    return CameraError(f"{name}: is a web page, not a stream; look for the stream's address in the camera's manual")


class HttpClient:
    """Fetches one address, with the user and password in it (basic or digest, RFC 7617 and 7616)."""

    def __init__(self, url: str, name: str) -> None:
        self._name = name
        parts = urlsplit(url)
        self._url = urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))
        # Cameras sign their own certificates; whoever needs more puts them behind a proxy that checks.
        handlers: list[urllib.request.BaseHandler] = [
            urllib.request.HTTPSHandler(context=ssl._create_unverified_context())  # noqa: S323 - see above
        ]
        if parts.username is not None:
            user, password = unquote(parts.username), unquote(parts.password or "")
            passwords = _OfOneHost(parts.hostname or "", user, password, only_tls=parts.scheme == "https")
            handlers += [_Basic(passwords), _Digest(passwords)]
        self._opener = urllib.request.build_opener(*handlers)

    def get(self) -> HTTPResponse:
        """The answer, its body unread.

        Raises:
            CameraRefusedError: 401 or 403.
            CameraError: no answer, or another error.
        """
        try:
            answer: HTTPResponse = self._opener.open(self._url, timeout=ANSWER_S)
        except urllib.error.HTTPError as error:
            error.close()
            raise _refusal(self._name, error.code) from error
        except (OSError, HTTPException, ValueError) as error:
            raise CameraError(f"{self._name}: {_cause(error)}") from error
        return answer


class _OfOneHost(urllib.request.HTTPPasswordMgr):
    """User and password for one host, whatever its port: many cameras send who asks by HTTP on to HTTPS.

    They go to no other host, and not from HTTPS back to HTTP.
    """

    def __init__(self, host: str, user: str, password: str, *, only_tls: bool) -> None:
        super().__init__()
        self._host = host
        self._login = user, password
        self._only_tls = only_tls

    def find_user_password(self, _realm: str | None, authuri: str) -> tuple[str | None, str | None]:
        # The digest's handler asks with an address, the basic one's with host and port alone.
        asking = urlsplit(authuri if "://" in authuri else f"//{authuri}")
        trusted = asking.hostname == self._host and not (self._only_tls and asking.scheme == "http")
        return self._login if trusted else (None, None)


class _Closing:
    """Closes the answer that asks for a password before the next one is had; the library leaves it open."""

    def http_error_401(self, request: Any, answer: Any, *rest: Any) -> Any:
        answer.close()
        return super().http_error_401(request, answer, *rest)  # type: ignore[misc]


class _Basic(_Closing, urllib.request.HTTPBasicAuthHandler): ...


class _Digest(_Closing, urllib.request.HTTPDigestAuthHandler): ...


def _refusal(name: str, status: int) -> CameraError:
    if status == 401:
        return CameraRefusedError(f"{name}: rejects the user name or password (401); check camera.source")
    if status == 403:
        return CameraRefusedError(f"{name}: denies this user access to the stream (403); check the user's rights")
    if status == 404:
        return CameraError(f"{name}: has no such page (404); check the path in the camera's manual")
    if status == 503:
        return CameraError(f"{name}: is busy (503); too many viewers, or it is still starting")
    if 300 <= status < 400:
        return CameraError(f"{name}: sends on in a circle, or to no web address ({status}); write where a browser ends")
    return CameraError(f"{name}: answers with error {status}; check the address, restart the camera")


def _cause(error: Exception) -> str:
    reason = getattr(error, "reason", error)
    if isinstance(reason, ssl.SSLError):
        return "does not support TLS as used here; try http:// in place of https://"
    if isinstance(reason, TimeoutError):
        return f"no answer within {ANSWER_S:.0f} s; restart the camera"
    if isinstance(reason, RemoteDisconnected):
        return "ends the connection without an answer; check protocol and port, restart the camera"
    if isinstance(reason, HTTPException | ValueError):
        return "does not answer with HTTP; check protocol and port"
    return f"cannot be reached ({getattr(reason, 'strerror', None) or reason}); check network, cable and address"


class MotionJpegCapture:
    """Pictures of an endless answer. Its parts are found by the pictures in it, not by its boundaries: many small
    cameras leave the first one out, or announce another than they send.
    """

    def __init__(self, name: str, answer: HTTPResponse) -> None:
        self._name = name
        self._answer = answer
        self._buffer = bytearray()
        self._damaged = 0

    @property
    def about(self) -> str:
        return "Motion JPEG over HTTP"

    def read(self) -> Shot | None:
        while True:
            picture = self._cut()
            if picture is not None:
                image = decode(picture)
                if image is not None:
                    damaged, self._damaged = self._damaged, 0
                    return Shot(image, damaged=damaged)
                self._damaged += 1
                continue
            try:
                chunk = self._answer.read1(CHUNK)
            except TimeoutError as error:
                raise CameraError(f"{self._name}: sent nothing for {ANSWER_S:.0f} s; check its power") from error
            except (OSError, HTTPException) as error:
                raise CameraError(f"{self._name}: the stream was interrupted ({error})") from error
            if not chunk:
                return None
            self._buffer += chunk

    def close(self) -> None:
        self._answer.close()

    def _cut(self) -> bytes | None:
        """The first whole picture in the buffer, taken out of it."""
        begin = self._buffer.find(JPEG_START)
        if begin < 0:
            del self._buffer[: max(0, len(self._buffer) - len(JPEG_START))]
            return None
        del self._buffer[:begin]
        try:
            length = jpeg_length(self._buffer)
        except ValueError:  # damaged: the next one may be whole
            self._damaged += 1
            del self._buffer[:2]
            return self._cut()
        if length is None:
            if len(self._buffer) > MAX_PICTURE_BYTES:
                raise CameraError(
                    f"{self._name}: a picture of more than {MAX_PICTURE_BYTES} bytes; lower its resolution"
                )
            return None
        picture = bytes(self._buffer[:length])
        del self._buffer[:length]
        return picture


class SnapshotCapture:
    """An address that gives one picture, fetched again and again. An answer that is none, now and then, is passed over:
    small cameras are busy for a moment when somebody else looks.

    Args:
        per_s: how often, at most.
    """

    def __init__(self, name: str, client: HttpClient, *, per_s: float) -> None:
        self._name = name
        self._client = client
        self._interval_s = 1 / per_s
        self._due = time.monotonic()
        self._has_begun = False
        self._closed = Event()

    @property
    def about(self) -> str:
        return f"single pictures over HTTP, fetched {1 / self._interval_s:.0f} times a second"

    def read(self) -> Shot | None:
        until = time.monotonic() + PATIENCE_S
        while not self._closed.wait(max(0.0, self._due - time.monotonic())):
            try:
                self._due = time.monotonic() + self._interval_s
                image = self._fetch()
            except CameraRefusedError:
                raise
            except CameraError:
                self._due = min(self._due, time.monotonic() + RETRY_S)
                if not self._has_begun or self._due > until:
                    raise
            else:
                self._has_begun = True
                return Shot(image)
        return None

    def close(self) -> None:
        self._closed.set()

    def _fetch(self) -> Image:
        with self._client.get() as answer:
            try:
                data = answer.read(MAX_PICTURE_BYTES)
            except (OSError, HTTPException) as error:
                raise CameraError(f"{self._name}: the picture was interrupted ({error})") from error
        image = decode(data) if data else None
        if image is not None:
            return image
        if _is_web_page(data[:BEGIN]):
            raise _web_page(self._name)
        sends = "no pictures that can be decoded; choose JPEG in the camera" if data else "nothing; restart the camera"
        raise CameraError(f"{self._name}: sends {sends}")


def decode(data: bytes) -> Image | None:
    """A BGR picture; None if it is damaged."""
    try:
        image = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    except cv2.error:
        return None
    return None if image is None else np.asarray(image, np.uint8)
