"""Codes of an authenticator app are those of RFC 6238, and each opens once."""

from __future__ import annotations

import base64

import pytest

from edge.web.people.second_factor import STEP_S, address, code_at, matching_step, new_secret

SECRET = base64.b32encode(b"12345678901234567890").decode()
"""Of the RFC's appendix B."""


@pytest.mark.parametrize(
    ("now", "code"),
    [
        (59, "287082"),
        (1111111109, "081804"),
        (1111111111, "050471"),
        (1234567890, "005924"),
        (2000000000, "279037"),
        (20000000000, "353130"),
    ],
)
def test_codes_are_the_standards(now: int, code: str) -> None:
    """The RFC's test vectors, of which six digits are asked for."""
    assert code_at(SECRET, now // STEP_S) == code
    assert matching_step(SECRET, code, now) == now // STEP_S


@pytest.mark.parametrize(("off_s", "opens"), [(-61, False), (-30, True), (0, True), (30, True), (61, False)])
def test_a_telephones_clock_may_be_off_by_one_step(off_s: int, opens: bool) -> None:
    """And no more."""
    now = 1_000_020
    assert (matching_step(SECRET, code_at(SECRET, (now + off_s) // STEP_S), now) is not None) == opens


def test_a_code_opens_once() -> None:
    """It is refused where its step, or a later one, has been used; spaces do not matter."""
    step = matching_step(SECRET, "287 082", 59)
    assert step == 1
    assert matching_step(SECRET, "287082", 59, after=step) is None


@pytest.mark.parametrize("code", ["", "28708", "\uff12\uff18\uff17\uff10\uff18\uff12", "abcdef", "287082\x00"])
def test_what_is_no_code_is_refused(code: str) -> None:
    """Whatever it is."""
    assert matching_step(SECRET, code, 59) is None


def test_secrets_differ_and_fit_an_app() -> None:
    """160 bits in base32, without padding; the address names user and kiosk."""
    secrets = {new_secret() for _ in range(20)}
    assert len(secrets) == 20
    assert all(len(base64.b32decode(secret)) == 20 and "=" not in secret for secret in secrets)
    assert address("ABC", "anna@example.org", "door") == (
        "otpauth://totp/Maskgate%20door%3Aanna%40example.org?secret=ABC&issuer=Maskgate%20door"
    )
