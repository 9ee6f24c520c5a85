"""Who may do what: one password, the sessions it opened, and tokens for programs."""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
from collections.abc import Callable
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path
from threading import Lock

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from pydantic import AwareDatetime, BaseModel, ConfigDict, ValidationError

from edge.errors import ConfigError
from edge.host.files import write_atomically
from edge.timing import utc_now

FILE_NAME = "access.json"

SESSION_AGE = timedelta(days=7)

MAX_SESSIONS = 100
"""The oldest end first: nobody fills the disk with them."""

MAX_TOKENS = 50
MIN_PASSWORD = 10
MAX_PASSWORD = 200

_HASHER = PasswordHasher(time_cost=2, memory_cost=19456, parallelism=1)
"""argon2id with the least that OWASP's "Password Storage Cheat Sheet" asks for: a Raspberry Pi has other work to do."""

_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"
"""Without what people confuse: i, l, 1, o, 0."""


class Scope(StrEnum):
    """What a token may do; a session may do everything."""

    READ = "read"
    """State, events, counts, health, settings."""
    PICTURE = "picture"
    """The live picture, snapshots, and faces kept for labelling."""
    CONTROL = "control"
    """Mute, acknowledge, lock-down, fire reset."""
    SETTINGS = "settings"
    """Change settings, erase snapshots and faces kept for labelling."""
    ADMIN = "admin"
    """Password and tokens."""


class Token(BaseModel):
    """A program's key, as kept: the key itself is told once and never again."""

    model_config = ConfigDict(frozen=True)

    name: str
    digest: str
    scopes: tuple[Scope, ...]
    created: AwareDatetime


class _Kept(BaseModel):
    """The file's content."""

    password: str = ""
    sessions: dict[str, AwareDatetime] = {}
    """When each ends, by the digest of its id."""
    tokens: tuple[Token, ...] = ()
    opened: bool = False
    """Whether anybody ever logged in."""


class Access:
    """Keeps password, sessions and tokens in a file, so that a restart logs nobody out; may be used from any thread.

    No secret is in the file: the password is hashed with argon2id, the rest with SHA-256, as it is 256 random bits.

    Args:
        folder: where the file lies.
        clock: UTC.

    Raises:
        ConfigError: if the file is damaged or cannot be read.
    """

    def __init__(self, folder: Path, *, clock: Callable[[], datetime] = utc_now) -> None:
        self._path = folder / FILE_NAME
        self._clock = clock
        self._lock = Lock()
        self._stamp: tuple[int, int] | None = None
        self._kept = _Kept()
        with self._lock:
            self._refresh()

    @property
    def has_password(self) -> bool:
        with self._lock:
            self._refresh()
            return bool(self._kept.password)

    @property
    def generation(self) -> str:
        """Another one for each password that was set."""
        with self._lock:
            self._refresh()
            return _digest(self._kept.password)

    def set_password(self, password: str, *, keep_tokens: bool = False) -> tuple[str, ...]:
        """Set another password; ends every session, and every token: whoever knew the password may have made one.

        Args:
            keep_tokens: let programs go on with theirs.

        Returns:
            names of the tokens that were deleted.

        Raises:
            ValueError: if it is too short or too long.
            ConfigError: if the file cannot be written.
        """
        if not MIN_PASSWORD <= len(password) <= MAX_PASSWORD:
            raise ValueError(f"expected a password of {MIN_PASSWORD} to {MAX_PASSWORD} characters")
        hashed = _HASHER.hash(password)
        with self._lock:
            self._refresh()
            deleted = () if keep_tokens else tuple(token.name for token in self._kept.tokens)
            tokens = self._kept.tokens if keep_tokens else ()
            self._keep(self._kept.model_copy(update={"password": hashed, "sessions": {}, "tokens": tokens}))
        return deleted

    def is_password(self, password: str) -> bool:
        """Takes a tenth of a second or so of one core, and 19 MiB."""
        with self._lock:
            self._refresh()
            hashed = self._kept.password
        try:
            return bool(hashed) and len(password) <= MAX_PASSWORD and _HASHER.verify(hashed, password)
        except (VerificationError, InvalidHashError):
            return False

    @property
    def was_opened(self) -> bool:
        """Whether anybody ever logged in."""
        with self._lock:
            self._refresh()
            return self._kept.opened or bool(self._kept.sessions)

    def open_session(self) -> str:
        """The id of a new session, for a cookie; kept as a digest."""
        session = secrets.token_urlsafe(32)
        now = self._clock()
        with self._lock:
            self._refresh()
            alive = {digest: end for digest, end in self._kept.sessions.items() if end > now}
            newest = sorted(alive.items(), key=lambda item: item[1])[-(MAX_SESSIONS - 1) :]
            sessions = dict(newest) | {_digest(session): now + SESSION_AGE}
            self._keep(self._kept.model_copy(update={"sessions": sessions, "opened": True}))
        return session

    def is_session(self, session: str) -> bool:
        with self._lock:
            self._refresh()
            end = self._kept.sessions.get(_digest(session))
        return end is not None and end > self._clock()

    def close_session(self, session: str) -> None:
        with self._lock:
            self._refresh()
            sessions = {key: end for key, end in self._kept.sessions.items() if key != _digest(session)}
            self._keep(self._kept.model_copy(update={"sessions": sessions}))

    @property
    def tokens(self) -> tuple[Token, ...]:
        with self._lock:
            self._refresh()
            return self._kept.tokens

    def add_token(self, name: str, scopes: tuple[Scope, ...]) -> str:
        """The key of a new token: the only time it is told.

        Raises:
            ValueError: if the name is taken, or there are too many.
        """
        key = f"mg_{secrets.token_urlsafe(32)}"
        token = Token(name=name, digest=_digest(key), scopes=scopes, created=self._clock())
        with self._lock:
            self._refresh()
            if any(known.name == name for known in self._kept.tokens):
                raise ValueError(f"there is a token named {name!r} already")
            if len(self._kept.tokens) >= MAX_TOKENS:
                raise ValueError(f"there are {MAX_TOKENS} tokens already; delete one")
            self._keep(self._kept.model_copy(update={"tokens": (*self._kept.tokens, token)}))
        return key

    def remove_token(self, name: str) -> bool:
        """Whether there was one of that name."""
        with self._lock:
            self._refresh()
            left = tuple(token for token in self._kept.tokens if token.name != name)
            found = len(left) < len(self._kept.tokens)
            if found:
                self._keep(self._kept.model_copy(update={"tokens": left}))
        return found

    def token(self, key: str) -> Token | None:
        """The token that a key belongs to."""
        digest = _digest(key)
        return next((token for token in self.tokens if hmac.compare_digest(token.digest, digest)), None)

    def _refresh(self) -> None:
        """Read the file again if another process has changed it, such as `maskgate web-password`."""
        try:
            status = self._path.stat()
            stamp = (status.st_mtime_ns, status.st_ino)
            if stamp == self._stamp:
                return
            self._kept = _Kept.model_validate_json(self._path.read_bytes())
            self._stamp = stamp
        except FileNotFoundError:
            self._kept, self._stamp = _Kept(), None
        except (OSError, ValidationError) as error:
            cause = "damaged" if isinstance(error, ValidationError) else error.strerror
            raise ConfigError(f"{self._path}: {cause}; delete it and run `maskgate web-password`") from error

    def _keep(self, kept: _Kept) -> None:
        try:
            write_atomically(self._path, json.dumps(kept.model_dump(mode="json"), indent=2).encode())
        except OSError as error:
            raise ConfigError(f"{self._path}: cannot be written ({error.strerror}); see to the disk") from error
        self._refresh()


def generated_password() -> str:
    """Four groups of five letters and figures: 99 bits, and can be typed on a phone."""
    return "-".join("".join(secrets.choice(_ALPHABET) for _ in range(5)) for _ in range(4))


def csrf_token(session: str) -> str:
    """What a page of this session sends along with every change; nobody else can know it."""
    return hmac.new(session.encode(), b"maskgate csrf", hashlib.sha256).hexdigest()


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()
