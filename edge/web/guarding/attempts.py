"""Slows down whoever guesses passwords."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable

from edge.web.guarding.addresses import network_of

MAX_FAILURES = 5
LOCK_S = 900.0
"""Five wrong passwords, then a quarter of an hour of silence: under 500 guesses a day from one address."""

MAX_ADDRESSES = 10_000
"""Remembered at most; the one unheard of for longest is forgotten first."""


class Attempts:
    """Counts failed logins of each address; an IPv6 network (/64) counts as one, since one guest owns all of it.

    Args:
        clock: monotonic seconds.
    """

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._failures: OrderedDict[str, tuple[int, float]] = OrderedDict()

    def wait_s(self, address: str) -> float:
        """How long this address must wait before it may try again, seconds; 0 if it need not."""
        count, since = self._failures.get(network_of(address), (0, 0.0))
        return max(0.0, since + LOCK_S - self._clock()) if count >= MAX_FAILURES else 0.0

    def fail(self, address: str) -> None:
        """A wrong password came from there."""
        network = network_of(address)
        count, since = self._failures.pop(network, (0, 0.0))
        now = self._clock()
        self._failures[network] = (count + 1 if now - since < LOCK_S else 1, now)
        if len(self._failures) > MAX_ADDRESSES:
            self._failures.popitem(last=False)

    def succeed(self, address: str) -> None:
        """The right password came from there."""
        self._failures.pop(network_of(address), None)

    def forgive_all(self) -> None:
        """Whoever failed may try again."""
        self._failures.clear()
