"""The API is fuzzed by its own document: no answer that is not described, no 500, no hang."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from edge.web.access import Access, Scope
from edge.web.api import OPERATIONS
from edge.web.operations import PREFIX, openapi
from tests.edge.web.conftest import Site

CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
RELAXED = list(HealthCheck)
"""A server takes its time, and what it gives is not drawn by Hypothesis."""

ENDLESS = {f"{PREFIX}/stream", f"{PREFIX}/picture.mjpeg"}


def test_every_operation_is_described() -> None:
    """With its scope, its refusals, and schemas that exist."""
    document = openapi(OPERATIONS)
    assert document == openapi(OPERATIONS)
    described = [(path, method) for path, methods in document["paths"].items() for method in methods]
    assert len(described) == len(OPERATIONS)
    ids = [document["paths"][path][method]["operationId"] for path, method in described]
    assert len(set(ids)) == len(ids)


@pytest.mark.slow
@pytest.mark.parametrize("mode", list(GenerationMode))
def test_no_request_breaks_the_api(mode: GenerationMode, make_site: Callable[..., Site]) -> None:
    """Whatever fits the document, and whatever does not, on every operation."""
    site = make_site(snapshots=True)
    headers = {"Authorization": f"Bearer {Access(site.folder).add_token('the attack', tuple(Scope))}"}
    schema = schemathesis.openapi.from_url(f"{site.url}/openapi.json", headers=headers)
    tried = 0
    for result in schema.get_all_operations():
        assert isinstance(result, Ok)
        operation = result.ok()
        if operation.path not in ENDLESS:
            attack(operation.as_strategy(generation_mode=mode), headers)
            tried += 1
    assert tried == len(OPERATIONS) - len(ENDLESS)


def attack(cases: st.SearchStrategy[Any], headers: dict[str, str]) -> None:
    @settings(max_examples=20, deadline=None, database=None, phases=[Phase.generate], suppress_health_check=RELAXED)
    @given(case=cases)
    def send(case: Any) -> None:
        response = case.call(headers=headers, timeout=20)
        # What is no HTTP at all is refused before it reaches the API.
        if response.content != b"Invalid HTTP request received.":
            case.validate_response(response, checks=CHECKS)

    send()


@pytest.mark.slow
def test_no_bytes_break_the_login(site: Site) -> None:
    """Whatever arrives as a form is a wrong password, and soon one too many."""

    @settings(max_examples=100, deadline=None, database=None, suppress_health_check=RELAXED)
    @given(content=st.binary(max_size=300))
    def post(content: bytes) -> None:
        assert httpx.post(f"{site.url}/login", content=content).status_code in (403, 429)

    post()
