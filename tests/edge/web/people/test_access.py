"""Password, sessions and tokens, and the file that keeps them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from edge.errors import ConfigError
from edge.web.people.access import Access
from edge.web.people.hashing import csrf_token, generated_password
from edge.web.people.roles import Scope
from edge.web.people.sessions import MAX_SESSIONS, SESSION_AGE
from edge.web.people.store import FILE_NAME

START = datetime(2026, 1, 1, tzinfo=UTC)


class Clock:
    """Tells the time it is told."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        return self.now


def test_only_the_password_opens(tmp_path: Path) -> None:
    """The right one does, others do not, and none does before one is set."""
    access = Access(tmp_path)
    assert not access.shared.is_set
    assert not access.shared.is_right("")
    access.shared.set("correct horse")
    assert access.shared.is_right("correct horse")
    assert not access.shared.is_right("correct horsf")
    assert not access.shared.is_right("x" * 10_000)


def test_no_secret_is_in_the_file(tmp_path: Path) -> None:
    """It holds an argon2id hash and digests, and is readable for its owner alone."""
    access = Access(tmp_path)
    access.shared.set("correct horse")
    session, key = access.sessions.open(), access.tokens.add("lights", (Scope.READ,))
    text = (tmp_path / FILE_NAME).read_text()
    assert "$argon2id$" in text
    assert not [secret for secret in ("correct horse", session, key) if secret in text]
    assert (tmp_path / FILE_NAME).stat().st_mode & 0o777 == 0o600


def test_a_session_survives_a_restart_and_ends(tmp_path: Path) -> None:
    """Another process knows it; a week later nobody does."""
    clock = Clock()
    session = Access(tmp_path, clock=clock).sessions.open()
    access = Access(tmp_path, clock=clock)
    assert access.sessions.find(session) is not None
    assert access.sessions.find(session[:-1]) is None
    clock.now += SESSION_AGE + timedelta(seconds=1)
    assert access.sessions.find(session) is None


def test_a_new_password_ends_every_session(tmp_path: Path) -> None:
    """Also one set by another process, as the command does; and every token, unless they are to be kept."""
    running = Access(tmp_path)
    session, key = running.sessions.open(), running.tokens.add("lights", (Scope.ADMIN,))
    assert Access(tmp_path).shared.set("another password", keep_tokens=True) == ()
    assert running.sessions.find(session) is None
    assert running.shared.is_right("another password")
    assert running.tokens.find(key) is not None
    assert Access(tmp_path).shared.set("a third password") == ("lights",)
    assert running.tokens.find(key) is None


def test_sessions_are_bounded(tmp_path: Path) -> None:
    """The oldest goes when there are too many."""
    clock = Clock()
    access = Access(tmp_path, clock=clock)
    first = access.sessions.open()
    for _ in range(MAX_SESSIONS):
        clock.now += timedelta(seconds=1)
        last = access.sessions.open()
    assert access.sessions.find(first) is None
    assert access.sessions.find(last) is not None


def test_a_session_is_closed(tmp_path: Path) -> None:
    """Logging out is for good."""
    access = Access(tmp_path)
    session = access.sessions.open()
    access.sessions.close(session)
    assert access.sessions.find(session) is None


def test_tokens_are_known_by_their_key(tmp_path: Path) -> None:
    """With their scopes, until they are removed; names are unique."""
    access = Access(tmp_path)
    key = access.tokens.add("lights", (Scope.READ, Scope.CONTROL))
    token = access.tokens.find(key)
    assert token is not None
    assert token.scopes == (Scope.READ, Scope.CONTROL)
    with pytest.raises(ValueError, match="lights"):
        access.tokens.add("lights", (Scope.READ,))
    assert access.tokens.find("mg_wrong") is None
    assert access.tokens.remove("lights")
    assert not access.tokens.remove("lights")
    assert access.tokens.find(key) is None


@pytest.mark.parametrize("password", ["short", "x" * 201])
def test_a_password_has_a_length(password: str, tmp_path: Path) -> None:
    """Too short is guessed, too long costs the kiosk its time."""
    with pytest.raises(ValueError, match="10 to 200"):
        Access(tmp_path).shared.set(password)


def test_a_damaged_file_is_named_with_its_remedy(tmp_path: Path) -> None:
    """Nobody is let in by accident."""
    (tmp_path / FILE_NAME).write_text("{")
    with pytest.raises(ConfigError, match=r"access\.json: damaged; delete it and run"):
        Access(tmp_path)


def test_generated_passwords_differ() -> None:
    """Four groups of five, without look-alikes."""
    passwords = {generated_password() for _ in range(50)}
    assert len(passwords) == 50
    assert all(len(password) == 23 and not set(password) & set("ilo01") for password in passwords)


def test_csrf_tokens_belong_to_a_session() -> None:
    """The same for one, another for another."""
    assert csrf_token("a") == csrf_token("a") != csrf_token("b")
