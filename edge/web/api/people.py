"""Users, sessions and tokens: what an admin does with them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Annotated, TypeVar

from anyio import to_thread
from pydantic import AwareDatetime, BaseModel, Field

from edge.web.operations import ApiError, Call
from edge.web.people.kept import User
from edge.web.people.roles import Role, Scope
from edge.web.people.sessions import ListedSession, id_of
from edge.web.people.users import NAME
from edge.web.queries import Asked

_T = TypeVar("_T")

UserName = Annotated[str, Field(pattern=NAME)]
TokenName = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9 ._-]{0,39}$")]
"""Not `..`: in an address it is the folder above, and no browser could ask to delete it."""


class UserBody(Asked):
    """A user to be added."""

    name: UserName
    role: Role


class RoleBody(Asked):
    """The role that a user is to have."""

    role: Role


class TokenBody(Asked):
    """A token to be made."""

    name: TokenName
    scopes: tuple[Scope, ...] = Field(min_length=1, max_length=len(Scope))
    days: float | None = Field(default=None, gt=0, le=3650, description="after which it expires; null: never")


class UserAnswer(BaseModel):
    """A user; `invited_until` tells how long an invitation is open, null if there is none."""

    name: str
    role: Role
    created: AwareDatetime
    has_password: bool
    second_factor: bool
    invited_until: AwareDatetime | None


class UsersAnswer(BaseModel):
    """All users; `shared_password` tells whether people may still log in with the one that all share."""

    users: list[UserAnswer]
    shared_password: bool


class InvitationAnswer(BaseModel):
    """The page on which the user chooses a password, below the kiosk's address: it is told this once."""

    name: str
    page: str
    expires: AwareDatetime


class SessionAnswer(BaseModel):
    """A browser that is logged in; `user` is empty for the password that all share."""

    id: str
    user: str
    begun: AwareDatetime
    ends: AwareDatetime
    address: str
    browser: str
    is_this: bool


class SessionsAnswer(BaseModel):
    """All of them, newest first."""

    sessions: list[SessionAnswer]


class TokenAnswer(BaseModel):
    """A token, without its key."""

    name: str
    scopes: list[Scope]
    created: AwareDatetime
    maker: str
    expires: AwareDatetime | None


class TokensAnswer(BaseModel):
    """All tokens."""

    tokens: list[TokenAnswer]


class KeyAnswer(BaseModel):
    """The key of a new token: it is told this once."""

    name: str
    key: str


@contextmanager
def refusing() -> Iterator[None]:
    """Answer what people and tokens refuse as the API does."""
    try:
        yield
    except LookupError as error:
        raise ApiError(404, str(error)) from error
    except ValueError as error:
        raise ApiError(409, str(error)) from error


async def off_loop(ask: Callable[[], _T]) -> _T:
    """Do what reads or writes the file of people on a thread of its own."""
    with refusing():
        return await to_thread.run_sync(ask)


async def users(call: Call) -> UsersAnswer:
    """All users."""
    access = call.site.access
    return UsersAnswer(users=[_user(user) for user in access.users.all], shared_password=access.shared.is_set)


async def add_user(call: Call) -> InvitationAnswer:
    """Add a user, and invite them to choose a password."""
    name, role = call.body.name, call.body.role
    await off_loop(partial(call.site.access.users.add, name, role))
    call.site.audit(f"{call.visitor.name}: user {name} added as {role}")
    return await _invite(call, name)


async def invite_user(call: Call) -> InvitationAnswer:
    """Invite a user again, who has forgotten the password or missed the invitation."""
    return await _invite(call, call.request.path_params["name"])


async def _invite(call: Call, name: str) -> InvitationAnswer:
    users = call.site.access.users
    key = await off_loop(partial(users.invite, name))
    user = users.find(name)
    if user is None or user.invitation is None:
        raise ApiError(404, f"there is no user named {name!r}")
    call.site.audit(f"{call.visitor.name}: user {user.name} invited to choose a password")
    return InvitationAnswer(name=user.name, page=invitation_page(user.name, key), expires=user.invitation.expires)


def invitation_page(name: str, key: str) -> str:
    """Path of the page; the key is behind a `#`, which no browser sends and no proxy notes."""
    return f"/invitation?name={name}#{key}"


async def change_user(call: Call) -> None:
    """Give a user another role; tokens they made that may do more than the role are deleted."""
    name, role = call.request.path_params["name"], call.body.role
    deleted = await off_loop(partial(call.site.access.users.set_role, name, role))
    call.site.audit(f"{call.visitor.name}: user {name} is {role} now{gone(deleted)}")


async def remove_user(call: Call) -> None:
    """Remove a user, their sessions, and the tokens they made."""
    name = call.request.path_params["name"]
    deleted = await off_loop(partial(call.site.access.users.remove, name))
    call.site.audit(f"{call.visitor.name}: user {name} removed{gone(deleted)}")


def gone(tokens: tuple[str, ...]) -> str:
    """What an event adds where tokens went, too."""
    return f"; tokens deleted: {', '.join(tokens)}" if tokens else ""


async def drop_second_factor(call: Call) -> None:
    """Let a user log in without codes, who has lost the app."""
    name = call.request.path_params["name"]
    await off_loop(partial(call.site.access.users.drop_second_factor, name))
    call.site.audit(f"{call.visitor.name}: user {name} needs no codes any more")


async def sessions(call: Call) -> SessionsAnswer:
    """Everybody who is logged in."""
    return SessionsAnswer(sessions=[session_answer(one, call) for one in call.site.access.sessions.all])


def session_answer(listed: ListedSession, call: Call) -> SessionAnswer:
    """A session, as it is told to whoever asks."""
    one = listed.session
    return SessionAnswer(
        id=listed.id,
        user=one.user,
        begun=one.begun,
        ends=one.ends,
        address=one.address,
        browser=one.browser,
        is_this=listed.id == id_of(call.visitor.session),
    )


async def end_session(call: Call) -> None:
    """End a session."""
    ended = await off_loop(partial(call.site.access.sessions.end, call.request.path_params["id"]))
    if ended is None:
        raise ApiError(404, "there is no such session")
    call.site.audit(f"{call.visitor.name}: session of {ended.user or 'web page'} from {ended.address} ended")


async def tokens(call: Call) -> TokensAnswer:
    """All tokens."""
    return TokensAnswer(
        tokens=[
            TokenAnswer(
                name=one.name, scopes=list(one.scopes), created=one.created, maker=one.maker, expires=one.expires
            )
            for one in call.site.access.tokens.all
        ]
    )


async def add_token(call: Call) -> KeyAnswer:
    """Make a token."""
    name, scopes = call.body.name, tuple(dict.fromkeys(call.body.scopes))
    add = partial(call.site.access.tokens.add, name, scopes, maker=call.visitor.answerable, days=call.body.days)
    key = await off_loop(add)
    until = "" if call.body.days is None else f", for {call.body.days:g} days"
    call.site.audit(f"{call.visitor.name}: token {name!r} made for {', '.join(scopes)}{until}")
    return KeyAnswer(name=name, key=key)


async def remove_token(call: Call) -> None:
    """Delete a token."""
    name = call.request.path_params["name"]
    if not await off_loop(partial(call.site.access.tokens.remove, name)):
        raise ApiError(404, "there is no such token")
    call.site.audit(f"{call.visitor.name}: token {name!r} deleted")


def _user(user: User) -> UserAnswer:
    return UserAnswer(
        name=user.name,
        role=user.role,
        created=user.created,
        has_password=bool(user.password),
        second_factor=bool(user.second_factor),
        invited_until=None if user.invitation is None else user.invitation.expires,
    )
