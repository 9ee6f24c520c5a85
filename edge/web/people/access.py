"""Who may come in: people, their sessions, programs' tokens, and the one password there is before there are users."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from edge.timing import utc_now
from edge.web.people import hashing
from edge.web.people.hashing import hash_password
from edge.web.people.sessions import Sessions
from edge.web.people.store import AccessFile
from edge.web.people.tokens import Tokens
from edge.web.people.users import Users


class Access:
    """Everything that is known of people and programs; may be used from any thread, beside commands on the machine.

    Args:
        folder: where it is kept.
        clock: UTC.

    Raises:
        ConfigError: if the file is damaged or cannot be read.
    """

    def __init__(self, folder: Path, *, clock: Callable[[], datetime] = utc_now) -> None:
        self._file = AccessFile(folder)
        self.users = Users(self._file, clock)
        self.sessions = Sessions(self._file, clock)
        self.tokens = Tokens(self._file, clock)
        self.shared = SharedPassword(self._file)

    @property
    def has_admin(self) -> bool:
        """Whether an admin has a password of their own: the shared one is no more, then."""
        return self._file.read().has_admin

    @property
    def can_be_entered(self) -> bool:
        """Whether anybody who may change things can log in."""
        kept = self._file.read()
        return bool(kept.password) or kept.has_admin

    def password_hash(self, name: str) -> str:
        """Another one for each password that is set; empty for whoever has none."""
        kept = self._file.read()
        user = kept.users.get(name.lower())
        return kept.password if not name else user.password if user else ""


class SharedPassword:
    """The password of everybody together: an admin's, until an admin has one of their own."""

    def __init__(self, file: AccessFile) -> None:
        self._file = file

    @property
    def is_set(self) -> bool:
        return bool(self._file.read().password)

    def set(self, password: str, *, keep_tokens: bool = False) -> tuple[str, ...]:
        """Set another one; ends every session, and every token: whoever knew the old one may have made one.

        Args:
            keep_tokens: let programs go on with theirs.

        Returns:
            names of the tokens that were deleted.

        Raises:
            ValueError: if it is too short or too long, or people log in by name.
            ConfigError: if the file cannot be written.
        """
        hashed = hash_password(password)
        with self._file.changing() as kept:
            if kept.has_admin:
                raise ValueError("people log in by name: `maskgate users password NAME` makes a new password for one")
            kept.password = hashed
            kept.end_sessions("")
            return () if keep_tokens else kept.delete_tokens("")

    def is_right(self, password: str) -> bool:
        """Whether this is it; takes as long where there is none."""
        hashed = self._file.read().password
        if not hashing.is_password(hashed, password):
            return False
        if hashing.is_outdated(hashed):
            fresh = hash_password(password)
            with self._file.changing() as kept:
                kept.password = fresh if kept.password == hashed else kept.password
        return True
