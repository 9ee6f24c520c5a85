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

from edge.web.guarding.guard import Guard
from edge.web.guarding.recognition import Recognition
from edge.web.guarding.visitor import Visitor
from edge.web.operations import routes
from edge.web.pages import is_public, no_such_page, page_routes
from edge.web.site import Site
from edge.web.table import OPERATIONS


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
