"""People with names, roles and passwords of their own."""

from __future__ import annotations

import hmac
import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Final

from edge.web.people import hashing, second_factor
from edge.web.people.hashing import digest, hash_password, new_key
from edge.web.people.kept import Invitation, Kept, User
from edge.web.people.roles import SCOPES, Role
from edge.web.people.store import AccessFile

NAME: Final = r"^[A-Za-z0-9][A-Za-z0-9._@-]{0,63}$"
"""Also an address of mail, as proxies give. Case does not matter."""

RESERVED = frozenset({"button", "mqtt", "token", "web"})
"""What else may say who did something."""

MAX_USERS = 100
INVITATION_AGE = timedelta(days=3)


class Users:
    """Adds, invites and knows people. Errors name the user, and say what to do.

    As soon as an admin has a password of their own, the one that all share is erased, and its sessions with it.

    Args:
        file: keeps them.
        clock: UTC.
    """

    def __init__(self, file: AccessFile, clock: Callable[[], datetime]) -> None:
        self._file = file
        self._clock = clock

    @property
    def all(self) -> tuple[User, ...]:
        """By name."""
        users = self._file.read().users
        return tuple(users[name] for name in sorted(users))

    def find(self, name: str) -> User | None:
        """The user of that name, however it is spelt."""
        return self._file.read().users.get(name.lower())

    def add(self, name: str, role: Role, *, password: str = "") -> User:
        """A new user; without a password they need an invitation, or come through a proxy.

        Raises:
            ValueError: if the name is none, or taken, or the password is too short, or there are too many.
        """
        if not re.fullmatch(NAME, name) or name.lower() in RESERVED:
            raise ValueError(
                f"{name!r} cannot be a user's name: up to 64 letters, figures, and . _ @ - (not {_reserved()})"
            )
        hashed = hash_password(password) if password else ""
        user = User(name=name, role=role, created=self._clock(), password=hashed)
        with self._file.changing() as kept:
            if name.lower() in kept.users:
                raise ValueError(f"there is a user named {kept.users[name.lower()].name!r} already")
            if len(kept.users) >= MAX_USERS:
                raise ValueError(f"there are {MAX_USERS} users already; remove one")
            kept.users[name.lower()] = user
            _retire_shared(kept)
        return user

    def remove(self, name: str, *, keep_tokens: bool = False) -> tuple[str, ...]:
        """Remove a user, with sessions, and the tokens they made unless programs are to go on with those.

        Returns:
            names of the tokens that were deleted.

        Raises:
            LookupError: if there is none of that name.
            ValueError: if nobody could change anything then.
        """
        with self._file.changing() as kept:
            user = _known(kept, name)
            del kept.users[user.name.lower()]
            _need_admin(kept, user)
            kept.end_sessions(user.name)
            return () if keep_tokens else kept.delete_tokens(user.name)

    def set_role(self, name: str, role: Role) -> tuple[str, ...]:
        """Give a user another role; tokens they made that may do more than they now do are deleted.

        Returns:
            names of those tokens.

        Raises:
            LookupError, ValueError: see `remove`.
        """
        with self._file.changing() as kept:
            user = _known(kept, name)
            _update(kept, user, role=role)
            _need_admin(kept, user)
            _retire_shared(kept)
            over = {
                token.name for token in kept.tokens if token.maker == user.name and set(token.scopes) - SCOPES[role]
            }
            kept.tokens = tuple(token for token in kept.tokens if token.name not in over)
            return tuple(sorted(over))

    def invite(self, name: str) -> str:
        """The key of an invitation to choose a password, good once and for three days; an older one is void.

        Raises:
            LookupError: if there is none of that name.
        """
        key = new_key()
        with self._file.changing() as kept:
            invitation = Invitation(digest=digest(key), expires=self._clock() + INVITATION_AGE)
            _update(kept, _known(kept, name), invitation=invitation)
        return key

    def accept(self, key: str, password: str) -> User:
        """Choose a password by invitation; ends every session of that user.

        Raises:
            LookupError: if there is no such invitation any more.
            ValueError: if the password is too short or too long.
        """
        wanted = digest(key)
        invited = next((user for user in self.all if _is_invited(user, wanted, self._clock())), None)
        if invited is None:
            raise LookupError("this invitation was used, or has expired; ask for another")
        hashed = hash_password(password)
        with self._file.changing() as kept:
            user = _known(kept, invited.name)
            if not _is_invited(user, wanted, self._clock()):
                raise LookupError("this invitation was used, or has expired; ask for another")
            return _set_password(kept, user, hashed)

    def set_password(self, name: str, password: str, *, keep_tokens: bool = True) -> tuple[str, ...]:
        """Set another password; ends every session, and every token they made unless those are to be kept.

        Returns:
            names of the tokens that were deleted.

        Raises:
            LookupError: if there is none of that name.
            ValueError: if it is too short or too long.
        """
        hashed = hash_password(password)
        with self._file.changing() as kept:
            user = _set_password(kept, _known(kept, name), hashed)
            return () if keep_tokens else kept.delete_tokens(user.name)

    def is_right(self, name: str, password: str, code: str = "") -> bool:
        """Whether these open; a hash of old parameters is made anew, and a code of app or recovery is used up."""
        user = self.find(name)
        if not hashing.is_password(user.password if user else "", password) or user is None:
            return False
        changes: dict[str, Any] = {}
        if user.second_factor:
            used = _use_up(user, code, self._clock().timestamp())
            if used is None:
                return False
            changes |= used
        if hashing.is_outdated(user.password):
            changes["password"] = hash_password(password)
        if not changes:
            return True
        with self._file.changing() as kept:
            # Somebody may have used the same code, or set another password, a moment ago.
            if kept.users.get(user.name.lower()) != user:
                return False
            _update(kept, user, **changes)
        return True

    def set_second_factor(self, name: str, secret: str, code: str) -> bool:
        """Ask for codes from now on, if the app's first one is right.

        Raises:
            LookupError: if there is none of that name.
            ValueError: if the secret is no base32, or another app's codes are asked for already.
        """
        step = second_factor.matching_step(secret, code, self._clock().timestamp())
        if step is None:
            return False
        with self._file.changing() as kept:
            user = _known(kept, name)
            if user.second_factor:
                raise ValueError(f"{user.name!r} has a second factor already; switch it off first")
            _update(kept, user, second_factor=secret, last_step=step, recovery=())
        return True

    def new_recovery_codes(self, name: str) -> tuple[str, ...]:
        """Ten codes that open once each in place of the app's; those of before are void.

        Raises:
            LookupError: if there is none of that name.
            ValueError: if no codes are asked for at this user's login.
        """
        codes = second_factor.new_recovery_codes()
        digests = tuple(second_factor.recovery_digest(code, name) for code in codes)
        with self._file.changing() as kept:
            user = _known(kept, name)
            if not user.second_factor:
                raise ValueError(f"{user.name!r} has no second factor; switch it on first")
            _update(kept, user, recovery=digests)
        return codes

    def drop_second_factor(self, name: str) -> None:
        """Ask for codes no more.

        Raises:
            LookupError: if there is none of that name.
        """
        with self._file.changing() as kept:
            _update(kept, _known(kept, name), second_factor="", last_step=0, recovery=())


def _use_up(user: User, code: str, now_s: float) -> dict[str, Any] | None:
    """What changes of a user whose code is right; None if it is wrong, or was used."""
    if second_factor.is_recovery_code(code):
        used = second_factor.recovery_digest(code, user.name)
        left = tuple(digest for digest in user.recovery if not hmac.compare_digest(digest, used))
        return {"recovery": left} if len(left) < len(user.recovery) else None
    step = second_factor.matching_step(user.second_factor, code, now_s, after=user.last_step)
    return None if step is None else {"last_step": step}


def _reserved() -> str:
    return ", ".join(sorted(RESERVED))


def _known(kept: Kept, name: str) -> User:
    user = kept.users.get(name.lower())
    if user is None:
        raise LookupError(f"there is no user named {name!r}")
    return user


def _update(kept: Kept, user: User, **changes: Any) -> User:
    changed = user.model_copy(update=changes)
    kept.users[user.name.lower()] = changed
    return changed


def _is_invited(user: User, wanted: str, now: datetime) -> bool:
    return user.invitation is not None and user.invitation.digest == wanted and user.invitation.expires > now


def _set_password(kept: Kept, user: User, hashed: str) -> User:
    changed = _update(kept, user, password=hashed, invitation=None)
    kept.end_sessions(user.name)
    _retire_shared(kept)
    return changed


def _retire_shared(kept: Kept) -> None:
    if kept.has_admin and kept.password:
        kept.password = ""
        kept.end_sessions("")


def _need_admin(kept: Kept, changed: User) -> None:
    """Refuse to leave nobody who could change anything; a shared password can."""
    was_admin = changed.role is Role.ADMIN and changed.password
    if was_admin and not kept.has_admin and not kept.password:
        raise ValueError(f"{changed.name!r} is the last admin; make another one first")
