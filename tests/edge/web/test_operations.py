"""A table of operations makes an API: what a request says is read by the type that is asked for."""

from __future__ import annotations

import asyncio
from typing import Any, Literal

import httpx
import pytest
from pydantic import BaseModel
from starlette.applications import Starlette
from starlette.routing import BaseRoute
from starlette.types import ASGIApp, Receive, Send
from starlette.types import Scope as RequestScope

from edge.web.guarding.visitor import Visitor
from edge.web.operations import PREFIX, Call, Operation, routes
from edge.web.people.roles import Scope


class Query(BaseModel):
    """Parameters, one of which may be given several times."""

    kind: tuple[str, ...] = ()
    shape: Literal["tuple", "list"] = "list"


class Told(BaseModel):
    """What was understood."""

    kind: list[str]
    shape: str


async def tell(call: Call) -> Told:
    """What was asked for."""
    return Told(kind=list(call.query.kind), shape=call.query.shape)


def known(app: ASGIApp) -> ASGIApp:
    """Whoever asks is known, as behind the guard."""

    async def admit(scope: RequestScope, receive: Receive, send: Send) -> None:
        scope["visitor"] = Visitor("test", frozenset(Scope))
        await app(scope, receive, send)

    return admit


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ("", {"kind": [], "shape": "list"}),
        ("kind=a", {"kind": ["a"], "shape": "list"}),
        ("kind=a&kind=b", {"kind": ["a", "b"], "shape": "list"}),
        ("shape=tuple", {"kind": [], "shape": "tuple"}),
    ],
)
def test_a_parameter_is_a_list_by_its_type(query: str, told: dict[str, Any]) -> None:
    """However the type is spelt: a value called "tuple" makes none."""
    site: Any = None
    table: list[BaseRoute] = list(routes([Operation("GET", "/told", Scope.READ, tell, query=Query, answer=Told)], site))

    async def ask() -> httpx.Response:
        transport = httpx.ASGITransport(known(Starlette(routes=table)))
        async with httpx.AsyncClient(transport=transport, base_url="http://door") as client:
            return await client.get(f"{PREFIX}/told?{query}")

    assert asyncio.run(ask()).json() == told
