"""Recognises visitors: by a token, by what a trusted proxy says, or by the cookie of a session."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable, Mapping
from typing import Any

from starlette.requests import HTTPConnection
from starlette.types import Receive, Send
from starlette.types import Scope as RequestScope

from edge.config.schema import WebConfig
from edge.web.guarding.addresses import is_among
from edge.web.guarding.visitor import SHARED, Visitor
from edge.web.people.access import Access
from edge.web.people.kept import User
from edge.web.people.roles import SCOPES, Role, Scope

log = logging.getLogger(__name__)

PEER = "maskgate.peer"
"""The connection's other end, before a proxy's word on whom it speaks for is believed."""


class RememberPeer:
    """Middleware around the one that believes proxies: notes who is connected.

    Args:
        app: is told.
    """

    def __init__(self, app: Callable[..., Any]) -> None:
        self._app = app

    async def __call__(self, scope: RequestScope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            scope[PEER] = peer_of(scope)
        await self._app(scope, receive, send)


def peer_of(scope: Mapping[str, Any]) -> str:
    """The address a request came from, as noted or, without proxies, as it is."""
    client = scope.get("client")
    return scope.get(PEER) or (client[0] if client else "")


class Recognition:
    """Tells who asks.

    Args:
        access: knows people, sessions and tokens.
        web: the section of the configuration in use: which header names people, and which proxies are believed.
    """

    def __init__(self, access: Access, web: Callable[[], WebConfig]) -> None:
        self._access = access
        self._web = web
        self._secret = secrets.token_urlsafe()
        """Of this process: makes the sessions of people whom a proxy names, which are kept nowhere."""

    def visitor(self, request: HTTPConnection) -> Visitor | None:
        """Who asks; None if nobody knows.

        Raises:
            ConfigError: if the file of people cannot be read.
        """
        scheme, _, key = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() == "bearer":
            token = self._access.tokens.find(key.strip())
            return Visitor(f"token {token.name}", frozenset(token.scopes), maker=token.maker) if token else None
        if named := self._named_by_proxy(request):
            return _person(named, f"{self._secret} {named.name}", by_proxy=True)
        key = request.cookies.get(cookie_name(request), "")
        session = self._access.sessions.find(key) if key else None
        if session is None:
            return None
        if not session.user:
            # Somebody may have logged in while the password that all shared was erased.
            is_shared = self._access.shared.is_set
            return Visitor(SHARED, frozenset(Scope), key, role=Role.ADMIN) if is_shared else None
        user = self._access.users.find(session.user)
        return None if user is None else _person(user, key)

    def _named_by_proxy(self, request: HTTPConnection) -> User | None:
        web = self._web()
        if web.login_header is None or not is_among(peer_of(request.scope), web.trusted_proxies):
            return None
        # Two of them: one is the visitor's own, and the proxy is not set up to take it away.
        names = request.headers.getlist(web.login_header)
        if len(names) != 1 or not names[0].strip():
            return None
        user = self._access.users.find(names[0].strip())
        if user is None:
            log.info("login=unknown header=%s name=%r", web.login_header, names[0][:80])
        return user


def _person(user: User, session: str, *, by_proxy: bool = False) -> Visitor:
    return Visitor(user.name, SCOPES[user.role], session, user.name, user.role, by_proxy)


def cookie_name(connection: HTTPConnection) -> str:
    """Over https the browser itself guards a cookie of this name: no other host or path can set it (RFC 6265bis)."""
    return "__Host-maskgate" if connection.url.scheme == "https" else "maskgate"
