"""Checks passwords: one at a time, and only a few wrong ones from one address."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from functools import partial

from anyio import to_thread

from edge.web.guarding.attempts import Attempts
from edge.web.people.access import Access
from edge.web.people.hashing import MAX_PASSWORD
from edge.web.people.second_factor import is_recovery_code

log = logging.getLogger(__name__)

MAX_WAITING = 4
"""Checks that may wait for each other; each costs as much as a few frames, and 19 MiB."""

MAX_NAME = 64
"""Of a name that is asked for; no user has a longer one."""


class Locked(Exception):  # noqa: N818 (no error of the program's)
    """No password is checked now; `wait_s` tells for how long none from this address will be, 0 if others wait."""

    def __init__(self, wait_s: float) -> None:
        super().__init__("too many attempts")
        self.wait_s = wait_s


class Logins:
    """The one way to ask whether a password is right.

    Args:
        access: knows the passwords.
        attempts: counts the wrong ones; those with a name are forgiven once it has a new password, as guesses at the
            old one are worth nothing, and whoever was locked out has been to the kiosk, or to an admin.
        audit: told of each address that is locked out.
    """

    def __init__(self, access: Access, attempts: Attempts, *, audit: Callable[[str], None]) -> None:
        self._access = access
        self._attempts = attempts
        self._audit = audit
        self._hashes: dict[str, str] = {}
        """By name, as of the last failure or refusal."""
        self._one_at_a_time = asyncio.Lock()
        self._waiting = 0

    async def is_right(self, password: str, address: str, *, name: str = "", code: str = "") -> bool:
        """Whether this is the password of that user, and the code their app's; without a name: the one all share.

        Raises:
            Locked: if it is not checked.
            ConfigError: if the file of logins cannot be read.
        """
        name = name[:MAX_NAME].lower()
        hashed = self._access.password_hash(name)
        if self._hashes.get(name, hashed) != hashed:
            del self._hashes[name]
            self._attempts.forgive(name, address=address)
        wait_s = self._attempts.wait_s(address, name)
        if wait_s and hashed:
            self._hashes.setdefault(name, hashed)
        if wait_s or self._waiting >= MAX_WAITING:
            raise Locked(wait_s)
        # Counted before it is checked, so that nobody tries a hundred at once.
        self._attempts.fail(address, name)
        if hashed:
            self._hashes[name] = hashed
        if self._attempts.wait_s(address, name):
            log.warning("login=locked address=%s", address)
            self._audit(f"login locked for {address}: too many wrong passwords")
        is_right = await self._check(partial(self._is_right, name, password[: MAX_PASSWORD + 1], code))
        if is_right:
            self._attempts.succeed(address, name)
            self._hashes.pop(name, None)
            user = self._access.users.find(name) if name and is_recovery_code(code) else None
            if user is not None and user.second_factor:
                self._audit(f"{user.name}: a recovery code was used; {len(user.recovery)} are left")
        return is_right

    def _is_right(self, name: str, password: str, code: str) -> bool:
        return self._access.users.is_right(name, password, code) if name else self._access.shared.is_right(password)

    async def _check(self, check: Callable[[], bool]) -> bool:
        self._waiting += 1
        try:
            async with self._one_at_a_time:
                return await to_thread.run_sync(check)
        finally:
            self._waiting -= 1
