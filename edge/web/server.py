"""Serves the application on a thread of its own, inside the kiosk's process."""

from __future__ import annotations

import logging
import socket
import ssl
from threading import Event, Thread
from typing import Any
from weakref import WeakSet

import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.h11_impl import H11Protocol

from edge.config.schema import WebConfig, split_address
from edge.health import HealthMonitor

log = logging.getLogger(__name__)

MAX_CONNECTIONS = 128
"""One more is told that we are busy."""

MAX_SOCKETS = 2 * MAX_CONNECTIONS
"""One more is hung up on, before it has said a word: a process that runs out of files cannot open its camera again."""

MAX_HEADERS = 16 * 2**10
"""Bytes of a request before its body."""

PATIENCE_MS = 15_000
"""A client that takes nothing for this long is cut off by the kernel (tcp(7), TCP_USER_TIMEOUT)."""

REQUEST_S = 10.0
"""A client that has asked for nothing by then, at first or after an answer, is in the way."""

RETRY_S = 10.0
"""The address may come with the network, long after the kiosk has started."""

CLOSE_S = 3.0


class WebServer:
    """Listens where the configuration says, and tries again where it cannot; the door is watched all the same.

    Args:
        app: what is served.
        config: where, and with which certificate.
        health: told when it cannot be served.
    """

    def __init__(self, app: ASGIApp, config: WebConfig, health: HealthMonitor) -> None:
        self._app = app
        self._config = config
        self._health = health
        self._closing = Event()
        self._server: uvicorn.Server | None = None
        self._thread = Thread(target=self._serve, name="web", daemon=True)

    def start(self) -> None:
        """Begin to serve; returns at once."""
        self._thread.start()

    def close(self) -> None:
        """Let every client go; may be called again."""
        self._closing.set()
        if self._server is not None:
            self._server.should_exit = True
        if self._thread.is_alive():
            self._thread.join(CLOSE_S)

    def _serve(self) -> None:
        """The thread."""
        while not self._closing.is_set():
            try:
                with _listen(self._config.listen or "") as listener:
                    self._health.recover("web")
                    self._run(listener)
            except (OSError, ssl.SSLError) as error:
                remedy = "see web.listen, web.certificate and web.key, and which program has the port"
                self._health.fail("web", f"{self._config.listen}: {error}", remedy)
            except Exception as error:  # the thread's border: the door is watched without pages, too
                log.exception("web=broken")
                self._health.fail("web", f"{type(error).__name__}: {error}", "see the log; restart the service")
            self._closing.wait(RETRY_S)

    def _run(self, listener: socket.socket) -> None:
        self._server = uvicorn.Server(_uvicorn_config(self._app, self._config))
        if not self._closing.is_set():
            log.info("web=listening address=%s", self._config.listen)
            self._server.run(sockets=[listener])


class _ImpatientProtocol(H11Protocol):
    """Cuts off who has been given all they asked for, and asks for nothing more: slowly counts as not at all."""

    def connection_made(self, transport: object) -> None:
        super().connection_made(transport)  # type: ignore[arg-type]
        self.loop.call_later(REQUEST_S, self._give_up, None)

    def on_response_complete(self) -> None:
        self.loop.call_later(REQUEST_S, self._give_up, self.cycle)
        super().on_response_complete()

    def _give_up(self, last: object) -> None:
        if self.cycle is last:
            self.transport.abort()


class _Listener(socket.socket):
    """Takes only so many connections at a time."""

    def __init__(self, family: socket.AddressFamily) -> None:
        super().__init__(family, socket.SOCK_STREAM)
        self._taken: WeakSet[socket.socket] = WeakSet()

    def accept(self) -> tuple[socket.socket, Any]:
        connection, address = super().accept()
        if sum(each.fileno() >= 0 for each in self._taken) >= MAX_SOCKETS:
            connection.close()
            # The event loop goes on to the next.
            raise ConnectionAbortedError("too many connections")
        self._taken.add(connection)
        return connection, address


def _listen(address: str) -> socket.socket:
    host, port = split_address(address)
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = _Listener(family)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            # "[::]" is everybody, whichever Internet Protocol they speak.
            listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        # Accepted connections inherit it.
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, PATIENCE_MS)
        listener.bind((host, port))
        listener.listen(MAX_CONNECTIONS)
    except (OSError, OverflowError) as error:
        listener.close()
        raise OSError(str(error)) from error
    return listener


def _uvicorn_config(app: ASGIApp, config: WebConfig) -> uvicorn.Config:
    # What clients do wrong is their business; what we do wrong is logged as an error.
    logging.getLogger("uvicorn").setLevel(logging.ERROR)
    return uvicorn.Config(
        app,
        http=_ImpatientProtocol,
        ws="none",
        loop="asyncio",
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=bool(config.trusted_proxies),
        forwarded_allow_ips=list(config.trusted_proxies),
        limit_concurrency=MAX_CONNECTIONS,
        h11_max_incomplete_event_size=MAX_HEADERS,
        timeout_graceful_shutdown=1,
        ssl_certfile=config.certificate,
        ssl_keyfile=config.key,
    )
