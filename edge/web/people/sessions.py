"""Browsers that are logged in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from edge.web.people.hashing import digest, new_key
from edge.web.people.kept import Session
from edge.web.people.store import AccessFile

SESSION_AGE = timedelta(days=7)

MAX_SESSIONS = 100
"""Of one person; the oldest end first: nobody fills the disk with them, nor logs others out by logging in."""

MAX_BROWSER = 160

ID_LENGTH = 16
"""Letters of a digest that tell sessions apart, and open nothing."""


@dataclass(frozen=True, slots=True)
class ListedSession:
    """A session, and the name by which it is ended."""

    id: str
    session: Session


class Sessions:
    """Opens, knows and ends sessions.

    Args:
        file: keeps them.
        clock: UTC.
    """

    def __init__(self, file: AccessFile, clock: Callable[[], datetime]) -> None:
        self._file = file
        self._clock = clock

    def open(self, user: str = "", *, address: str = "", browser: str = "") -> str:
        """The id of a new session, for a cookie; kept as a digest."""
        key, now = new_key(), self._clock()
        fresh = Session(
            user=user, begun=now, ends=now + SESSION_AGE, address=address, browser=browser[:MAX_BROWSER]
        )  # fmt: skip
        with self._file.changing() as kept:
            alive = {name: one for name, one in kept.logins.items() if one.ends > now}
            own = sorted((one.begun, name) for name, one in alive.items() if one.user == user)
            for _, name in own[: max(0, len(own) - MAX_SESSIONS + 1)]:
                del alive[name]
            kept.logins = alive | {digest(key): fresh}
            kept.opened = True
        return key

    def find(self, key: str) -> Session | None:
        """The session of a cookie, if it has not ended."""
        kept, name, now = self._file.read(), digest(key), self._clock()
        session = kept.logins.get(name)
        if session is None and name in kept.sessions:
            ends = kept.sessions[name]
            session = Session(user="", begun=ends - SESSION_AGE, ends=ends, address="", browser="")
        return session if session is not None and session.ends > now else None

    @property
    def all(self) -> tuple[ListedSession, ...]:
        """Those that have not ended, newest first."""
        now = self._clock()
        alive = [
            ListedSession(name[:ID_LENGTH], one) for name, one in self._file.read().logins.items() if one.ends > now
        ]
        return tuple(sorted(alive, key=lambda listed: listed.session.begun, reverse=True))

    @property
    def was_opened(self) -> bool:
        """Whether anybody ever logged in."""
        kept = self._file.read()
        return kept.opened or bool(kept.sessions)

    def close(self, key: str) -> None:
        """Log out: for good."""
        self.end(digest(key))

    def end(self, name: str, *, of: str | None = None) -> Session | None:
        """End the session of that id; None if there is none, or it is not that of user `of`."""
        with self._file.changing() as kept:
            for key, session in kept.logins.items():
                if key.startswith(name) and len(name) >= ID_LENGTH and of in (None, session.user):
                    del kept.logins[key]
                    return session
            kept.sessions.pop(name, None)
        return None

    def end_all(self, user: str) -> None:
        """Log a person out everywhere."""
        with self._file.changing() as kept:
            kept.end_sessions(user)


def id_of(key: str) -> str:
    """By which the session of a cookie is listed."""
    return digest(key)[:ID_LENGTH]
