"""People of each role, logged in, for tests that ask what each may do."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import httpx
from playwright.sync_api import Page

from edge.web.people.access import Access
from edge.web.people.hashing import csrf_token
from edge.web.people.roles import Role
from tests.edge.web.conftest import Site


def session_of(site: Site, role: Role, name: str = "") -> str:
    """A session of a user of that role, who is made if there is none; nothing is hashed, which would take its time."""
    access, name = Access(site.folder), name or f"some-{role}"
    if access.users.find(name) is None:
        access.users.add(name, role)
    return access.sessions.open(name, address="192.0.2.1", browser="Mozilla/5.0 (X11; Linux) Firefox/140.0")


@contextmanager
def client_of(site: Site, role: Role, name: str = "") -> Iterator[httpx.Client]:
    """A browser of theirs, with one of our pages open."""
    session = session_of(site, role, name)
    headers = {"X-CSRF-Token": csrf_token(session)}
    with httpx.Client(base_url=site.url, headers=headers, cookies={"maskgate": session}) as client:
        yield client


def let_in(page: Page, site: Site, role: Role, name: str = "") -> None:
    """Give a browser window the cookie of a login."""
    page.context.add_cookies([{"name": "maskgate", "value": session_of(site, role, name), "url": site.url}])
