"""The pages for people: one template each, filled by scripts that ask the API."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from anyio import to_thread
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from edge.config.schema import WebConfig
from edge.host.time_zone import machine_zone
from edge.languages.language import LANGUAGES, NAMES
from edge.languages.words import mark, offered, words_in
from edge.types import AlarmState
from edge.web import scripted
from edge.web.door import DOOR_PATHS, door_routes
from edge.web.guarding.visitor import Visitor, why_not
from edge.web.language import COOKIE, language_of
from edge.web.login import login_routes
from edge.web.openapi import openapi
from edge.web.packed import Packed
from edge.web.people.hashing import MIN_PASSWORD, csrf_token
from edge.web.people.roles import ALLOWS, Role, Scope, least_role
from edge.web.rendering import render
from edge.web.reports import report_values
from edge.web.site import Site
from edge.web.spreadsheet import can_write
from edge.web.table import OPERATIONS

STATIC = Path(__file__).parent / "static"


@dataclass(frozen=True, slots=True)
class Page:
    """A page for people.

    Attributes:
        template: that makes it.
        title: in the menu, in English.
        scope: what a role must allow for it; None where each person sees their own.
    """

    template: str
    title: str
    scope: Scope | None


PAGES: Mapping[str, Page] = {
    "/": Page("status", mark("Status"), Scope.READ),
    "/doors": Page("doors", mark("Doors"), Scope.READ),
    "/incidents": Page("incidents", mark("Incidents"), Scope.CONTROL),
    "/events": Page("events", mark("Events"), Scope.READ),
    "/reports": Page("reports", mark("Reports"), Scope.READ),
    "/snapshots": Page("snapshots", mark("Snapshots"), Scope.PICTURE),
    "/settings": Page("settings", mark("Settings"), Scope.SETTINGS),
    "/setup": Page("setup", mark("Set-up"), Scope.ADMIN),
    "/health": Page("health", mark("Health"), Scope.CONTROL),
    "/access": Page("access", mark("Access"), Scope.ADMIN),
    "/account": Page("account", mark("Account"), None),
    "/api": Page("api", mark("API"), Scope.READ),
}
"""By path, in the order of the menu."""

_PUBLIC = frozenset(
    {"/healthz", "/login", "/invitation", "/static/style.css", "/static/icon.svg", "/static/invitation.js"}
    | {"/static/words.js"}
    | {scripted.PATH.format(language=language) for language in LANGUAGES}
)


def is_public(path: str, config: WebConfig) -> bool:
    """Whether a path needs no login."""
    return path in _PUBLIC or (config.open_door_screen and path in DOOR_PATHS)


def page_routes(site: Site) -> Iterator[BaseRoute]:
    """All pages, and the files they load."""
    yield Route("/healthz", _healthz(site))
    yield from login_routes(site, PAGES)
    for path, page in PAGES.items():
        yield Route(path, _page(site, page))
    yield Route("/openapi.json", _openapi)
    yield from door_routes(site)
    yield Route(scripted.PATH, scripted.show)
    yield Mount("/static", StaticFiles(directory=STATIC))


_Endpoint = Callable[[Request], Awaitable[Response]]


def _healthz(site: Site) -> _Endpoint:
    """For a watchdog on the network: nothing but whether the door is watched."""

    async def healthz(_: Request) -> Response:
        status = await to_thread.run_sync(site.feed.status)
        is_well = status.state is not AlarmState.FAULT
        return JSONResponse({"level": status.level, "state": status.state}, 200 if is_well else 503)

    return healthz


def _page(site: Site, page: Page) -> _Endpoint:
    async def show(request: Request) -> Response:
        visitor: Visitor = request.scope["visitor"]
        if not visitor.session:
            raise HTTPException(403, "pages are for people; a token is for the API")
        _ = words_in(language_of(request, site.in_use()))
        if why_not(visitor, page.scope):
            refusal = _("the role {role} may not do this; an admin can give you another one", role=_(str(visitor.role)))
            return _show(request, site, "refused", mark("Not for you"), status=403, refusal=refusal)
        values: dict[str, object] = {}
        if page.template == "account":
            values = {"languages": {one: NAMES[one] for one in offered()}, "chosen": request.cookies.get(COOKIE, "")}
        if page.template == "reports":
            values = await to_thread.run_sync(report_values, site, request.query_params, _)
        return _show(request, site, page.template, page.title, status=200, **values)

    return show


def _is_used(path: str, site: Site) -> bool:
    """Most kiosks are the only one."""
    return path != "/doors" or site.in_use().web.doors


def no_such_page(request: Request, site: Site) -> Response:
    """For a person who followed an old link, or mistyped an address."""
    _ = words_in(language_of(request, site.in_use()))
    refusal = _("there is no page {path}: look for it in the menu above", path=request.url.path[:80])
    return _show(request, site, "refused", mark("No such page"), status=404, refusal=refusal)


def _show(request: Request, site: Site, template: str, title: str, *, status: int = 200, **values: object) -> Response:
    visitor: Visitor = request.scope["visitor"]
    config = site.in_use()
    return render(
        template,
        status,
        language=language_of(request, config),
        title=title,
        path=request.url.path,
        csrf=csrf_token(visitor.session),
        visitor=visitor,
        door=config.door,
        zone=config.door.time_zone or machine_zone() or "",
        pages={
            path: page for path, page in PAGES.items() if why_not(visitor, page.scope) is None and _is_used(path, site)
        },
        may={scope.value for scope in visitor.scopes},
        allows=ALLOWS,
        roles={role: [ALLOWS[scope] for scope in Scope if least_role(scope) is role] for role in Role},
        min_password=MIN_PASSWORD,
        tells=config.notify.is_on,
        speaks=site.test_sound is not None,
        spreadsheets=can_write(),
        **values,
    )


async def _openapi(request: Request) -> Response:
    if refusal := why_not(request.scope["visitor"], Scope.READ):
        raise HTTPException(403, refusal)
    return _document().answer(request)


@cache
def _document() -> Packed:
    """The same for everybody, without a secret in it that the length could give away."""
    return Packed(json.dumps(openapi(OPERATIONS)).encode(), "application/json")
