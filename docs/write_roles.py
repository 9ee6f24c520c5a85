"""Writes the table of who may do what into docs/web.md: `python docs/write_roles.py`."""

# ruff: noqa: INP001, TID253 - a script beside the file it changes, no module of a package

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from edge.web.pages import PAGES
from edge.web.people.roles import ALLOWS, SCOPES, Role, Scope

PAGE = Path(__file__).resolve().parent / "web.md"
BEGIN, END = "<!-- roles: written by docs/write_roles.py -->\n", "<!-- end of roles -->\n"


def with_table(text: str) -> str:
    """The page's text with the table as it is now."""
    return re.sub(f"(?s)(?<={re.escape(BEGIN)}).*(?={re.escape(END)})", "".join(_table()), text)


def _table() -> Iterator[str]:
    yield f"| Scope | Allows | Pages | {' | '.join(Role)} |\n"
    yield f"|---|---|---|{'---|' * len(Role)}\n"
    for scope in Scope:
        pages = ", ".join(page.title for page in PAGES.values() if page.scope is scope)
        has = " | ".join("yes" if scope in SCOPES[role] else "" for role in Role)
        yield f"| `{scope}` | {ALLOWS[scope]} | {pages} | {has} |\n"


if __name__ == "__main__":
    PAGE.write_text(with_table(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
