"""What is new in a version: its section of CHANGELOG.md."""

from __future__ import annotations

import re
from pathlib import Path

import click

from edge import __version__

CHANGELOG = Path(__file__).resolve().parent.parent / "CHANGELOG.md"


def notes(version: str, *, text: str | None = None, own: str = __version__) -> str:
    """The section of a release, for the page that offers it.

    Args:
        version: as its tag says it, with or without `v`.
        text: of the changelog; default the checkout's.
        own: the checkout's version.

    Raises:
        click.ClickException: if tag, checkout and changelog do not say the same version.
    """
    wanted = version.removeprefix("v")
    if wanted != own:
        raise click.ClickException(f"the tag says {wanted}, edge/__init__.py says {own}; correct one of them")
    text = CHANGELOG.read_text(encoding="utf-8") if text is None else text
    found = re.search(rf"^## \[{re.escape(wanted)}\] - .*?\n(.*?)(?=^## |\Z)", text, re.MULTILINE | re.DOTALL)
    if found is None or not found[1].strip():
        raise click.ClickException(f"CHANGELOG.md has no section for {wanted}; move what is under Unreleased into one")
    return found[1].strip()
