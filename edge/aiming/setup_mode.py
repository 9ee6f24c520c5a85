"""The half hour in which a kiosk is aimed: whoever is logged in sees a sharp picture, and the door screen says so."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from threading import Condition, Lock, Thread
from typing import Protocol

from edge.types import Observation

log = logging.getLogger(__name__)

LENGTH_S = 1800.0
LONGEST_S = 7200.0


class SetupMode:
    """Begins when it is asked for, and ends by itself; each is noted. May be used from any thread.

    Remembers when it ends, and what is to be done then.

    Args:
        audit: notes that it began, was extended, or ended.
        clock: monotonic seconds.
    """

    def __init__(self, audit: Callable[[str], None], *, clock: Callable[[], float] = time.monotonic) -> None:
        self._audit = audit
        self._clock = clock
        self._change = Condition()
        # Guarded by `_change`:
        self._until: float | None = None
        self._closers: list[Callable[[], None]] = []

    @property
    def left_s(self) -> float:
        """How long it still lasts, seconds; 0 if it is over."""
        with self._change:
            return 0.0 if self._until is None else max(0.0, self._until - self._clock())

    def begin(self, by: str, seconds: float = LENGTH_S) -> None:
        """Begin, or let it last so long from now on."""
        seconds = min(seconds, LONGEST_S)
        with self._change:
            is_new = self._until is None
            self._until = self._clock() + seconds
            self._change.notify()
        self._audit(f"{by}: set-up {'begins' if is_new else 'goes on'}, for {seconds / 60:g} min")
        if is_new:
            Thread(target=self._watch, name="setup", daemon=True).start()

    def at_end(self, close: Callable[[], None]) -> None:
        """Call `close` once it is over."""
        with self._change:
            self._closers.append(close)

    def end(self, by: str) -> None:
        """End it now."""
        with self._change:
            if self._until is None:
                return
            self._until = self._clock()
            self._change.notify()
        self._audit(f"{by}: set-up ended")

    def close(self) -> None:
        """End it with the service; may be called again."""
        with self._change:
            self._until = None if self._until is None else self._clock()
            self._change.notify()
            closers, self._closers = self._closers, []
        for close in closers:
            close()

    def _watch(self) -> None:
        """Wait for the end, and do what is to be done then."""
        with self._change:
            while self._until is not None and (left := self._until - self._clock()) > 0:
                self._change.wait(left)
            self._until = None
            closers, self._closers = self._closers, []
        self._audit("set-up is over")
        for close in closers:
            try:
                close()
            except Exception:  # the thread's border: the door is watched all the same
                log.exception("setup=unclosed")


@dataclass(frozen=True, slots=True)
class SetupAddress:
    """Where the pages of the set-up are, and by what they are known.

    Attributes:
        port: of https, on every address of this machine.
        fingerprint: SHA-256 of their certificate, as browsers show it.
    """

    port: int
    fingerprint: str


class Pages(Protocol):
    """Pages that are served until they are closed."""

    @property
    def sinks(self) -> Mapping[str, Callable[[Observation], None]]: ...

    def start(self) -> None: ...

    def close(self) -> None: ...


class SetupPages:
    """Pages that are there for the set-up alone; a sink that feeds them.

    Args:
        make: makes them, and says where they are.
    """

    def __init__(self, make: Callable[[], tuple[Pages, SetupAddress]]) -> None:
        self._make = make
        self._lock = Lock()
        self._open: tuple[Pages, SetupAddress] | None = None

    def open(self) -> SetupAddress:
        """Serve them, unless they are served already; says where they are.

        Raises:
            ConfigError: if they cannot be made.
        """
        with self._lock:
            if self._open is None:
                self._open = self._make()
                self._open[0].start()
            return self._open[1]

    def close(self) -> None:
        """Serve them no more; may be called again."""
        with self._lock:
            pages, self._open = self._open, None
        if pages is not None:
            pages[0].close()

    def __call__(self, observation: Observation) -> None:
        """Show them what is seen."""
        pages = self._open
        if pages is not None:
            for sink in pages[0].sinks.values():
                sink(observation)
