"""What is each person's own: password, second factor and sessions."""

from __future__ import annotations

import io
from functools import partial

import segno
from pydantic import BaseModel, Field

from edge.web.api.people import SessionAnswer, gone, off_loop, session_answer
from edge.web.guarding.logins import Locked
from edge.web.operations import ApiError, Call
from edge.web.people import second_factor
from edge.web.people.hashing import MAX_PASSWORD, MIN_PASSWORD
from edge.web.people.roles import Role, Scope
from edge.web.queries import Asked


class PasswordBody(Asked):
    """The password of now, and the new one."""

    current: str = Field(max_length=MAX_PASSWORD)
    new: str = Field(min_length=MIN_PASSWORD, max_length=MAX_PASSWORD)
    code: str = Field(default="", max_length=20, description="of the second factor, where it is on")
    keep_tokens: bool = Field(default=False, description="whether programs keep the tokens that this person made")


class SecondFactorBody(Asked):
    """The password, the secret that an app was given, and the first code that it shows."""

    current: str = Field(max_length=MAX_PASSWORD)
    secret: str = Field(pattern=r"^[A-Z2-7]{32}$")
    code: str = Field(max_length=20)


class CodeBody(Asked):
    """The password, and a code of the second factor."""

    current: str = Field(max_length=MAX_PASSWORD)
    code: str = Field(max_length=20)


class AccountAnswer(BaseModel):
    """Who asks, and what they may do; `name` is empty for the password that all share.

    `recovery_codes` is how many are left.
    """

    name: str
    role: Role
    scopes: list[Scope]
    second_factor: bool
    recovery_codes: int
    by_proxy: bool
    sessions: list[SessionAnswer]


class SecretAnswer(BaseModel):
    """A fresh secret for an app; nothing is changed until its first code is sent. `qr` is an SVG of `address`."""

    secret: str
    address: str
    qr: str


class RecoveryAnswer(BaseModel):
    """Codes that open once each where the app is lost: they are told this once."""

    codes: list[str]


async def account(call: Call) -> AccountAnswer:
    """Who asks, what they may do, and where they are logged in."""
    visitor, access = call.visitor, call.site.access
    user = access.users.find(visitor.user)
    own = [one for one in access.sessions.all if one.session.user == visitor.user]
    return AccountAnswer(
        name=visitor.user,
        role=visitor.role or Role.VIEWER,
        scopes=[scope for scope in Scope if scope in visitor.scopes],
        second_factor=user is not None and bool(user.second_factor),
        recovery_codes=0 if user is None else len(user.recovery),
        by_proxy=visitor.by_proxy,
        sessions=[session_answer(one, call) for one in own],
    )


async def set_password(call: Call) -> None:
    """Set another password; ends this person's sessions, and the tokens they made unless they are to be kept."""
    access, user, new = call.site.access, call.visitor.user, call.body.new
    await _prove(call, call.body.current, call.body.code)
    if user:
        set_password = partial(access.users.set_password, user, new, keep_tokens=call.body.keep_tokens)
    else:
        set_password = partial(access.shared.set, new, keep_tokens=call.body.keep_tokens)
    deleted = await off_loop(set_password)
    call.site.audit(f"{call.visitor.name}: password changed{gone(deleted)}")


async def new_secret(call: Call) -> SecretAnswer:
    """Begin to set up a second factor: a secret for an authenticator app."""
    secret = second_factor.new_secret()
    address = second_factor.address(secret, _own_name(call), call.request.url.hostname or "")
    picture = io.BytesIO()
    segno.make_qr(address, error="m").save(picture, kind="svg", border=2, xmldecl=False, omitsize=True, light="#fff")
    return SecretAnswer(secret=secret, address=address, qr=picture.getvalue().decode())


async def set_second_factor(call: Call) -> None:
    """Ask for codes at every login from now on. Refused where they are asked for already."""
    name = _own_name(call)
    await _prove(call, call.body.current, "")
    is_right = await off_loop(
        partial(call.site.access.users.set_second_factor, name, call.body.secret, call.body.code)
    )  # fmt: skip
    if not is_right:
        raise ApiError(409, "that is not the app's present code; is the telephone's clock right?")
    call.site.audit(f"{call.visitor.name}: second factor switched on")


async def new_recovery_codes(call: Call) -> RecoveryAnswer:
    """Make ten recovery codes; those of before are void."""
    name = _own_name(call)
    await _prove(call, call.body.current, call.body.code)
    codes = await off_loop(partial(call.site.access.users.new_recovery_codes, name))
    call.site.audit(f"{call.visitor.name}: recovery codes made")
    return RecoveryAnswer(codes=list(codes))


async def drop_second_factor(call: Call) -> None:
    """Ask for codes no more."""
    name = _own_name(call)
    await _prove(call, call.body.current, call.body.code)
    await off_loop(partial(call.site.access.users.drop_second_factor, name))
    call.site.audit(f"{call.visitor.name}: second factor switched off")


async def end_session(call: Call) -> None:
    """End one of this person's own sessions."""
    end = partial(call.site.access.sessions.end, call.request.path_params["id"], of=call.visitor.user)
    if await off_loop(end) is None:
        raise ApiError(404, "there is no such session")
    call.site.audit(f"{call.visitor.name}: a session of their own ended")


def _own_name(call: Call) -> str:
    if not call.visitor.user:
        raise ApiError(409, "only a user with a name has a second factor; add one on the page Access")
    return call.visitor.user


async def _prove(call: Call, password: str, code: str) -> None:
    """Refuse whoever does not know the password, such as the next person at an unlocked desk."""
    address = call.request.client.host if call.request.client else ""
    try:
        is_right = await call.site.logins.is_right(password, address, name=call.visitor.user, code=code)
    except Locked as locked:
        raise ApiError(409, "too many wrong passwords; wait a quarter of an hour") from locked
    if not is_right:
        raise ApiError(409, "the current password is wrong, or the code is")
