"""Guessing a password takes for ever."""

from __future__ import annotations

from edge.web.guarding.attempts import LOCK_S, MAX_ADDRESSES, MAX_FAILURES, MAX_OF_ADDRESS, Attempts


class Clock:
    """Tells the time it is told."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_five_failures_lock_an_address_for_a_while() -> None:
    """Only that one, and only for a quarter of an hour."""
    clock = Clock()
    attempts = Attempts(clock=clock)
    for _ in range(MAX_FAILURES):
        assert attempts.wait_s("10.0.0.1") == 0
        attempts.fail("10.0.0.1")
    assert attempts.wait_s("10.0.0.1") == LOCK_S
    assert attempts.wait_s("10.0.0.2") == 0
    clock.now += LOCK_S
    assert attempts.wait_s("10.0.0.1") == 0


def test_success_forgives() -> None:
    """Who knows the password starts anew."""
    attempts = Attempts()
    for _ in range(MAX_FAILURES - 1):
        attempts.fail("10.0.0.1")
    attempts.succeed("10.0.0.1")
    attempts.fail("10.0.0.1")
    assert attempts.wait_s("10.0.0.1") == 0


def test_addresses_of_one_guest_count_together() -> None:
    """An IPv6 guest has a whole network to guess from."""
    attempts = Attempts()
    for _ in range(MAX_FAILURES):
        attempts.fail("2001:db8::1")
    assert attempts.wait_s("2001:db8::ffff:1") > 0


def test_a_name_is_forgiven_wherever_it_was_tried() -> None:
    """Whoever was locked out with it may try again at once; other names stay locked, also where one was right."""
    attempts = Attempts()
    for name in ("anna", "boris"):
        for _ in range(MAX_FAILURES):
            attempts.fail("10.0.0.1", name)
    attempts.succeed("10.0.0.1", "clara")
    attempts.forgive("Anna", address="10.0.0.9")
    assert attempts.wait_s("10.0.0.1", "anna") == 0
    assert attempts.wait_s("10.0.0.1", "BORIS") > 0
    assert attempts.wait_s("10.0.0.1") == 0


def test_an_address_has_no_more_guesses_for_making_up_names() -> None:
    """Each costs a check: then none is made from there for a while, also where a name was right in between."""
    clock = Clock()
    attempts = Attempts(clock=clock)
    for number in range(MAX_OF_ADDRESS):
        attempts.fail("10.0.0.1", "olga")
        attempts.succeed("10.0.0.1", "olga")
        assert attempts.wait_s("10.0.0.1", "anna") == 0
        attempts.fail("10.0.0.1", f"nobody{number}")
    assert attempts.wait_s("10.0.0.1", "anna") == LOCK_S
    assert attempts.wait_s("10.0.0.2", "anna") == 0
    attempts.forgive("anna", address="10.0.0.1")
    assert attempts.wait_s("10.0.0.1", "anna") == 0


def test_a_failure_now_and_then_locks_no_address() -> None:
    """A whole hospital may come from one."""
    clock = Clock()
    attempts = Attempts(clock=clock)
    for number in range(2 * MAX_OF_ADDRESS):
        attempts.fail("10.0.0.1", f"somebody{number}")
        clock.now += LOCK_S / (MAX_OF_ADDRESS - 1)
        assert attempts.wait_s("10.0.0.1", "anna") == 0


def test_memory_is_bounded() -> None:
    """However many addresses ask, the ones heard of last are remembered."""
    attempts = Attempts()
    for number in range(MAX_ADDRESSES + 10):
        for _ in range(MAX_FAILURES):
            attempts.fail(f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}")
    assert attempts.wait_s("10.0.0.0") == 0
    assert attempts.wait_s(f"10.0.{MAX_ADDRESSES >> 8}.{MAX_ADDRESSES & 255}") > 0
