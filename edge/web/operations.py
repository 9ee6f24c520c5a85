"""An API is a table of operations; routes, checks and the OpenAPI document (`edge.web.openapi`) follow from it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, get_origin

from pydantic import BaseModel, ValidationError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from edge.config.settings import RefusedValuesError
from edge.errors import EventsError, MaskgateError, cause_of
from edge.web.guarding.visitor import Visitor, why_not
from edge.web.people.roles import Scope
from edge.web.site import Site

PREFIX = "/api/v1"


class ErrorAnswer(BaseModel):
    """Why a request was refused; `fields` tells it of each value that is wrong, where it is known which are."""

    error: str
    fields: dict[str, str] = {}


class ApiError(Exception):
    """A refusal with its HTTP status."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


@dataclass(frozen=True, slots=True)
class Call:
    """A request that may be made and is well formed.

    Attributes:
        site: what a handler works with.
        request: as it came.
        visitor: who asks.
        query, body: values of the operation's models; None where it has none.
    """

    site: Site
    request: Request
    visitor: Visitor
    query: Any
    body: Any


Handle = Callable[[Call], Awaitable[BaseModel | Response | None]]


@dataclass(frozen=True, slots=True)
class Operation:
    """One thing the API does.

    Attributes:
        method, path: of HTTP; the path below PREFIX, with `{name}` for a part of it.
        scope: what a role or a token must allow; None for what is each person's own.
        handle: does it, and says in its docstring what that is; no answer is 204, No Content.
        query, body: models of what is asked.
        answer: model of the JSON answered, or the media type if it is something else.
        status: of a success.
        is_upload: whether the body is a file, as large as an upload may be.
        refusals: statuses with which it may be refused, beside those that all have.
    """

    method: Literal["GET", "POST", "PUT", "PATCH", "DELETE"]
    path: str
    scope: Scope | None
    handle: Handle
    query: type[BaseModel] | None = None
    body: type[BaseModel] | None = None
    answer: type[BaseModel] | str | None = None
    status: int = 200
    refusals: Sequence[int] = field(default=())
    is_upload: bool = False

    @property
    def summary(self) -> str:
        """What it does, for people."""
        return (self.handle.__doc__ or "").removesuffix(".")


def routes(operations: Sequence[Operation], site: Site) -> Iterator[Route]:
    """A route for each operation."""
    for operation in operations:
        yield Route(PREFIX + operation.path, _endpoint(operation, site), methods=[operation.method])


def _endpoint(operation: Operation, site: Site) -> Callable[[Request], Awaitable[Response]]:
    many = _many(operation.query)

    async def endpoint(request: Request) -> Response:
        try:
            visitor = _admitted(request.scope["visitor"], operation)
            call = Call(site, request, visitor, _query(operation, request, many), await _body(operation, request))
            answer = await operation.handle(call)
        except (ApiError, ValidationError, MaskgateError) as error:
            return _refusal(error)
        if isinstance(answer, Response):
            return answer
        if answer is None:
            return Response(status_code=204)
        return Response(answer.model_dump_json(), operation.status, media_type="application/json")

    return endpoint


def _admitted(visitor: Visitor, operation: Operation) -> Visitor:
    if refusal := why_not(visitor, operation.scope):
        raise ApiError(403, refusal)
    return visitor


def _refusal(error: ApiError | ValidationError | MaskgateError) -> JSONResponse:
    if isinstance(error, ValidationError):
        problems = error.errors(include_url=False)
        fields = {_place(problem): cause_of(problem) for problem in problems}
        return JSONResponse({"error": "; ".join(map(_explain, problems)), "fields": fields}, 422)
    if isinstance(error, ApiError):
        return JSONResponse({"error": str(error)}, error.status)
    told: dict[str, Any] = {"error": str(error)}
    if isinstance(error, RefusedValuesError):
        told["fields"] = dict(error.fields)
    return JSONResponse(told, 503 if isinstance(error, EventsError) else 409)


def _many(query: type[BaseModel] | None) -> frozenset[str]:
    """Parameters that may be given several times: those whose type is a tuple."""
    fields = query.model_fields if query else {}
    return frozenset(name for name, info in fields.items() if get_origin(info.annotation) is tuple)


def _query(operation: Operation, request: Request, many: frozenset[str]) -> BaseModel | None:
    if operation.query is None:
        return None
    params = request.query_params
    values = {key: params.getlist(key) if key in many else params[key] for key in params}
    return operation.query.model_validate(values)


async def _body(operation: Operation, request: Request) -> BaseModel | None:
    if operation.body is None:
        return None
    if request.headers.get("Content-Type", "").partition(";")[0].strip().lower() != "application/json":
        raise ApiError(415, "send application/json")
    return operation.body.model_validate_json(await request.body())


def _place(problem: Any) -> str:
    return ".".join(str(part) for part in problem["loc"])


def _explain(problem: Any) -> str:
    place = _place(problem)
    return f"{place}: {cause_of(problem)}" if place else cause_of(problem)
