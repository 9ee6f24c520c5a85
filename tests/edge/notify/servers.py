"""Servers on this machine that take messages, refuse them, hang, and come back."""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
import socket
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from email import message_from_bytes
from email.policy import default
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from typing import Any

from aiosmtpd.controller import Controller

from tests.network_camera import free_port


class Receiver(ABC):
    """What came to a server, and how it behaves at present: `take`, `refuse`, `hang` or `away`."""

    def __init__(self) -> None:
        self.port = free_port()
        self.taken: list[tuple[dict[str, str], bytes]] = []
        self.attempts = 0
        self.released = Event()
        self.mode = "away"

    @property
    def told(self) -> list[str]:
        """The numbers of the doors that were told of, in order."""
        return [number for _, body in self.taken for number in re.findall(r"door (\d+)", text_of(body))]

    @abstractmethod
    def behave(self, mode: str) -> None:
        """Do so from now on."""


def text_of(body: bytes) -> str:
    """The text of a mail, or what a webhook was told of."""
    if b"Subject:" not in body:
        return " ".join(notice["detail"] for notice in json.loads(body)["notices"])
    return str(message_from_bytes(body, policy=default).get_content())


class HttpReceiver(Receiver):
    """By HTTP."""

    def __init__(self) -> None:
        super().__init__()
        self.status = 503
        self._server: ThreadingHTTPServer | None = None

    def behave(self, mode: str) -> None:
        self.released.set()
        self.released = Event()
        if mode == "away" and self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None
        if mode != "away" and self._server is None:
            self._server = ThreadingHTTPServer(("127.0.0.1", self.port), _handler(self))
            Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        self.mode = mode


def _handler(receiver: HttpReceiver) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            receiver.attempts += 1
            if receiver.mode == "hang":
                receiver.released.wait(20)
                return
            if receiver.mode == "take":
                receiver.taken.append((dict(self.headers), body))
            self.send_response(204 if receiver.mode == "take" else receiver.status)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            """Nobody reads it."""

    return Handler


class SmtpReceiver(Receiver):
    """By SMTP."""

    def __init__(self) -> None:
        super().__init__()
        self._controller: Controller | None = None

    def behave(self, mode: str) -> None:
        self.released.set()
        self.released = Event()
        if mode == "away" and self._controller is not None:
            self._controller.stop()
            self._controller = None
        if mode != "away" and self._controller is None:
            self._controller = Controller(self, hostname="127.0.0.1", port=self.port)
            self._controller.start()
        self.mode = mode

    async def handle_DATA(self, _server: object, _session: object, envelope: Any) -> str:  # noqa: N802 - aiosmtpd's
        """A mail."""
        self.attempts += 1
        released = self.released
        if self.mode == "hang":
            await asyncio.to_thread(released.wait, 20)
        if self.mode != "take" or released.is_set():
            return "451 not now"
        self.taken.append(({}, bytes(envelope.content)))
        return "250 taken"


@contextlib.contextmanager
def receiver(kind: Callable[[], Receiver], mode: str = "take") -> Iterator[Receiver]:
    """One that is there, and goes in the end."""
    one = kind()
    one.behave(mode)
    try:
        yield one
    finally:
        one.behave("away")


def silent_port() -> socket.socket:
    """Takes connections, and says nothing for ever."""
    listener = socket.create_server(("127.0.0.1", 0))
    listener.listen(50)
    return listener
