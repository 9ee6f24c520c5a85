"""Puts the application together."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from edge.web.guarding.guard import Guard
from edge.web.guarding.recognition import Recognition
from edge.web.operations import routes
from edge.web.pages import is_public, page_routes
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
        exception_handlers={HTTPException: _refuse},
        lifespan=keep_looking,
    )


async def _refuse(_: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return JSONResponse({"error": error.detail}, error.status_code, error.headers)
