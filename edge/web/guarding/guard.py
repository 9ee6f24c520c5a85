"""Stands before every page: who asks, may they, and is the request one that a browser of ours would send?"""

from __future__ import annotations

import asyncio
import hmac
import logging
from collections.abc import Callable, Collection
from contextlib import suppress
from dataclasses import dataclass
from urllib.parse import quote, urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import ClientDisconnect, HTTPConnection
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Send
from starlette.types import Scope as RequestScope

from edge.errors import ConfigError
from edge.web.guarding.addresses import is_ours
from edge.web.guarding.recognition import Recognition
from edge.web.guarding.visitor import Visitor
from edge.web.people.hashing import csrf_token

log = logging.getLogger(__name__)

MAX_BODY = 64 * 2**10
"""Bytes; the largest request is a handful of zones."""

BODY_S = 10.0
"""A body that takes longer to come is not waited for, however many parts of it came meanwhile."""


@dataclass(frozen=True, slots=True)
class BodyBounds:
    """What a request's body may have.

    Attributes:
        size: bytes.
        all_s: seconds that the whole of it may take.
        next_s: seconds that the next part of it may take.
    """

    size: int = MAX_BODY
    all_s: float = BODY_S
    next_s: float = BODY_S


SMALL = BodyBounds()

MAX_DIGITS = 12
"""Of a length: Python refuses to read numbers of thousands of digits."""

LINGER_S = 2.0
LINGER_BODY = 2**20
"""So long, and so many bytes, what a refused client still sends is taken and thrown away: a connection that is closed
on unread bytes is reset, and takes the answer with it (RFC 9112, 9.6)."""

RECHECK_S = 2.0
"""How long a stream that is under way outlasts the login or token it was asked for with."""

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})

SECURITY_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    # With "no-referrer" a browser hides the origin of our own forms, too.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}


class _Ended(Exception):  # noqa: N818 (no error of the program's)
    """Whoever asked may not see the rest of the answer."""


class _Refused(Exception):  # noqa: N818 (no error of the program's)
    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


class Guard:
    """Middleware that lets through what is public, and visitors who are known.

    Args:
        app: what it guards.
        recognition: knows who asks.
        is_public: whether a path is for everybody.
        names: tells by which names browsers may call this machine over plain http, beside those that nobody else can
            have.
        bounds: tells what the body of a request to a path may have, by whom it is sent.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        recognition: Recognition,
        is_public: Callable[[str], bool],
        names: Callable[[], Collection[str]],
        bounds: Callable[[str, Visitor | None], BodyBounds] = lambda _path, _visitor: SMALL,
    ) -> None:
        self._app = app
        self._recognition = recognition
        self._is_public = is_public
        self._names = names
        self._bounds = bounds

    async def __call__(self, scope: RequestScope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            # The server's own start and end; it speaks no WebSocket.
            await self._app(scope, receive, send)
            return
        request = HTTPConnection(scope)
        body = _Body(request.headers, receive)
        answer = _Answer(request, body, send, lambda: self._is_admitted(request))
        try:
            visitor = self._recognition.visitor(request)
            body.check(scope["method"], self._bounds(scope["path"], visitor))
            _check_host(request, visitor, self._names())
            _check_origin(scope["method"], request.headers, visitor)
        except _Refused as refusal:
            await JSONResponse({"error": str(refusal)}, refusal.status)(scope, receive, answer)
            return
        except ConfigError as error:
            await _broken(error)(scope, receive, answer)
            return
        if visitor is None and not self._is_public(scope["path"]):
            await _login_first(request, scope["method"])(scope, receive, answer)
            return
        scope["visitor"] = visitor
        try:
            await self._app(scope, body, answer)
        except _Refused as refusal:
            await JSONResponse({"error": str(refusal)}, refusal.status)(scope, receive, answer)
        except ConfigError as error:
            # A login on a full disk, for one: there is nowhere to note the session.
            await _broken(error)(scope, receive, answer)
        except _Ended:
            await send({"type": "http.response.body", "body": b"", "more_body": False})
        except ClientDisconnect:
            log.debug("web=disconnected path=%s", scope["path"])

    def _is_admitted(self, request: HTTPConnection) -> bool:
        """Whether whoever was let in still is known, and may do as much."""
        if self._is_public(request.scope["path"]):
            return True
        try:
            now, before = self._recognition.visitor(request), request.scope.get("visitor")
        except ConfigError:
            return False
        return now is not None and (before is None or now.scopes >= before.scopes)


class _Body:
    """Receives a request's body, as long as it keeps within its bounds."""

    def __init__(self, headers: Headers, receive: Receive) -> None:
        self._headers = headers
        self._receive = receive
        self._received = 0
        self._bounds = SMALL
        self._begun = asyncio.get_running_loop().time()
        self.is_complete = headers.get("content-length", "0") == "0" and "transfer-encoding" not in headers

    def check(self, method: str, bounds: BodyBounds) -> None:
        """Refuse before a byte is read."""
        self._bounds = bounds
        length = self._headers.get("content-length", "0")
        if not length.isascii() or not length.isdigit() or len(length) > MAX_DIGITS or int(length) > bounds.size:
            raise _Refused(413, f"at most {bounds.size} bytes are accepted")
        if method in SAFE and not self.is_complete:
            raise _Refused(400, f"{method} takes no body")

    async def __call__(self) -> Message:
        if self.is_complete:
            return await self._receive()
        try:
            now = asyncio.get_running_loop().time()
            async with asyncio.timeout_at(min(self._begun + self._bounds.all_s, now + self._bounds.next_s)):
                message = await self._receive()
        except TimeoutError:
            raise _Refused(408, f"the request took longer than {self._bounds.next_s:.0f} s") from None
        self._received += len(message.get("body", b""))
        if self._received > self._bounds.size:
            raise _Refused(413, f"at most {self._bounds.size} bytes are accepted")
        self.is_complete = not message.get("more_body", False)
        return message

    async def linger(self) -> None:
        """Take what still comes, within bounds, and forget it."""
        taken = 0
        with suppress(TimeoutError):
            async with asyncio.timeout(LINGER_S):
                while not self.is_complete and taken < LINGER_BODY:
                    message = await self._receive()
                    taken += len(message.get("body", b""))
                    self.is_complete = not message.get("more_body", False)


class _Answer:
    """Sends the answer with the headers that every answer has, and no longer than it may be sent."""

    def __init__(self, request: HTTPConnection, body: _Body, send: Send, is_admitted: Callable[[], bool]) -> None:
        self._is_secure = request.url.scheme == "https"
        self._body = body
        self._send = send
        self._is_admitted = is_admitted
        self._checked_at = asyncio.get_running_loop().time()

    async def __call__(self, message: Message) -> None:
        if message.get("more_body") and self._is_over():
            raise _Ended
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in SECURITY_HEADERS.items():
                headers.setdefault(name, value)
            # Only what is the same for everybody has a tag by which a browser may ask whether it is still good.
            headers.setdefault("Cache-Control", "no-cache" if "etag" in headers else "no-store")
            if self._is_secure:
                headers["Strict-Transport-Security"] = "max-age=31536000"
            if not self._body.is_complete:
                # What has not been read yet never will be.
                headers["Connection"] = "close"
        elif not message.get("more_body") and not self._body.is_complete:
            await self._send({**message, "more_body": True})
            await self._body.linger()
            message = {"type": "http.response.body", "body": b""}
        await self._send(message)

    def _is_over(self) -> bool:
        """Whether whoever asked has been logged out meanwhile."""
        now = asyncio.get_running_loop().time()
        if now - self._checked_at < RECHECK_S:
            return False
        self._checked_at = now
        return not self._is_admitted()


def _check_host(request: HTTPConnection, visitor: Visitor | None, names: Collection[str]) -> None:
    """Refuse a browser that was led here by a name of somebody else's; see `is_ours`.

    Over https the certificate has told the browser whose name it is; who sends a token is no browser.
    """
    host = request.headers.get("Host")
    is_token = visitor is not None and not visitor.session
    if host is not None and request.scope["scheme"] == "http" and not is_token and not is_ours(host, names):
        raise _Refused(421, "this is not a name of the kiosk: use its address, or list the name in web.host_names")


def _check_origin(method: str, headers: Headers, visitor: Visitor | None) -> None:
    """Refuse what another site has a browser send (OWASP, "Cross-Site Request Forgery Prevention").

    A session's changes carry its token; and no change, the login included, comes from another site.
    """
    if method in SAFE:
        return
    # Browsers tell the first over https and on this machine, the second everywhere; programs tell neither.
    site, origin = headers.get("Sec-Fetch-Site"), headers.get("Origin")
    is_foreign = site not in ("same-origin", "none") if site else bool(origin) and _host(origin) != headers.get("Host")
    if is_foreign:
        raise _Refused(403, "the request comes from another site")
    if (
        visitor
        and visitor.session
        and not hmac.compare_digest(headers.get("X-CSRF-Token", "").encode(), csrf_token(visitor.session).encode())
    ):
        raise _Refused(403, "X-CSRF-Token is missing or wrong; reload the page")


def _host(origin: str | None) -> str | None:
    try:
        return urlsplit(origin or "").netloc
    except ValueError:
        return None


def _broken(error: ConfigError) -> Response:
    """Where the file lies is for the log alone: whoever asks may be a stranger."""
    log.error("web=refused cause=%r", str(error))
    return JSONResponse({"error": "the password file cannot be read or written; see the log"}, 503)


def _login_first(request: HTTPConnection, method: str) -> Response:
    if method == "GET" and "text/html" in request.headers.get("Accept", ""):
        return RedirectResponse(f"/login?next={quote(request.url.path)}", 303)
    return JSONResponse({"error": "log in, or send a token"}, 401, {"WWW-Authenticate": "Bearer"})
