"""Which language a page has: the one a person chose, else one that the browser asks for, else the door's first."""

from __future__ import annotations

from collections.abc import Iterator

from starlette.requests import HTTPConnection

from edge.config.schema import Config
from edge.languages.language import LANGUAGES, Language
from edge.languages.words import offered

COOKIE = "language"
"""Set on the page Account, by its script; it is no secret, and opens nothing."""


def language_of(request: HTTPConnection, config: Config) -> Language:
    """The first language that is wanted and offered; English if there is none."""
    wanted = (request.cookies.get(COOKIE, ""), *_accepted(request), config.web.languages[0])
    return next((language for code in wanted if (language := _find(code)) in offered()), "en")


def _accepted(request: HTTPConnection) -> Iterator[str]:
    """What `Accept-Language` names, the most welcome first (RFC 9110, 12.5.4)."""
    ranked = []
    for choice in request.headers.get("Accept-Language", "").split(","):
        code, _, weight = choice.partition(";")
        ranked.append((_weight(weight), code.strip()))
    # A sort is stable: of two that are as welcome, the first stays first.
    yield from (code for weight, code in sorted(ranked, key=lambda one: -one[0]) if weight > 0)


def _weight(text: str) -> float:
    name, _, value = text.strip().partition("=")
    if name != "q":
        return 1.0
    try:
        return float(value)
    except ValueError:
        return 0.0


def _find(code: str) -> Language | None:
    """The language of a tag such as `de-AT` (RFC 4647, 3.4)."""
    primary = code.partition("-")[0].lower()
    return next((language for language in LANGUAGES if language == primary), None)
