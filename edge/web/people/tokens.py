"""Keys of programs."""

from __future__ import annotations

import hmac
from collections.abc import Callable
from datetime import datetime, timedelta

from edge.web.people.hashing import digest, new_key
from edge.web.people.kept import Token
from edge.web.people.roles import Scope
from edge.web.people.store import AccessFile

MAX_TOKENS = 50


class Tokens:
    """Makes, knows and deletes tokens.

    Args:
        file: keeps them.
        clock: UTC.
    """

    def __init__(self, file: AccessFile, clock: Callable[[], datetime]) -> None:
        self._file = file
        self._clock = clock

    @property
    def all(self) -> tuple[Token, ...]:
        """Those that have expired, too."""
        return self._file.read().tokens

    def add(self, name: str, scopes: tuple[Scope, ...], *, maker: str = "", days: float | None = None) -> str:
        """The key of a new token: the only time it is told.

        Args:
            name: by which it is known, and what it does is noted.
            scopes: what it may do.
            maker: the user who makes it.
            days: after which it expires; None: never.

        Raises:
            ValueError: if the name is taken, or there are too many.
        """
        key, now = f"mg_{new_key()}", self._clock()
        expires = None if days is None else now + timedelta(days=days)
        token = Token(name=name, digest=digest(key), scopes=scopes, created=now, maker=maker, expires=expires)
        with self._file.changing() as kept:
            if any(known.name == name for known in kept.tokens):
                raise ValueError(f"there is a token named {name!r} already")
            if len(kept.tokens) >= MAX_TOKENS:
                raise ValueError(f"there are {MAX_TOKENS} tokens already; delete one")
            kept.tokens = (*kept.tokens, token)
        return key

    def remove(self, name: str) -> bool:
        """Whether there was one of that name."""
        with self._file.changing() as kept:
            left = tuple(token for token in kept.tokens if token.name != name)
            found = len(left) < len(kept.tokens)
            kept.tokens = left
        return found

    def find(self, key: str) -> Token | None:
        """The token that a key belongs to, if it has not expired."""
        wanted, now = digest(key), self._clock()
        token = next((token for token in self.all if hmac.compare_digest(token.digest, wanted)), None)
        return None if token is None or (token.expires is not None and token.expires <= now) else token
