"""Slows down whoever guesses passwords."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable

from edge.web.guarding.addresses import network_of

MAX_FAILURES = 5
LOCK_S = 900.0
"""Five wrong passwords, then a quarter of an hour of silence: under 500 guesses a day from one address."""

MAX_OF_ADDRESS = 30
"""Wrong passwords from one address within a quarter of an hour, whatever the names: each costs the kiosk a tenth of a
second, and whoever made up names for ever would keep everybody else from logging in."""

MAX_ADDRESSES = 10_000
"""Remembered at most; the one unheard of for longest is forgotten first."""

_ANY = "*"
"""Stands for all names of an address; nobody is called so."""


class Attempts:
    """Counts failed logins by address and name: who knows one password must not guess another's for longer.

    An IPv6 network (/64) counts as one address, since one guest owns all of it.

    Args:
        clock: monotonic seconds.
    """

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._failures: OrderedDict[tuple[str, str], tuple[int, float]] = OrderedDict()

    def wait_s(self, address: str, name: str = "") -> float:
        """How long this address must wait before it may try that name again, seconds; 0 if it need not."""
        return max(
            self._left_s(_key(address, name), MAX_FAILURES),
            self._left_s(_key(address, _ANY), MAX_OF_ADDRESS),
        )

    def _left_s(self, key: tuple[str, str], most: int) -> float:
        count, since = self._failures.get(key, (0, 0.0))
        return max(0.0, since + LOCK_S - self._clock()) if count >= most else 0.0

    def fail(self, address: str, name: str = "") -> None:
        """A wrong password came from there."""
        now = self._clock()
        count, since = self._failures.pop(_key(address, name), (0, 0.0))
        self._failures[_key(address, name)] = (count + 1 if now - since < LOCK_S else 1, now)
        # Many may share an address: it is locked by what came within one stretch, not by a failure now and then.
        count, since = self._failures.pop(_key(address, _ANY), (0, now))
        self._failures[_key(address, _ANY)] = (count + 1, since) if now - since < LOCK_S else (1, now)
        while len(self._failures) > MAX_ADDRESSES:
            self._failures.popitem(last=False)

    def succeed(self, address: str, name: str = "") -> None:
        """The right password came from there."""
        self._failures.pop(_key(address, name), None)
        # It was counted before it was checked; the failures with other names stay.
        count, since = self._failures.get(_key(address, _ANY), (0, 0.0))
        if count:
            self._failures[_key(address, _ANY)] = count - 1, since

    def forgive(self, name: str = "", *, address: str) -> None:
        """Whoever failed with that name may try again; and an address may, whatever was tried from there."""
        shared = _key(address, _ANY)
        for key in [key for key in self._failures if key[1] == name.lower() or key == shared]:
            del self._failures[key]


def _key(address: str, name: str) -> tuple[str, str]:
    return network_of(address), name.lower()
