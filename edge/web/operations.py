"""An API is a table of operations; routes, checks and the OpenAPI document all follow from it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from pydantic import BaseModel, ValidationError
from pydantic.json_schema import models_json_schema
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from edge import __version__
from edge.errors import EventsError, MaskgateError
from edge.web.access import Scope
from edge.web.guard import Visitor, may
from edge.web.site import Site

PREFIX = "/api/v1"


class ErrorAnswer(BaseModel):
    """Why a request was refused."""

    error: str


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
        scope: what a token needs for it.
        summary: for people.
        handle: does it; no answer is 204, No Content.
        query, body: models of what is asked.
        answer: model of the JSON answered, or the media type if it is something else.
        status: of a success.
        refusals: statuses with which it may be refused, beside those that all have.
    """

    method: Literal["GET", "POST", "PATCH", "DELETE"]
    path: str
    scope: Scope
    summary: str
    handle: Handle
    query: type[BaseModel] | None = None
    body: type[BaseModel] | None = None
    answer: type[BaseModel] | str | None = None
    status: int = 200
    refusals: Sequence[int] = field(default=())


def routes(operations: Sequence[Operation], site: Site) -> Iterator[Route]:
    """A route for each operation."""
    for operation in operations:
        yield Route(PREFIX + operation.path, _endpoint(operation, site), methods=[operation.method])


def _endpoint(operation: Operation, site: Site) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(request: Request) -> Response:
        try:
            visitor = _admitted(request.scope["visitor"], operation)
            call = Call(site, request, visitor, _query(operation, request), await _body(operation, request))
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
    if not may(visitor, [operation.scope]):
        raise ApiError(403, f"this token lacks the scope {operation.scope.value!r}")
    return visitor


def _refusal(error: ApiError | ValidationError | MaskgateError) -> JSONResponse:
    if isinstance(error, ValidationError):
        return JSONResponse({"error": "; ".join(map(_explain, error.errors(include_url=False)))}, 422)
    if isinstance(error, ApiError):
        return JSONResponse({"error": str(error)}, error.status)
    return JSONResponse({"error": str(error)}, 503 if isinstance(error, EventsError) else 409)


def _query(operation: Operation, request: Request) -> BaseModel | None:
    if operation.query is None:
        return None
    lists = {name for name, field in operation.query.model_fields.items() if "tuple" in str(field.annotation)}
    params = request.query_params
    values = {key: params.getlist(key) if key in lists else params[key] for key in params}
    return operation.query.model_validate(values)


async def _body(operation: Operation, request: Request) -> BaseModel | None:
    if operation.body is None:
        return None
    if request.headers.get("Content-Type", "").partition(";")[0].strip().lower() != "application/json":
        raise ApiError(415, "send application/json")
    return operation.body.model_validate_json(await request.body())


def _explain(problem: Any) -> str:
    place = ".".join(str(part) for part in problem["loc"])
    return f"{place}: {problem['msg']}" if place else problem["msg"]


# --- the document ---

_WORDS = {
    200: "done",
    201: "made",
    202: "accepted",
    204: "done",
    400: "malformed",
    401: "no login and no token",
    403: "the scope is missing",
    404: "there is none",
    408: "the body came too slowly",
    409: "refused",
    413: "too large",
    415: "not application/json",
    422: "a value is wrong",
    503: "cannot be had now",
}


def openapi(operations: Sequence[Operation]) -> dict[str, Any]:
    """The OpenAPI 3.1 document of a table of operations."""
    models = {
        model
        for operation in operations
        for model in (operation.query, operation.body, operation.answer)
        if isinstance(model, type)
    } | {ErrorAnswer}
    # Bodies and answers share the schemas; the order must not depend on memory addresses.
    ordered = sorted(models, key=lambda model: model.__name__)
    _, schemas = models_json_schema(
        [(model, "validation") for model in ordered], ref_template="#/components/schemas/{model}"
    )
    paths: dict[str, dict[str, Any]] = {}
    for operation in operations:
        paths.setdefault(PREFIX + operation.path, {})[operation.method.lower()] = _describe(operation)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Maskgate",
            "version": __version__,
            "description": "State, events and settings of the kiosk. A program sends `Authorization: Bearer TOKEN`.",
        },
        "paths": paths,
        "components": {
            "schemas": schemas.get("$defs", {}),
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
        "security": [{"token": []}],
    }


def _describe(operation: Operation) -> dict[str, Any]:
    statuses = [401, 403, 413, *operation.refusals]
    if operation.query is not None or operation.body is not None:
        statuses.append(422)
    if operation.body is not None:
        statuses += [408, 415]
    refusals = {str(status): _json(ErrorAnswer, _WORDS[status]) for status in sorted(set(statuses) | {400})}
    described: dict[str, Any] = {
        "summary": operation.summary,
        "operationId": f"{operation.method.lower()}{operation.path.replace('/', '_').replace('.', '_')}".replace(
            "{", ""
        ).replace("}", ""),
        "description": f"Scope: `{operation.scope.value}`.",
        "tags": [operation.scope.value],
        "responses": _success(operation) | refusals,
    }
    if parameters := [*_path_parameters(operation.path), *_query_parameters(operation.query)]:
        described["parameters"] = parameters
    if operation.body is not None:
        described["requestBody"] = {"required": True} | _json(operation.body, operation.summary)
    return described


def _success(operation: Operation) -> dict[str, Any]:
    if operation.answer is None:
        return {"204": {"description": _WORDS[204]}}
    if isinstance(operation.answer, str):
        content = {operation.answer: {"schema": {"type": "string"}}}
        return {str(operation.status): {"description": _WORDS[operation.status], "content": content}}
    return {str(operation.status): _json(operation.answer, _WORDS[operation.status])}


def _json(model: type[BaseModel], description: str) -> dict[str, Any]:
    schema = {"$ref": f"#/components/schemas/{model.__name__}"}
    return {"description": description, "content": {"application/json": {"schema": schema}}}


def _path_parameters(path: str) -> Iterator[dict[str, Any]]:
    for part in path.split("/"):
        if part.startswith("{"):
            yield {"name": part[1:-1], "in": "path", "required": True, "schema": {"type": "string", "minLength": 1}}


def _query_parameters(model: type[BaseModel] | None) -> Iterator[dict[str, Any]]:
    if model is None:
        return
    schema = model.model_json_schema(ref_template="#/components/schemas/{model}")
    for name, value in schema.get("properties", {}).items():
        yield {"name": name, "in": "query", "schema": value, "description": value.get("description", "")}
