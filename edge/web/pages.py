"""The pages for people: one template each, filled by scripts that ask the API."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from urllib.parse import parse_qs

from anyio import to_thread
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from edge.config.schema import WebConfig
from edge.types import AlarmState
from edge.web.door import DOOR_PATHS, door_routes
from edge.web.guarding.guard import cookie_name, may
from edge.web.guarding.logins import Locked
from edge.web.openapi import openapi
from edge.web.people.access import MIN_PASSWORD, SESSION_AGE, Scope, csrf_token
from edge.web.rendering import render
from edge.web.site import Site
from edge.web.table import OPERATIONS

STATIC = Path(__file__).parent / "static"

PAGES = {
    "/": ("status", "Status"),
    "/events": ("events", "Events"),
    "/settings": ("settings", "Settings"),
    "/setup": ("setup", "Set-up"),
    "/snapshots": ("snapshots", "Snapshots"),
    "/access": ("access", "Access"),
    "/api": ("api", "API"),
}
"""Template and title by path, in the order of the menu."""

_PUBLIC = frozenset({"/healthz", "/login", "/static/style.css", "/static/icon.svg"})


def is_public(path: str, config: WebConfig) -> bool:
    """Whether a path needs no login."""
    return path in _PUBLIC or (config.open_door_screen and path in DOOR_PATHS)


def page_routes(site: Site) -> Iterator[BaseRoute]:
    """All pages, and the files they load."""
    yield Route("/healthz", _healthz(site))
    login = _Login(site)
    yield Route("/login", login.show, methods=["GET"])
    yield Route("/login", login.check, methods=["POST"])
    yield Route("/logout", _logout(site), methods=["POST"])
    for path, (template, title) in PAGES.items():
        yield Route(path, _page(site, template, title))
    yield Route("/openapi.json", _openapi)
    yield from door_routes(site)
    yield Mount("/static", StaticFiles(directory=STATIC))


_Endpoint = Callable[[Request], Awaitable[Response]]


def _healthz(site: Site) -> _Endpoint:
    """For a watchdog on the network: nothing but whether the door is watched."""

    async def healthz(_: Request) -> Response:
        status = await to_thread.run_sync(site.feed.status)
        is_well = status.state is not AlarmState.FAULT
        return JSONResponse({"level": status.level, "state": status.state}, 200 if is_well else 503)

    return healthz


def _page(site: Site, template: str, title: str) -> _Endpoint:
    async def page(request: Request) -> Response:
        visitor = request.scope["visitor"]
        if not visitor.session:
            raise HTTPException(403, "pages are for people; a token is for the API")
        return render(
            template,
            title=title,
            path=request.url.path,
            csrf=csrf_token(visitor.session),
            pages=PAGES,
            scopes=list(Scope),
            min_password=MIN_PASSWORD,
            speaks=site.test_sound is not None,
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
        is_first = not self._site.access.was_opened
        session = await to_thread.run_sync(self._site.access.open_session)
        self._site.audit(f"login from {address}")
        # Whoever comes first has a camera to aim.
        response = RedirectResponse("/setup" if is_first and target == "/" else _next(target), 303)
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
        return render("login", status, title="Log in", target=_next(target), complaint=complaint)


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
