"""A webhook: each message as JSON, signed as Standard Webhooks says (https://www.standardwebhooks.com, version 1.0)."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import http.client
import socket
import ssl
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from threading import Event as Flag
from threading import Timer
from urllib.parse import urlsplit

from pydantic import BaseModel, Field

from edge import __version__
from edge.config.schema import NoticeRule
from edge.config.secrets import SecretUrl
from edge.errors import ConfigError
from edge.notify.destination import Bulletin, DeliveryError, key_of

TIMEOUT_S = 10.0
"""A server that has not answered by then is considered hung."""

WHOLE = 3
"""The whole exchange may take so many times as long as one step: a server may send a letter now and then for ever."""

MIN_SECRET = 16
"""Bytes; who can guess the secret can make messages."""

_PREFIX = "whsec_"
"""Begins a secret in Base64."""

_FINAL = frozenset({400, 413, 415, 422})
"""Answers that say the message itself is not wanted."""


class NoticeBody(BaseModel):
    """One thing that happened."""

    rule: NoticeRule = Field(description="why it is told")
    at: datetime = Field(description="when it happened, UTC")
    detail: str = Field(description="what happened, in English; may be empty")
    over: bool = Field(description="whether this tells that a fault has ended")


class WebhookBody(BaseModel):
    """What a webhook is sent."""

    id: str = Field(description="the same at every attempt, and that of the header webhook-id")
    kiosk: str = Field(description="the kiosk's name")
    title: str = Field(description="for people, in the door's language")
    text: str = Field(description="for people, in the door's language, several lines")
    notices: list[NoticeBody] = Field(description="what it tells of, oldest first; none in a test message")


def sign(secret: bytes, id: str, timestamp: int, body: bytes) -> str:  # noqa: A002 - the standard's own word
    """The header `webhook-signature`: HMAC-SHA256 over id, time and body."""
    signed = f"{id}.{timestamp}.".encode() + body
    return "v1," + base64.b64encode(hmac.new(secret, signed, hashlib.sha256).digest()).decode()


def read_secret(path: Path) -> bytes:
    """The first line of a file: `whsec_` and Base64, or any text.

    Raises:
        ConfigError: if it cannot be read, or is too short.
    """
    try:
        line = (path.read_text(encoding="utf-8-sig").splitlines() or [""])[0].strip()
        if line.startswith(_PREFIX):
            secret = base64.b64decode(line.removeprefix(_PREFIX), validate=True)
        else:
            secret = line.encode()
    except (OSError, UnicodeDecodeError, binascii.Error) as error:
        raise ConfigError(f"{path}: the webhook's secret cannot be read ({error})") from error
    if len(secret) < MIN_SECRET:
        raise ConfigError(f"{path}: the webhook's secret is too short; make one with: openssl rand -base64 32")
    return secret


class Webhook:
    """One address that is told.

    Args:
        url: https, or http.
        secret: signs.
        wall_clock: seconds since 1970.
        timeout_s: for each step of the exchange.

    Raises:
        ConfigError: if the address is none.
    """

    def __init__(
        self,
        url: SecretUrl,
        secret: bytes,
        *,
        wall_clock: Callable[[], float] = time.time,
        timeout_s: float = TIMEOUT_S,
    ) -> None:
        try:
            self._url = urlsplit(url.address)
            # Also read only now, and then refused where it is no number of a port.
            _ = self._url.port
        except ValueError as error:
            # Without what it says: it may hold the address.
            raise ConfigError(f"notify.webhook: {url} is no address; check its brackets and its port") from error
        self._secret = secret
        self._wall_clock = wall_clock
        self._timeout_s = timeout_s
        self.name = "webhook"
        self.key = key_of(url.address)

    def send(self, bulletin: Bulletin) -> None:
        """Hand it over.

        Raises:
            DeliveryError: unless the server answers that it took it (2xx); a redirection is not followed.
        """
        body = encode(bulletin)
        timestamp = int(self._wall_clock())
        headers = {
            "Content-Type": "application/json",
            "User-Agent": f"Maskgate/{__version__}",
            "webhook-id": bulletin.id,
            "webhook-timestamp": str(timestamp),
            "webhook-signature": sign(self._secret, bulletin.id, timestamp, body),
        }
        path = (self._url.path or "/") + (f"?{self._url.query}" if self._url.query else "")
        is_over = Flag()
        try:
            connection = self._connect()
            timer = Timer(WHOLE * self._timeout_s, _cut, (connection, is_over))
            # A kiosk that is to end waits for nobody's answer.
            timer.daemon = True
            timer.start()
            try:
                connection.request("POST", path, body, headers)
                status = connection.getresponse().status
            finally:
                timer.cancel()
                connection.close()
        except TimeoutError as error:
            raise DeliveryError(f"no answer within {self._timeout_s:g} s") from error
        except (OSError, http.client.HTTPException, ValueError) as error:
            late = f"no whole answer within {WHOLE * self._timeout_s:g} s"
            raise DeliveryError(late if is_over.is_set() else _cause(error)) from error
        if not 200 <= status < 300:
            raise DeliveryError(f"the server answers {status}", is_final=status in _FINAL)

    def _connect(self) -> http.client.HTTPConnection:
        host, port = self._url.hostname or "", self._url.port
        if self._url.scheme == "https":
            context = ssl.create_default_context()
            return http.client.HTTPSConnection(host, port, timeout=self._timeout_s, context=context)
        return http.client.HTTPConnection(host, port, timeout=self._timeout_s)


def encode(bulletin: Bulletin) -> bytes:
    """The body for a message."""
    notices = [NoticeBody(rule=one.rule, at=one.at, detail=one.detail, over=one.is_over) for one in bulletin.notices]
    body = WebhookBody(id=bulletin.id, kiosk=bulletin.kiosk, title=bulletin.title, text=bulletin.text, notices=notices)
    return body.model_dump_json().encode()


def _cut(connection: http.client.HTTPConnection, is_over: Flag) -> None:
    """End an exchange that another thread waits for: what it reads comes to an end."""
    is_over.set()
    if (sock := connection.sock) is not None:
        with suppress(OSError):
            # Over TLS, too, without what TLS would have to say first.
            socket.socket.shutdown(sock, socket.SHUT_RDWR)


def _cause(error: Exception) -> str:
    """Why, without what could hold the address."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is refused ({error.verify_message})"
    if isinstance(error, OSError):
        return error.strerror or type(error).__name__
    return f"no answer in HTTP ({type(error).__name__})"
