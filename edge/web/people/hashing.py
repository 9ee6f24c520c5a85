"""Passwords and keys: made, hashed, compared."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from functools import lru_cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

MIN_PASSWORD = 10
MAX_PASSWORD = 200

_HASHER = PasswordHasher(time_cost=2, memory_cost=19456, parallelism=1)
"""argon2id with the least that OWASP's "Password Storage Cheat Sheet" asks for: a Raspberry Pi has other work to do."""

_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"
"""Without what people confuse: i, l, 1, o, 0."""


def hash_password(password: str) -> str:
    """Its argon2id hash; takes a tenth of a second or so of one core, and 19 MiB.

    Raises:
        ValueError: if it is too short or too long.
    """
    if not MIN_PASSWORD <= len(password) <= MAX_PASSWORD:
        raise ValueError(f"expected a password of {MIN_PASSWORD} to {MAX_PASSWORD} characters")
    return _HASHER.hash(password)


def is_password(hashed: str, password: str) -> bool:
    """Whether a hash is this password's; takes as long where there is none, so that nobody learns who has one."""
    try:
        return len(password) <= MAX_PASSWORD and _HASHER.verify(hashed or _nobodys(), password) and bool(hashed)
    except (VerificationError, InvalidHashError):
        return False


def is_outdated(hashed: str) -> bool:
    """Whether it was made with other parameters than those of today."""
    return _HASHER.check_needs_rehash(hashed)


@lru_cache
def _nobodys() -> str:
    return _HASHER.hash(secrets.token_urlsafe())


def generated_password() -> str:
    """Four groups of five letters and figures: 99 bits, and can be typed on a phone."""
    return "-".join("".join(secrets.choice(_ALPHABET) for _ in range(5)) for _ in range(4))


def new_key() -> str:
    """256 random bits, to be told once; they are kept as a digest."""
    return secrets.token_urlsafe(32)


def digest(key: str) -> str:
    """SHA-256: enough where nobody can guess, as with keys of `new_key`."""
    return hashlib.sha256(key.encode("utf-8", "replace")).hexdigest()


def csrf_token(session: str) -> str:
    """What a page of this session sends along with every change; nobody else can know it."""
    return hmac.new(session.encode(), b"maskgate csrf", hashlib.sha256).hexdigest()
