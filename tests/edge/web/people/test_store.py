"""The file of people: what was kept before there were users, and what two processes change at once."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from edge.errors import ConfigError
from edge.web.people import store
from edge.web.people.access import Access
from edge.web.people.hashing import digest, hash_password
from edge.web.people.roles import Role, Scope
from edge.web.people.store import FILE_NAME, AccessFile

PASSWORD = "correct horse"


def write_old(folder: Path) -> None:
    """The file as it was before there were users."""
    week = timedelta(days=7)
    kept = {
        "password": hash_password(PASSWORD),
        "sessions": {digest("a browser"): (datetime.now(UTC) + week).isoformat()},
        "tokens": [
            {
                "name": "nightly report",
                "digest": digest("mg_program"),
                "scopes": ["read", "admin"],
                "created": "2026-01-01T00:00:00Z",
            }
        ],
    }
    (folder / FILE_NAME).write_text(json.dumps(kept))


def test_nobody_is_locked_out_by_an_upgrade(tmp_path: Path) -> None:
    """Password, session and token go on, also once there are users; the password until an admin has their own."""
    write_old(tmp_path)
    access = Access(tmp_path)
    for users in (0, 1):
        assert len(access.users.all) == users
        assert access.shared.is_right(PASSWORD)
        session, token = access.sessions.find("a browser"), access.tokens.find("mg_program")
        assert session is not None
        assert session.user == ""
        assert token is not None
        assert token.scopes == (Scope.READ, Scope.ADMIN)
        access.users.add(f"user{users}", Role.VIEWER, password=PASSWORD)
    access.users.add("anna", Role.ADMIN, password="another horse")
    assert not access.shared.is_right(PASSWORD)
    assert access.sessions.find("a browser") is None
    assert access.users.is_right("anna", "another horse")
    assert access.tokens.find("mg_program") is not None


def test_the_old_session_can_be_closed(tmp_path: Path) -> None:
    """Logging out is for good, whichever version let somebody in."""
    write_old(tmp_path)
    access = Access(tmp_path)
    access.sessions.close("a browser")
    assert access.sessions.find("a browser") is None


ADD = """
import sys
from pathlib import Path
from edge.web.people.access import Access
from edge.web.people.roles import Role
access = Access(Path(sys.argv[1]))
for number in range(20):
    access.users.add(f"{sys.argv[2]}{number}", Role.VIEWER)
"""


def test_what_two_processes_change_at_once_is_all_kept(tmp_path: Path) -> None:
    """A command on the machine and the running service, say."""
    both = [subprocess.Popen([sys.executable, "-c", ADD, str(tmp_path), name]) for name in ("a", "b")]
    assert [process.wait(60) for process in both] == [0, 0]
    assert len(Access(tmp_path).users.all) == 40


def test_a_lock_that_is_not_given_back_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing hangs."""
    monkeypatch.setattr(store, "LOCK_S", 0.1)
    words = r"access\.lock: another program is changing it"
    with AccessFile(tmp_path).changing(), pytest.raises(ConfigError, match=words):
        Access(tmp_path).tokens.add("lights", (Scope.READ,))


def test_a_block_that_fails_changes_nothing(tmp_path: Path) -> None:
    """The draft is thrown away, and the lock given back."""
    file = AccessFile(tmp_path)

    def fail() -> None:
        with file.changing() as kept:
            kept.password = "half"
            raise RuntimeError("in the middle")

    with pytest.raises(RuntimeError, match="in the middle"):
        fail()
    assert file.read().password == ""
    with file.changing() as kept:
        kept.password = "whole"
    assert AccessFile(tmp_path).read().password == "whole"
