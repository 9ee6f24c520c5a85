"""Roles by operations and pages: each is refused or allowed as the table says, by the kiosk itself."""

from __future__ import annotations

import re
import runpy
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Page, expect

from edge.web.operations import PREFIX
from edge.web.pages import PAGES
from edge.web.people.access import Access
from edge.web.people.roles import SCOPES, Role, Scope, least_role
from edge.web.table import OPERATIONS
from tests.edge.web.conftest import BARE, Site
from tests.edge.web.people.visitors import client_of, let_in

DOCS = Path(__file__).resolve().parents[4] / "docs"

EACH = {
    "GET /account",
    "DELETE /account/sessions/{id}",
    "POST /account/second-factor/secret",
    "POST /account/second-factor",
    "POST /account/second-factor/off",
    "POST /account/recovery-codes",
    "POST /password",
}
"""What is each person's own."""

VIEWER = {
    "GET /status",
    "GET /doors",
    "GET /stream",
    "GET /events",
    "GET /events.csv",
    "GET /tallies",
    "GET /tallies.csv",
    "GET /settings",
    "GET /pins",
}
OPERATOR = VIEWER | {
    "GET /picture.jpg",
    "GET /picture.mjpeg",
    "GET /snapshots",
    "GET /snapshots/{name}",
    "GET /uncertain",
    "GET /uncertain/{name}",
    "GET /incidents",
    "GET /incidents.csv",
    "GET /incidents.xlsx",
    "GET /incidents/hindsight",
    "PATCH /incidents/{id}",
    "GET /health",
    "POST /mute",
    "POST /acknowledge",
    "POST /door/lockdown",
    "POST /door/reset-fire",
    "POST /sound/test",
}
ALL = {f"{operation.method} {operation.path}" for operation in OPERATIONS}
MAY = {Role.VIEWER: VIEWER | EACH, Role.OPERATOR: OPERATOR | EACH, Role.ADMIN: ALL}
"""Written out, not derived: whoever adds an operation says here whether others than admins may have it."""

PAGES_OF = {
    Role.VIEWER: {"/", "/doors", "/events", "/reports", "/account", "/api"},
    Role.OPERATOR: {"/", "/doors", "/incidents", "/events", "/reports", "/snapshots", "/health", "/account", "/api"},
    Role.ADMIN: set(PAGES),
}


def ask(client: httpx.Client, method: str, path: str) -> httpx.Response:
    """The answer's head alone: streams have no end."""
    body: dict[str, str] | None = None if method in ("GET", "DELETE") else {}
    with client.stream(method, PREFIX + re.sub(r"\{\w+\}", "nobody", path), json=body) as answer:
        return answer


@pytest.mark.parametrize("role", list(Role))
def test_each_operation_is_refused_or_allowed_by_role(role: Role, site: Site) -> None:
    """Asked of a running kiosk, with nothing in the body: whoever may is told that it lacks something, or served."""
    site.show(BARE, "alert")
    with client_of(site, role) as client:
        allowed = set()
        for operation in sorted(ALL):
            method, path = operation.split()
            status = ask(client, method, path).status_code
            assert status not in (401, 500), operation
            if status != 403:
                allowed.add(operation)
    assert allowed == MAY[role]


@pytest.mark.parametrize("scope", list(Scope))
def test_each_operation_is_refused_or_allowed_by_token(scope: Scope, site: Site) -> None:
    """A token with one scope has what that opens, and nothing that belongs to people."""
    key = Access(site.folder).tokens.add("program", (scope,))
    with httpx.Client(base_url=site.url, headers={"Authorization": f"Bearer {key}"}) as client:
        answers = {operation: ask(client, *operation.split()).status_code for operation in sorted(ALL)}
    allowed = {operation for operation, status in answers.items() if status != 403}
    assert allowed == {f"{one.method} {one.path}" for one in OPERATIONS if one.scope is scope}
    assert not allowed & EACH


@pytest.mark.parametrize("role", list(Role))
def test_each_page_is_refused_or_shown_by_role(role: Role, site: Site, page: Page) -> None:
    """The menu has what may be seen, and no more; another address leads to a page that says why not. A kiosk that lists
    no others has no link to them.
    """
    let_in(page, site, role)
    for path in PAGES:
        answer = page.goto(site.url + path)
        assert answer is not None
        assert answer.status == (200 if path in PAGES_OF[role] else 403), path
        if answer.status == 403:
            expect(page.locator("main")).to_contain_text(f"The role {role} may not do this")
        links = page.locator("nav a").evaluate_all("all => all.map((link) => link.pathname)")
        assert set(links) == PAGES_OF[role] - {"/doors"} | {"/door"}
    expect(page.locator(".who")).to_have_text(f"some-{role}, {role}")


@pytest.mark.parametrize("role", list(Role))
def test_the_status_page_has_no_button_that_would_be_refused(
    role: Role, make_site: Callable[..., Site], page: Page
) -> None:
    """A viewer sees state and events without picture and buttons; nothing that the page asks for is refused."""
    site = make_site(lock=True)
    refused: list[str] = []
    page.on("response", lambda answer: refused.append(answer.url) if answer.status >= 400 else None)
    let_in(page, site, role)
    page.goto(site.url)
    site.show(BARE, "alert")
    expect(page.locator("#state")).to_have_attribute("data-state", "alert")
    expect(page.locator("#lock")).to_contain_text("Unlocked: fire")
    expect(page.locator("#events tbody tr").first).to_be_visible()
    is_operator = role is not Role.VIEWER
    for selector in ("#picture", "#acknowledge", "#mute", "#lockdown"):
        assert page.locator(selector).count() == is_operator, selector
    assert refused == []


def test_a_smaller_role_ends_what_is_under_way(site: Site) -> None:
    """Whoever may see no pictures any more sees none two seconds later."""
    with client_of(site, Role.OPERATOR, "olga") as client, client.stream("GET", "/api/v1/picture.mjpeg") as pictures:
        parts = pictures.iter_raw()
        assert next(parts)
        Access(site.folder).users.set_role("olga", Role.VIEWER)
        for _ in parts:
            pass
        assert client.get("/api/v1/picture.jpg").status_code == 403
        assert client.get("/api/v1/status").status_code == 200


def test_every_scope_has_a_role_and_roles_grow() -> None:
    """Each role may all that the one before it may."""
    assert SCOPES[Role.VIEWER] < SCOPES[Role.OPERATOR] < SCOPES[Role.ADMIN] == frozenset(Scope)
    assert least_role(Scope.PICTURE) is Role.OPERATOR


def test_the_docs_have_the_same_table() -> None:
    """docs/web.md, as `python docs/write_roles.py` writes it."""
    text = (DOCS / "web.md").read_text(encoding="utf-8")
    assert runpy.run_path(str(DOCS / "write_roles.py"))["with_table"](text) == text
    assert "| viewer | operator | admin |" in text
