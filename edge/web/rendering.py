"""Fills the templates."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape
from starlette.responses import HTMLResponse

from edge import __version__
from edge.languages.language import Language, direction
from edge.languages.words import Words, fill, words_in
from edge.web.scripted import address_of

_PARTS = {
    "code": Markup("<code>{}</code>"),
    "key": Markup("<kbd>{}</kbd>"),
    "strong": Markup("<strong>{}</strong>"),
    "link": Markup('<a href="{}">{}</a>'),
}
"""What stands in the middle of a translated text: `{{ _("Press {key}.", key=key("j")) }}`."""


@lru_cache
def _templates() -> Environment:
    environment = Environment(
        loader=PackageLoader("edge.web"), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
        lstrip_blocks=True,
    )  # fmt: skip
    environment.globals.update({name: part.format for name, part in _PARTS.items()})
    return environment


def render(template: str, status: int = 200, *, language: Language, **values: object) -> HTMLResponse:
    """The page of a template in a language; every value is escaped."""
    words = words_in(language)
    page = _templates().get_template(f"{template}.html")
    content = page.render(
        version=__version__,
        language=language,
        direction=direction(language),
        words_url=address_of(words),
        _=_translator(words),
        **values,
    )
    return HTMLResponse(content, status, {"Content-Language": language})


def _translator(words: Words) -> Callable[..., Markup]:
    def translated(text: str, /, **values: object) -> Markup:
        """What is put in the place of a `{name}` is escaped as well, unless it is HTML of the template's own."""
        escaped = {name: escape(value) for name, value in values.items()}
        return Markup(fill(str(escape(words(text))), escaped))  # noqa: S704 - all of it is escaped

    return translated
