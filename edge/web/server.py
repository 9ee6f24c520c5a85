"""Serves an application on a thread of its own, inside the kiosk's process."""

from __future__ import annotations

import logging
import socket
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from threading import Event, Thread
from typing import Any

import uvicorn
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from edge.config.schema import split_address
from edge.health import HealthMonitor
from edge.web.connections import AT_A_TIME, Connections, ImpatientProtocol, Listener
from edge.web.guarding.recognition import RememberPeer

log = logging.getLogger(__name__)

MAX_HEADERS = 16 * 2**10
"""Bytes of a request before its body."""

PATIENCE_MS = 15_000
"""A client that takes nothing for this long is cut off by the kernel (tcp(7), TCP_USER_TIMEOUT)."""

RETRY_S = 10.0
"""The address may come with the network, long after the kiosk has started."""

CLOSE_S = 3.0


@dataclass(frozen=True, slots=True)
class ServerConfig:
    """Where an application is served, and to how many.

    Attributes:
        component: its name in health and log.
        listen: address and port; see `split_address`.
        remedy: what to do where it cannot be served.
        limit, limit_per_address: connections; see `Connections`.
        certificate, key: PEM files; with them: https.
        trusted_proxies: addresses that are believed when they tell who asks, and how.
        lifespan: whether the application wants to be told of start and end.
    """

    component: str
    listen: str
    remedy: str
    limit: int
    limit_per_address: int
    certificate: Path | None = None
    key: Path | None = None
    trusted_proxies: tuple[str, ...] = ()
    lifespan: bool = False


class Server:
    """Listens where it should, and tries again where it cannot; the door is watched all the same.

    Args:
        app: what is served, by ASGI.
        config: where, and to how many.
        health: told when it cannot be served.
    """

    def __init__(self, app: Callable[..., Any], config: ServerConfig, health: HealthMonitor) -> None:
        self._app = app
        self._config = config
        self._health = health
        self._closing = Event()
        self._server: uvicorn.Server | None = None
        self._thread = Thread(target=self._serve, name=config.component, daemon=True)

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
        name, listen = self._config.component, self._config.listen
        while not self._closing.is_set():
            try:
                connections = self._connections()
                with _listen(listen, connections) as listener:
                    self._health.recover(name)
                    self._run(listener, connections)
            except (OSError, ssl.SSLError) as error:
                self._health.fail(name, f"{listen}: {error}", self._config.remedy)
            except Exception as error:  # the thread's border: the door is watched without pages, too
                log.exception("%s=broken", name)
                self._health.fail(name, f"{type(error).__name__}: {error}", "see the log; restart the service")
            self._closing.wait(RETRY_S)

    def _connections(self) -> Connections:
        config = self._config
        return Connections(
            limit=config.limit, limit_per_address=config.limit_per_address, trusted=config.trusted_proxies
        )

    def _run(self, listener: socket.socket, connections: Connections) -> None:
        self._server = uvicorn.Server(_uvicorn_config(self._app, self._config, connections))
        if not self._closing.is_set():
            log.info("%s=listening address=%s", self._config.component, self._config.listen)
            self._server.run(sockets=[listener])


def _listen(address: str, connections: Connections) -> socket.socket:
    host, port = split_address(address)
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = Listener(family, connections)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            # "[::]" is everybody, whichever Internet Protocol they speak.
            listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        # Accepted connections inherit it.
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, PATIENCE_MS)
        listener.bind((host, port))
    except (OSError, OverflowError) as error:
        listener.close()
        raise OSError(str(error)) from error
    return listener


def _uvicorn_config(app: Callable[..., Any], config: ServerConfig, connections: Connections) -> uvicorn.Config:
    # What clients do wrong is their business; what we do wrong is logged as an error.
    logging.getLogger("uvicorn").setLevel(logging.ERROR)
    if config.trusted_proxies:
        app = RememberPeer(ProxyHeadersMiddleware(app, trusted_hosts=list(config.trusted_proxies)))
    return uvicorn.Config(
        app,
        # uvicorn only ever calls it.
        http=partial(ImpatientProtocol, connections=connections),  # type: ignore[arg-type]
        ws="none",
        loop="asyncio",
        lifespan="on" if config.lifespan else "off",
        log_config=None,
        access_log=False,
        server_header=False,
        # Done above.
        proxy_headers=False,
        backlog=AT_A_TIME,
        h11_max_incomplete_event_size=MAX_HEADERS,
        timeout_graceful_shutdown=1,
        ssl_certfile=config.certificate,
        ssl_keyfile=config.key,
    )
