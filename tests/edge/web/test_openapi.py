"""The API is fuzzed by its own document: no answer that is not described, no 500, no hang."""

from __future__ import annotations

import logging
import socket
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import quote

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

from edge.web.openapi import openapi
from edge.web.operations import PREFIX
from edge.web.people.access import Access
from edge.web.people.roles import Scope
from edge.web.table import OPERATIONS
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


def test_it_is_sent_packed_to_who_can_unpack_it(site: Site) -> None:
    """The same document, a fifth of the bytes or less; as it is to anybody else."""
    with site.client() as client:
        packed = client.get("/openapi.json")
        plain = client.get("/openapi.json", headers={"Accept-Encoding": "identity"})
    assert packed.json() == plain.json() == openapi(OPERATIONS)
    assert (packed.headers["Content-Encoding"], "Content-Encoding" in plain.headers) == ("gzip", False)
    assert 5 * int(packed.headers["Content-Length"]) < int(plain.headers["Content-Length"])


@pytest.fixture(autouse=True)
def nothing_breaks(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """No traceback, no error of ours: a server's error would be logged as one."""
    yield
    errors = [record for record in caplog.get_records("call") if record.levelno >= logging.ERROR or record.exc_info]
    assert [record.getMessage() for record in errors] == []


@pytest.mark.slow
@pytest.mark.parametrize("who", ["everybody", "nobody"])
@pytest.mark.parametrize("mode", list(GenerationMode))
def test_no_request_breaks_the_api(mode: GenerationMode, who: str, make_site: Callable[..., Site]) -> None:
    """Whatever fits the document, and whatever does not, on every operation, by one who may and one who may not."""
    site = make_site(snapshots=True)
    may = {"Authorization": f"Bearer {Access(site.folder).tokens.add('the attack', tuple(Scope))}"}
    headers = may if who == "everybody" else {}
    schema = schemathesis.openapi.from_url(f"{site.url}/openapi.json", headers=may)
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
            # A forged token may be among what is drawn, a true one is not.
            assert headers or response.status_code >= 400

    send()


@pytest.mark.slow
def test_no_bytes_break_the_login(site: Site) -> None:
    """Whatever arrives as a form is a wrong password, and soon one too many."""

    @settings(max_examples=100, deadline=None, database=None, suppress_health_check=RELAXED)
    @given(content=st.binary(max_size=300))
    def post(content: bytes) -> None:
        assert httpx.post(f"{site.url}/login", content=content).status_code in (403, 429)

    post()


HEADERS = ("Authorization", "Cookie", "X-CSRF-Token", "Origin", "Sec-Fetch-Site", "Content-Type", "Accept", "Range",
           "Content-Length", "Transfer-Encoding", "X-Forwarded-For", "X-Forwarded-Proto", "If-None-Match")  # fmt: skip
PATHS = ("/", "/door", "/login", "/events", "/logout", "/static/", "/openapi.json", "/healthz", "/api/v1/")
LATIN = st.text(st.characters(max_codepoint=255, exclude_characters="\r\n"), max_size=60)


@pytest.mark.slow
def test_no_bytes_break_the_server(site: Site) -> None:
    """Any method, path, query, header and body, with a login and without: refused or answered, at once."""
    with site.client() as client:
        cookie = f"maskgate={client.cookies['maskgate']}"
    port = int(site.url.rpartition(":")[2])
    lines = st.lists(st.tuples(st.sampled_from(HEADERS), LATIN | st.just(cookie)), max_size=4)
    asked: set[int] = set()

    @settings(max_examples=400, deadline=None, database=None, suppress_health_check=RELAXED)
    @given(
        method=st.sampled_from(["GET", "HEAD", "POST", "PATCH", "DELETE", "OPTIONS"]) | LATIN,
        path=st.sampled_from(PATHS) | st.builds("{}{}".format, st.sampled_from(PATHS), LATIN.map(quote) | LATIN),
        query=LATIN.map(quote) | LATIN,
        headers=lines,
        is_known=st.booleans(),
        body=st.binary(max_size=100),
    )
    def send(method: str, path: str, query: str, headers: list[tuple[str, str]], is_known: bool, body: bytes) -> None:
        known = [("Cookie", cookie)] if is_known else []
        head = [f"{method} {path}?{query} HTTP/1.1", "Host: door", "Connection: close"]
        head += [f"{name}: {value}" for name, value in [*known, *headers]]
        with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
            connection.sendall("\r\n".join(head).encode("latin-1") + b"\r\n\r\n" + body)
            connection.shutdown(socket.SHUT_WR)
            answer = connection.recv(12)
        if answer:
            status = int(answer.removeprefix(b"HTTP/1.1 "))
            asked.add(status)
            assert status < 500

    send()
    assert {200, 400, 401} <= asked


@pytest.mark.slow
@pytest.mark.parametrize("page", ["/login?next={}", "/door?lang={}", "/?{}"])
def test_no_text_breaks_a_page(page: str, make_site: Callable[..., Site]) -> None:
    """Whatever an address says, the page is ours, and says nothing of it."""
    site = make_site(open_door_screen=True)

    @settings(max_examples=50, deadline=None, database=None, suppress_health_check=RELAXED)
    @given(text=st.text(min_size=1, max_size=40))
    def look(text: str) -> None:
        mark = f"<mark-{text}>"
        answer = httpx.get(site.url + page.format(quote(mark, errors="replace")))
        assert answer.status_code in (200, 401)
        assert "<mark-" not in answer.text

    look()
