"""Fills the templates."""

from __future__ import annotations

from functools import lru_cache

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.responses import HTMLResponse

from edge import __version__


@lru_cache
def _templates() -> Environment:
    return Environment(
        loader=PackageLoader("edge.web"), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
        lstrip_blocks=True,
    )  # fmt: skip


def render(template: str, status: int = 200, **values: object) -> HTMLResponse:
    """The page of a template; every value is escaped."""
    return HTMLResponse(_templates().get_template(f"{template}.html").render(version=__version__, **values), status)
