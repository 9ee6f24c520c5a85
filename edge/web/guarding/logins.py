"""Checks passwords: one at a time, and only a few wrong ones from one address."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from anyio import to_thread

from edge.web.guarding.attempts import Attempts
from edge.web.people.access import MAX_PASSWORD, Access

log = logging.getLogger(__name__)

MAX_WAITING = 4
"""Checks that may wait for each other; each costs as much as a few frames, and 19 MiB."""


class Locked(Exception):  # noqa: N818 (no error of the program's)
    """No password is checked now; `wait_s` tells for how long none from this address will be, 0 if others wait."""

    def __init__(self, wait_s: float) -> None:
        super().__init__("too many attempts")
        self.wait_s = wait_s


class Logins:
    """The one way to ask whether a password is right.

    Args:
        access: knows the password.
        attempts: counts the wrong ones; all are forgiven once there is a new password, as guesses at the old one are
            worth nothing, and whoever was locked out has been to the kiosk.
        audit: told of each address that is locked out.
    """

    def __init__(self, access: Access, attempts: Attempts, *, audit: Callable[[str], None]) -> None:
        self._access = access
        self._attempts = attempts
        self._audit = audit
        self._generation = access.generation
        self._one_at_a_time = asyncio.Lock()
        self._waiting = 0

    async def is_right(self, password: str, address: str) -> bool:
        """Whether this is the password.

        Raises:
            Locked: if it is not checked.
            ConfigError: if the file of logins cannot be read.
        """
        if self._generation != self._access.generation:
            self._generation = self._access.generation
            self._attempts.forgive_all()
        wait_s = self._attempts.wait_s(address)
        if wait_s or self._waiting >= MAX_WAITING:
            raise Locked(wait_s)
        # Counted before it is checked, so that nobody tries a hundred at once.
        self._attempts.fail(address)
        if self._attempts.wait_s(address):
            log.warning("login=locked address=%s", address)
            self._audit(f"login locked for {address}: too many wrong passwords")
        is_right = await self._check(password)
        if is_right:
            self._attempts.succeed(address)
        return is_right

    async def _check(self, password: str) -> bool:
        self._waiting += 1
        try:
            async with self._one_at_a_time:
                return await to_thread.run_sync(self._access.is_password, password[: MAX_PASSWORD + 1])
        finally:
            self._waiting -= 1
