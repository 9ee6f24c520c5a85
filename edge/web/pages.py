"""The pages for people: one template each, filled by scripts that ask the API."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from functools import lru_cache
from pathlib import Path
from urllib.parse import parse_qs

from anyio import to_thread
from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response, StreamingResponse
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from edge import __version__
from edge.config.schema import WebConfig
from edge.languages.catalogue import translate
from edge.languages.language import LANGUAGES, RIGHT_TO_LEFT
from edge.languages.messages import DOOR
from edge.supply import FEW
from edge.types import AlarmState
from edge.web.access import MIN_PASSWORD, SESSION_AGE, Scope, csrf_token
from edge.web.guard import cookie_name, may
from edge.web.logins import Locked
from edge.web.openapi import openapi
from edge.web.site import Site
from edge.web.status import DoorStatus, Status
from edge.web.table import OPERATIONS

STATIC = Path(__file__).parent / "static"

PAGES = {
    "/": ("status", "Status"),
    "/events": ("events", "Events"),
    "/settings": ("settings", "Settings"),
    "/snapshots": ("snapshots", "Snapshots"),
    "/access": ("access", "Access"),
    "/api": ("api", "API"),
}
"""Template and title by path, in the order of the menu."""

_PUBLIC = frozenset({"/healthz", "/login", "/static/style.css", "/static/icon.svg"})
_DOOR = frozenset({"/door", "/door/stream", "/static/door.css", "/static/door.js"})


def is_public(path: str, config: WebConfig) -> bool:
    """Whether a path needs no login."""
    return path in _PUBLIC or (config.open_door_screen and path in _DOOR)


def page_routes(site: Site) -> Iterator[BaseRoute]:
    """All pages, and the files they load."""
    yield Route("/healthz", _healthz(site))
    login = _Login(site)
    yield Route("/login", login.show, methods=["GET"])
    yield Route("/login", login.check, methods=["POST"])
    yield Route("/logout", _logout(site), methods=["POST"])
    for path, (template, title) in PAGES.items():
        yield Route(path, _page(template, title))
    yield Route("/openapi.json", _openapi)
    yield Route("/door", _door(site))
    yield Route("/door/stream", _door_stream(site))
    yield Mount("/static", StaticFiles(directory=STATIC))


_Endpoint = Callable[[Request], Awaitable[Response]]


@lru_cache
def _templates() -> Environment:
    return Environment(
        loader=PackageLoader("edge.web"), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
        lstrip_blocks=True,
    )  # fmt: skip


def _render(template: str, status: int = 200, **values: object) -> HTMLResponse:
    return HTMLResponse(_templates().get_template(f"{template}.html").render(version=__version__, **values), status)


def _healthz(site: Site) -> _Endpoint:
    """For a watchdog on the network: nothing but whether the door is watched."""

    async def healthz(_: Request) -> Response:
        status = await to_thread.run_sync(site.feed.status)
        is_well = status.state is not AlarmState.FAULT
        return JSONResponse({"level": status.level, "state": status.state}, 200 if is_well else 503)

    return healthz


def _page(template: str, title: str) -> _Endpoint:
    async def page(request: Request) -> Response:
        visitor = request.scope["visitor"]
        if not visitor.session:
            raise HTTPException(403, "pages are for people; a token is for the API")
        return _render(
            template,
            title=title,
            path=request.url.path,
            csrf=csrf_token(visitor.session),
            pages=PAGES,
            scopes=list(Scope),
            min_password=MIN_PASSWORD,
        )

    return page


async def _openapi(request: Request) -> Response:
    if not may(request.scope["visitor"], [Scope.READ]):
        raise HTTPException(403, "this token lacks the scope 'read'")
    return JSONResponse(openapi(OPERATIONS))


# --- login ---


class _Login:
    def __init__(self, site: Site) -> None:
        self._site = site

    async def show(self, request: Request) -> Response:
        if request.scope["visitor"]:
            return RedirectResponse(_next(request.query_params.get("next", "/")), 303)
        return self._form(request.query_params.get("next", "/"), "", 200)

    async def check(self, request: Request) -> Response:
        form = parse_qs((await request.body()).decode("utf-8", "replace"))
        target = form.get("next", ["/"])[0]
        password = form.get("password", [""])[0]
        if not self._site.access.has_password:
            return self._form(target, "No password is set yet. On the kiosk: sudo maskgate web-password", 403)
        address = request.client.host if request.client else ""
        try:
            if await self._site.logins.is_right(password, address):
                return await self._let_in(request, target, address)
        except Locked as locked:
            refusal = self._form(target, f"Too many attempts. Try again in {locked.wait_s // 60 + 1:.0f} minutes.", 429)
            refusal.headers["Retry-After"] = str(round(locked.wait_s) + 1)
            return refusal
        return self._form(target, "That is not the password.", 403)

    async def _let_in(self, request: Request, target: str, address: str) -> Response:
        session = await to_thread.run_sync(self._site.access.open_session)
        self._site.audit(f"login from {address}")
        response = RedirectResponse(_next(target), 303)
        response.set_cookie(
            cookie_name(request),
            session,
            max_age=round(SESSION_AGE.total_seconds()),
            httponly=True,
            samesite="strict",
            secure=request.url.scheme == "https",
        )
        return response

    def _form(self, target: str, complaint: str, status: int) -> HTMLResponse:
        return _render("login", status, title="Log in", target=_next(target), complaint=complaint)


def _next(target: str) -> str:
    """Only to pages of ours: a link to the login must not lead elsewhere."""
    return target if target in PAGES or target == "/door" else "/"


def _logout(site: Site) -> _Endpoint:
    async def logout(request: Request) -> Response:
        await to_thread.run_sync(site.access.close_session, request.scope["visitor"].session)
        response = Response(status_code=204)
        response.delete_cookie(
            cookie_name(request), httponly=True, samesite="strict", secure=request.url.scheme == "https"
        )
        return response

    return logout


# --- the door screen ---


def _door(site: Site) -> _Endpoint:
    async def door(request: Request) -> Response:
        wanted = request.query_params.getlist("lang")
        asked = [language for code in wanted for language in LANGUAGES if language == code]
        spoken = list(dict.fromkeys(asked or site.in_use().web.languages))
        words = {language: {shown: translate(text, language) for shown, text in DOOR.items()} for language in spoken}
        return _render("door", language=spoken[0], words=words, right_to_left=sorted(RIGHT_TO_LEFT))

    return door


def _door_stream(site: Site) -> _Endpoint:
    async def stream(_: Request) -> Response:
        async def lines() -> AsyncIterator[str]:
            async for status in site.feed.listen():
                yield f"data: {_for_the_door(status).model_dump_json()}\n\n"

        return StreamingResponse(lines(), media_type="text/event-stream")

    return stream


def _for_the_door(status: Status) -> DoorStatus:
    decides = all(problem.component != FEW for problem in status.problems)
    door = status.door
    return DoorStatus(
        state=status.state,
        reason=status.reason,
        decides=decides,
        warning=None if door is None else door.warning,
        lockdown=door is not None and door.lockdown,
        fire=door is not None and door.fire,
        version=status.version,
    )
