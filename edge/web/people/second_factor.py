"""Codes of an authenticator app: time-based one-time passwords (RFC 6238) of six digits, a new one each half minute."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
import struct
from urllib.parse import quote

STEP_S = 30
DIGITS = 6
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


def address(secret: str, user: str, kiosk: str) -> str:
    """What the QR code says (Google's "Key Uri Format")."""
    return f"otpauth://totp/{quote(f'Maskgate {kiosk}:{user}')}?secret={secret}&issuer={quote(f'Maskgate {kiosk}')}"
