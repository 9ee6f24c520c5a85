"""Slows down whoever guesses passwords."""

from __future__ import annotations

import ipaddress
import time
from collections import OrderedDict
from collections.abc import Callable

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
        count, since = self._failures.get(_network(address), (0, 0.0))
        return max(0.0, since + LOCK_S - self._clock()) if count >= MAX_FAILURES else 0.0

    def fail(self, address: str) -> None:
        """A wrong password came from there."""
        network = _network(address)
        count, since = self._failures.pop(network, (0, 0.0))
        now = self._clock()
        self._failures[network] = (count + 1 if now - since < LOCK_S else 1, now)
        if len(self._failures) > MAX_ADDRESSES:
            self._failures.popitem(last=False)

    def succeed(self, address: str) -> None:
        """The right password came from there."""
        self._failures.pop(_network(address), None)


def _network(address: str) -> str:
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, ipaddress.IPv4Address):
        return address
    if parsed.ipv4_mapped:
        return str(parsed.ipv4_mapped)
    return str(ipaddress.ip_network((int(parsed) >> 64 << 64, 64)))
