"""What is kept of people and programs: the content of one file."""

from __future__ import annotations

from pydantic import AwareDatetime, BaseModel, ConfigDict

from edge.web.people.roles import Role, Scope


class _Value(BaseModel):
    model_config = ConfigDict(frozen=True)


class Invitation(_Value):
    """Lets somebody choose a password, once; of its secret only the digest is kept."""

    digest: str
    expires: AwareDatetime


class User(_Value):
    """A person with a name.

    Attributes:
        password: argon2id hash; empty until the invitation is accepted, and for who only comes through a proxy.
        second_factor: secret of the codes (RFC 6238), base32; empty without.
        recovery: digests of the codes that open once where the app is lost.
        last_step: of the codes' clock, the last one that was used: no code opens twice.
    """

    name: str
    role: Role
    created: AwareDatetime
    password: str = ""
    invitation: Invitation | None = None
    second_factor: str = ""
    recovery: tuple[str, ...] = ()
    last_step: int = 0


class Session(_Value):
    """A browser that somebody has logged in with; `user` is empty for the password that all share."""

    user: str
    begun: AwareDatetime
    ends: AwareDatetime
    address: str
    browser: str


class Token(_Value):
    """A program's key, as kept: the key itself is told once and never again.

    Attributes:
        maker: who made it; empty for those of before there were users.
        expires: None if it never does.
    """

    name: str
    digest: str
    scopes: tuple[Scope, ...]
    created: AwareDatetime
    maker: str = ""
    expires: AwareDatetime | None = None


class Kept(BaseModel):
    """The whole file.

    A version that knows no users reads `password`, `sessions` and `tokens` of it, and goes on with those.

    Attributes:
        password: of everybody together, until an admin has one of their own.
        sessions: of before there were users: when each ends, by the digest of its id.
        users: by name in small letters.
        logins: by the digest of the session's id.
        opened: whether anybody ever logged in.
    """

    password: str = ""
    sessions: dict[str, AwareDatetime] = {}
    users: dict[str, User] = {}
    logins: dict[str, Session] = {}
    tokens: tuple[Token, ...] = ()
    opened: bool = False

    @property
    def has_admin(self) -> bool:
        """Whether an admin has a password of their own."""
        return any(user.role is Role.ADMIN and user.password for user in self.users.values())

    def end_sessions(self, user: str, *, but: str = "") -> None:
        """Log somebody out everywhere; `but` is the digest of a session that stays."""
        self.logins = {key: one for key, one in self.logins.items() if one.user != user or key == but}
        if not user:
            self.sessions = {key: end for key, end in self.sessions.items() if key == but}

    def delete_tokens(self, maker: str) -> tuple[str, ...]:
        """Delete the tokens that somebody made; returns their names."""
        deleted = tuple(token.name for token in self.tokens if token.maker == maker)
        self.tokens = tuple(token for token in self.tokens if token.maker != maker)
        return deleted
