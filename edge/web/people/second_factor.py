"""Codes of an authenticator app, time-based one-time passwords (RFC 6238) of six digits, a new one each half minute;
and recovery codes for the day on which the app is lost, each good once.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
import struct
from urllib.parse import quote

STEP_S = 30
DIGITS = 6
RECOVERY_CODES = 10
RECOVERY_DIGITS = 10
"""33 bits: NIST SP 800-63B, 5.1.2, asks 20 of such codes where wrong ones lock the login, as they do. Figures alone, as
on the keyboard that a telephone shows for a code."""

DRIFT = 1
"""Steps by which a telephone's clock may be off."""


def new_secret() -> str:
    """160 random bits in base32, as RFC 4226 recommends."""
    return base64.b32encode(secrets.token_bytes(20)).decode()


def code_at(secret: str, step: int) -> str:
    """The code of a step (RFC 4226, 5.3).

    Raises:
        ValueError: if the secret is no base32.
    """
    mac = hmac.new(base64.b32decode(secret), struct.pack(">Q", step), hashlib.sha1).digest()
    offset = mac[-1] & 15
    (number,) = struct.unpack_from(">I", mac, offset)
    return f"{(number & 0x7FFFFFFF) % 10**DIGITS:0{DIGITS}d}"


def matching_step(secret: str, code: str, now_s: float, *, after: int = 0) -> int | None:
    """The step that a code belongs to; None if it is wrong, too old, or not after the last one that was used.

    Args:
        now_s: seconds since 1970.
        after: the step of the last code that was used.
    """
    present = int(now_s) // STEP_S
    typed = "".join(code.split())
    for step in range(present - DRIFT, present + DRIFT + 1):
        if step > after and hmac.compare_digest(code_at(secret, step).encode(), typed.encode("utf-8", "replace")):
            return step
    return None


def new_recovery_codes() -> tuple[str, ...]:
    """Ten codes of two groups of five figures."""
    drawn = (f"{secrets.randbelow(10**RECOVERY_DIGITS):0{RECOVERY_DIGITS}d}" for _ in range(RECOVERY_CODES))
    return tuple(f"{code[:5]} {code[5:]}" for code in drawn)


def recovery_digest(code: str, user: str) -> str:
    """What is kept of a code, however it is typed: PBKDF2, as so few bits could be guessed from a plain hash.

    Args:
        user: whose it is, so that equal codes of two people are kept as different digests.
    """
    salt = f"maskgate recovery {user.lower()}".encode()
    return hashlib.pbkdf2_hmac("sha256", _figures(code).encode(), salt, 100_000).hex()


def is_recovery_code(code: str) -> bool:
    """Whether it looks like one, rather than like a code of the app, which is shorter."""
    return len(_figures(code)) == RECOVERY_DIGITS


def _figures(code: str) -> str:
    return "".join(letter for letter in code if letter in "0123456789")


def address(secret: str, user: str, kiosk: str) -> str:
    """What the QR code says (Google's "Key Uri Format")."""
    return f"otpauth://totp/{quote(f'Maskgate {kiosk}:{user}')}?secret={secret}&issuer={quote(f'Maskgate {kiosk}')}"
