"""Tells systemd how the service is doing, by the protocol of sd_notify(3): a datagram to a named socket."""

from __future__ import annotations

import logging
import os
import socket
import time
from collections.abc import Callable, Mapping
from typing import Self

log = logging.getLogger(__name__)

IDLE_STATUS_S = 10.0
"""How often the status line is renewed where no watchdog sets the pace."""

CLOSE_WATCH_S = 10.0
"""How long a service may be silent while its door is open. A camera that hangs is silent for five seconds, and is FAULT
then; what is silent for longer has stopped, or been stopped (SIGSTOP)."""

RETRY_S = 1.0
"""When a beat that could not be sent is sent again: a moment's full queue must not cost the service its life."""

Clock = Callable[[], float]


class ServiceManager:
    """The service's line to systemd; without one every call does nothing.

    There is no thread in here, on purpose: `beat` is called by the loop that does the work, so a loop that hangs
    starves the watchdog and is killed. It is called after each frame, and while a camera is lost after each attempt to
    open it and before each pause: a kiosk that shows FAULT and keeps trying is alive.

    Args:
        address: of systemd's socket: a path, or `@name` in the abstract namespace; None if nobody listens.
        watchdog_s: silence after which systemd kills the service, seconds; None if it watches nothing.
        clock: monotonic seconds.
    """

    def __init__(self, address: str | None, *, watchdog_s: float | None = None, clock: Clock = time.monotonic) -> None:
        self._address = address
        self._clock = clock
        self._interval_s = IDLE_STATUS_S if watchdog_s is None else watchdog_s / 2
        self._watchdog_s = watchdog_s
        self._close = False
        self._next_beat = clock()
        self._broken = False
        self._socket: socket.socket | None = None
        if address is not None:
            self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC)
            # A full queue at the other end must not hold up a frame.
            self._socket.setblocking(False)

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ, *, clock: Clock = time.monotonic) -> Self:
        """Read NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID as systemd sets them.

        A watchdog meant for another process is none, and an address of a kind we do not speak (vsock) is nobody.
        """
        address = environment.get("NOTIFY_SOCKET", "")
        return cls(address if address[:1] in ("/", "@") else None, watchdog_s=_watchdog_s(environment), clock=clock)

    @property
    def is_there(self) -> bool:
        """Whether systemd runs this process, and would start it again."""
        return self._address is not None

    def ready(self, status: str) -> None:
        """The service does its work from now on; also ends `reloading`."""
        self._send("READY=1", _status(status))

    def status(self, text: str) -> None:
        """One line for `systemctl status`."""
        self._send(_status(text))

    def reloading(self) -> None:
        """The configuration is being read again, networks too, which takes its time; end it with `ready`."""
        self.watch_closely(False)
        self._send("RELOADING=1", f"MONOTONIC_USEC={int(self._clock() * 1e6)}")

    def stopping(self) -> None:
        """The service is about to end."""
        self._send("STOPPING=1")

    def watch_closely(self, close: bool) -> None:
        """Have systemd end the service after CLOSE_WATCH_S of silence, or after the unit's own time again.

        Four beats fit into that time, not two: a silence may begin just before one is due.
        """
        if self._watchdog_s is None or close is self._close:
            return
        watchdog_s = min(self._watchdog_s, CLOSE_WATCH_S) if close else self._watchdog_s
        # The beat comes first: the time until now does not count.
        if self._send("WATCHDOG=1", f"WATCHDOG_USEC={int(watchdog_s * 1e6)}"):
            self._close = close
            self._interval_s = watchdog_s / (4 if close else 2)
            # Never put off: a door that opens and closes all the time would leave an old status line standing.
            self._next_beat = min(self._next_beat, self._clock() + self._interval_s)

    def renew_status(self) -> None:
        """The status line has changed in what matters: the next beat passes it on, whatever its turn."""
        self._next_beat = self._clock()

    def beat(self, status: Callable[[], str]) -> None:
        """The loop has just made progress; may be called at any rate, and passes on two beats a watchdog interval.

        Args:
            status: makes the status line; called only when a message is due.
        """
        now = self._clock()
        if self._socket is None or now < self._next_beat:
            return
        sent = self._send(*(["WATCHDOG=1"] if self._watchdog_s else []), _status(status()))
        self._next_beat = now + (self._interval_s if sent else min(RETRY_S, self._interval_s))

    def close(self) -> None:
        """Give the socket back; may be called again."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _send(self, *fields: str) -> bool:
        if self._socket is None or self._address is None:
            return False
        # "@" stands for the NUL byte that begins an abstract address.
        address = "\0" + self._address[1:] if self._address.startswith("@") else self._address
        try:
            self._socket.sendto("\n".join(fields).encode(), address)
        except OSError as error:
            level = logging.DEBUG if self._broken else logging.WARNING
            log.log(level, "systemd=unreachable address=%s cause=%r", self._address, str(error))
            self._broken = True
            return False
        self._broken = False
        return True


def _status(text: str) -> str:
    """A newline would begin another field."""
    return "STATUS=" + " ".join(text.split())


def _watchdog_s(environment: Mapping[str, str]) -> float | None:
    pid = environment.get("WATCHDOG_PID", "")
    if pid and pid != str(os.getpid()):
        return None
    microseconds = environment.get("WATCHDOG_USEC", "")
    return int(microseconds) / 1e6 if microseconds.isdigit() and int(microseconds) else None
