"""How people come in and leave: the form, the invitation, and the way out."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from functools import partial
from urllib.parse import parse_qs

from anyio import to_thread
from pydantic import Field, ValidationError
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from edge.languages.words import mark, words_in
from edge.web.guarding.logins import Locked
from edge.web.guarding.recognition import cookie_name
from edge.web.guarding.visitor import SHARED, Visitor
from edge.web.language import language_of
from edge.web.people.hashing import MAX_PASSWORD, MIN_PASSWORD, csrf_token
from edge.web.people.kept import User
from edge.web.people.roles import Role
from edge.web.people.sessions import SESSION_AGE
from edge.web.people.users import NAME
from edge.web.queries import Asked
from edge.web.rendering import render
from edge.web.site import Site


class InvitationBody(Asked):
    """An invitation's key, and the password that is chosen with it."""

    key: str = Field(max_length=100)
    password: str = Field(min_length=MIN_PASSWORD, max_length=MAX_PASSWORD)


def login_routes(site: Site, pages: Collection[str]) -> Iterator[BaseRoute]:
    """Login, invitation and logout.

    Args:
        site: knows who may come in.
        pages: paths to which a login may lead.
    """
    login = _Login(site, pages)
    yield Route("/login", login.show, methods=["GET"])
    yield Route("/login", login.check, methods=["POST"])
    yield Route("/invitation", login.invite, methods=["GET"])
    yield Route("/invitation", login.accept, methods=["POST"])
    yield Route("/logout", login.leave, methods=["POST"])


class _Login:
    def __init__(self, site: Site, pages: Collection[str]) -> None:
        self._site = site
        self._pages = pages

    async def show(self, request: Request) -> Response:
        target = request.query_params.get("next", "/")
        if request.scope["visitor"]:
            return RedirectResponse(self._next(target), 303)
        return self._form(request, target, "", 200)

    async def check(self, request: Request) -> Response:
        form = parse_qs((await request.body()).decode("utf-8", "replace"))
        target, name, password, code = (form.get(key, [""])[0] for key in ("next", "username", "password", "code"))
        access = self._site.access
        _ = words_in(language_of(request, self._site.in_use()))
        if not access.can_be_entered and not access.users.all:
            complaint = _("No password is set yet. On the kiosk: {command}", command="sudo maskgate web-password")
            return self._form(request, target, complaint, 403)
        # Where there are no users, browsers fill in the name that this page once had.
        name = name.strip() if access.users.all else ""
        address = _address(request)
        try:
            if await self._site.logins.is_right(password, address, name=name, code=code):
                user = access.users.find(name)
                if user is not None or not name:
                    return await self._let_in(request, RedirectResponse(self._landing(target, user), 303), user)
        except Locked as locked:
            minutes = int(locked.wait_s // 60) + 1
            complaint = _.many(
                "Too many attempts. Try again in {n} minute.", "Too many attempts. Try again in {n} minutes.", minutes
            )
            refusal = self._form(request, target, complaint, 429, name)
            refusal.headers["Retry-After"] = str(round(locked.wait_s) + 1)
            return refusal
        complaint = _("Name, password or code are wrong.") if name else _("That is not the password.")
        return self._form(request, target, complaint, 403, name)

    async def invite(self, request: Request) -> Response:
        """The form in which somebody chooses a password; the key of the invitation stays in the browser."""
        name = request.query_params.get("name", "")
        visitor: Visitor | None = request.scope["visitor"]
        return render(
            "invitation",
            language=language_of(request, self._site.in_use()),
            title=mark("Welcome"),
            door=self._site.in_use().door,
            name=name if re.fullmatch(NAME, name) else "",
            csrf=csrf_token(visitor.session) if visitor else "",
            min_password=MIN_PASSWORD,
        )

    async def accept(self, request: Request) -> Response:
        try:
            asked = InvitationBody.model_validate_json(await request.body())
            user = await to_thread.run_sync(self._site.access.users.accept, asked.key, asked.password)
        except ValidationError:
            return JSONResponse({"error": f"choose a password of {MIN_PASSWORD} to {MAX_PASSWORD} characters"}, 422)
        except LookupError as error:
            return JSONResponse({"error": str(error)}, 404)
        self._site.audit(f"{user.name}: password chosen by invitation")
        return await self._let_in(request, Response(status_code=204), user)

    async def leave(self, request: Request) -> Response:
        await to_thread.run_sync(self._site.access.sessions.close, request.scope["visitor"].session)
        response = Response(status_code=204)
        response.delete_cookie(
            cookie_name(request), httponly=True, samesite="strict", secure=request.url.scheme == "https"
        )
        return response

    async def _let_in(self, request: Request, response: Response, user: User | None) -> Response:
        address, browser = _address(request), request.headers.get("User-Agent", "")
        name = user.name if user else ""
        open_session = partial(self._site.access.sessions.open, name, address=address, browser=browser)
        session = await to_thread.run_sync(open_session)
        self._site.audit(f"{name or SHARED}: login from {address}")
        response.set_cookie(
            cookie_name(request),
            session,
            max_age=round(SESSION_AGE.total_seconds()),
            httponly=True,
            samesite="strict",
            secure=request.url.scheme == "https",
        )
        return response

    def _form(self, request: Request, target: str, complaint: str, status: int, name: str = "") -> HTMLResponse:
        users = self._site.access.users.all
        config = self._site.in_use()
        return render(
            "login",
            status,
            language=language_of(request, config),
            title=mark("Log in"),
            door=config.door,
            target=self._next(target),
            complaint=complaint,
            name=name,
            has_users=bool(users),
            needs_name=self._site.access.has_admin,
            has_codes=any(user.second_factor for user in users),
        )

    def _landing(self, target: str, user: User | None) -> str:
        """Where a login leads: whoever comes first has a camera to aim."""
        may_aim = user is None or user.role is Role.ADMIN
        is_first = not self._site.access.sessions.was_opened
        return "/setup" if is_first and may_aim and target == "/" else self._next(target)

    def _next(self, target: str) -> str:
        """Only to pages of ours: a link to the login must not lead elsewhere."""
        return target if target in self._pages or target == "/door" else "/"


def _address(request: Request) -> str:
    return request.client.host if request.client else ""
