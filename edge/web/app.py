"""Puts the application together."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from edge.web.guarding.guard import SMALL, BodyBounds, Guard
from edge.web.guarding.recognition import Recognition
from edge.web.guarding.visitor import Visitor, may
from edge.web.operations import PREFIX, routes
from edge.web.pages import is_public, no_such_page, page_routes
from edge.web.people.roles import Scope
from edge.web.site import Site
from edge.web.table import OPERATIONS
from edge.web.updates.spool import MAX_UPLOAD

UPLOAD = BodyBounds(size=MAX_UPLOAD, all_s=3600.0, next_s=30.0)
"""A release, over a slow line; whoever sends nothing for half a minute has gone."""

UPLOADS = tuple(PREFIX + one.path.partition("{")[0] for one in OPERATIONS if one.is_upload)


def body_bounds(path: str, visitor: Visitor | None) -> BodyBounds:
    """A release only from whoever may install one: nobody else fills the card."""
    return UPLOAD if path.startswith(UPLOADS) and may(visitor, [Scope.ADMIN]) else SMALL


def make_app(site: Site) -> Starlette:
    """The whole site, behind its guard."""

    @asynccontextmanager
    async def keep_looking(_: Starlette) -> AsyncIterator[None]:
        tasks = [asyncio.create_task(site.feed.run()), asyncio.create_task(site.snapshots.run())]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()

    return Starlette(
        routes=[*routes(OPERATIONS, site), *page_routes(site)],
        middleware=[
            Middleware(
                Guard,
                recognition=Recognition(site.access, lambda: site.in_use().web),
                is_public=lambda path: is_public(path, site.in_use().web),
                names=lambda: site.in_use().web.host_names,
                bounds=body_bounds,
            ),
        ],
        exception_handlers={HTTPException: partial(_refuse, site)},
        lifespan=keep_looking,
    )


async def _refuse(site: Site, request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    visitor: Visitor | None = request.scope.get("visitor")
    if error.status_code == 404 and visitor is not None and visitor.session and "text/html" in _accepted(request):
        return no_such_page(request, site)
    return JSONResponse({"error": error.detail}, error.status_code, error.headers)


def _accepted(request: Request) -> str:
    return request.headers.get("Accept", "")
