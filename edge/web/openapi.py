"""The OpenAPI document of the API, made from its table of operations."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from edge import __version__
from edge.web.operations import PREFIX, ErrorAnswer, Operation

_WORDS = {
    200: "done",
    201: "made",
    202: "accepted",
    204: "done",
    400: "malformed",
    401: "no login and no token",
    403: "the role or token does not allow it",
    404: "there is none",
    408: "the body came too slowly",
    409: "refused",
    413: "too large",
    415: "not application/json",
    421: "the host name is not one of the kiosk's",
    422: "a value is wrong",
    503: "not available now",
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
    statuses = [401, 403, 413, 421, *operation.refusals]
    if operation.query is not None or operation.body is not None:
        statuses.append(422)
    if operation.body is not None:
        statuses += [408, 415]
    if operation.is_upload:
        statuses.append(408)
    refusals = {str(status): _json(ErrorAnswer, _WORDS[status]) for status in sorted(set(statuses) | {400})}
    described: dict[str, Any] = {
        "summary": operation.summary,
        "operationId": f"{operation.method.lower()}{operation.path.replace('/', '_').replace('.', '_')}".replace(
            "{", ""
        ).replace("}", ""),
        "description": f"Scope: `{operation.scope}`." if operation.scope else "For people, about themselves.",
        "tags": [operation.scope or "account"],
        "responses": _success(operation) | refusals,
    }
    if parameters := [*_path_parameters(operation.path), *_query_parameters(operation.query)]:
        described["parameters"] = parameters
    if operation.body is not None:
        described["requestBody"] = {"required": True} | _json(operation.body, operation.summary)
    if operation.is_upload:
        content = {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}
        described["requestBody"] = {"required": True, "description": operation.summary, "content": content}
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
