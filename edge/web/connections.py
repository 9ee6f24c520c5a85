"""Who is connected, and who has to go when there is no room: nobody is kept out by those who only sit there."""

from __future__ import annotations

import asyncio
import socket
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from enum import IntEnum, auto
from typing import Any

from uvicorn.protocols.http.h11_impl import H11Protocol

from edge.web.guarding.addresses import is_among, network_of, plain

REQUEST_S = 10.0
"""A client that has asked for nothing by then, at first or after an answer, is in the way."""


AT_A_TIME = 8
"""New connections that are taken before those of before are listened to: in a rush, who asks at once is heard."""

QUEUE = 128
"""New connections that the kernel keeps for us; one more is tried again by its client after a second."""


class Standing(IntEnum):
    """What a connection is worth; the least goes first."""

    ANSWERED = auto()
    """Has been given what it asked for."""
    SILENT = auto()
    """Has not said yet all that it wants."""
    SERVED = auto()
    """Is being answered."""
    PROGRAM = auto()
    """Sent a token that is known."""
    PERSON = auto()
    """Has logged in: stays."""


@dataclass(eq=False, slots=True)
class _Guest:
    """One connection, from its first packet on: over TLS it speaks no HTTP for a while."""

    connection: socket.socket
    network: str
    came_at: float
    protocol: ImpatientProtocol | None = None
    is_leaving: bool = False

    @property
    def is_here(self) -> bool:
        """Whether it still takes one of our files."""
        return self.connection.fileno() >= 0

    @property
    def standing(self) -> Standing:
        return Standing.SILENT if self.protocol is None else self.protocol.standing

    @property
    def last_served_at(self) -> float:
        return self.came_at if self.protocol is None else max(self.came_at, self.protocol.last_served_at)

    def hang_up(self) -> None:
        self.is_leaving = True
        if self.protocol is not None:
            self.protocol.hang_up()
        elif self.is_here:
            # Its transport sees the end, and closes it.
            self.connection.shutdown(socket.SHUT_RDWR)

    def hang_up_on_silence(self) -> None:
        if self.protocol is None:
            self.hang_up()


class Connections:
    """Keeps the number of connections within limits; only asked and told by the server's event loop.

    Somebody new always finds room, at the cost of the one of least standing: among equals, from the address with the
    most connections, and of those the one that was served longest ago. So a crowd from one address hangs up on itself.
    Only people who have logged in are never hung up on.

    Args:
        limit: of all connections. Twice as many files may be in use for a moment, by those that are being closed.
        limit_per_address: of one IPv4 address or IPv6 network (/64).
        trusted: addresses that speak for many, whose connections are only counted among all.
    """

    def __init__(self, *, limit: int, limit_per_address: int, trusted: Collection[str] = ()) -> None:
        self._limit = limit
        self._limit_per_address = limit_per_address
        self._trusted = trusted
        self._guests: list[_Guest] = []

    def admit(self, connection: socket.socket, address: str) -> bool:
        """Whether a new connection may stay; somebody else may have to go for it."""
        self._guests = [guest for guest in self._guests if guest.is_here]
        network, loop = network_of(address), asyncio.get_running_loop()
        staying = [guest for guest in self._guests if not guest.is_leaving]
        if len(self._guests) >= 2 * self._limit or not self._has_room(staying, network, address):
            return False
        guest = _Guest(connection, network, loop.time())
        self._guests.append(guest)
        loop.call_later(REQUEST_S, guest.hang_up_on_silence)
        return True

    def introduce(self, protocol: ImpatientProtocol, file: int) -> None:
        """A connection, known by its file, speaks HTTP from now on."""
        for guest in self._guests:
            if guest.connection.fileno() == file:
                guest.protocol = protocol

    def _has_room(self, staying: list[_Guest], network: str, address: str) -> bool:
        neighbours = [guest for guest in staying if guest.network == network]
        if len(neighbours) >= self._limit_per_address and not is_among(address, self._trusted):
            return _part_with_one(neighbours)
        return len(staying) < self._limit or _part_with_one(staying)


def _part_with_one(guests: list[_Guest]) -> bool:
    """Whether one could be sent away."""
    crowds = Counter(guest.network for guest in guests)
    leaving = min(guests, key=lambda guest: (guest.standing, -crowds[guest.network], guest.last_served_at))
    if leaving.standing is Standing.PERSON:
        return False
    leaving.hang_up()
    return True


class Listener(socket.socket):
    """A listening socket whose connections are admitted first; the others are hung up on before they said a word.

    A process that runs out of files cannot open its camera again.
    """

    def __init__(self, family: socket.AddressFamily, connections: Connections) -> None:
        super().__init__(family, socket.SOCK_STREAM)
        self._connections = connections

    def listen(self, backlog: int = 0) -> None:
        """Many may queue, though asyncio, which sets this, is to accept `backlog` at a time only."""
        super().listen(max(backlog, QUEUE))

    def accept(self) -> tuple[socket.socket, Any]:
        connection, address = super().accept()
        if not self._connections.admit(connection, address[0]):
            connection.close()
            # The event loop goes on to the next.
            raise ConnectionAbortedError("too many connections")
        return connection, address


class ImpatientProtocol(H11Protocol):
    """Cuts off who has been given all they asked for, and asks for nothing more: slowly counts as not at all.

    Args:
        connections: told that this one speaks HTTP.
        server: what uvicorn gives its protocols.
    """

    def __init__(self, *, connections: Connections, **server: Any) -> None:
        super().__init__(**server)
        self._connections = connections
        self.last_served_at = float("-inf")

    @property
    def standing(self) -> Standing:
        """What this connection is worth now."""
        cycle: Any = self.cycle
        if cycle is None:
            return Standing.SILENT
        # The guard writes there who asks; a server without one has strangers only.
        visitor = cycle.scope.get("visitor")
        if visitor is not None:
            return Standing.PERSON if visitor.session else Standing.PROGRAM
        if cycle.more_body:
            return Standing.SILENT
        return Standing.ANSWERED if cycle.response_complete else Standing.SERVED

    def connection_made(self, transport: object) -> None:
        super().connection_made(transport)  # type: ignore[arg-type]
        if self.client is not None:
            # A socket for both Internet Protocols has its own spelling of IPv4, which no proxy is listed by.
            self.client = plain(self.client[0]), self.client[1]
        self._connections.introduce(self, self.transport.get_extra_info("socket").fileno())
        self.loop.call_later(REQUEST_S, self._give_up, None)

    def hang_up(self) -> None:
        """What has been answered still arrives, what is being answered does not."""
        if self.cycle is not None and self.cycle.response_complete:
            self.transport.close()
        else:
            self.transport.abort()

    def on_response_complete(self) -> None:
        self.last_served_at = self.loop.time()
        self.loop.call_later(REQUEST_S, self._give_up, self.cycle)
        super().on_response_complete()

    def _give_up(self, last: object) -> None:
        if self.cycle is last:
            self.transport.abort()
