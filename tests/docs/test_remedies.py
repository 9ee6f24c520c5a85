"""What users are told to do."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
INDEX = re.compile(r"pip\d? install (?:-\S+ )*['\"]?maskgate\b(?!-)", re.IGNORECASE)
"""Maskgate fetched by its name: from an index, where a stranger could publish under it."""


def test_nobody_is_told_to_fetch_maskgate_from_an_index() -> None:
    """Neither by the program nor by a page: it comes from a release, a wheel or a checkout."""
    places = [ROOT / "README.md", *ROOT.glob("docs/**/*.md"), *ROOT.glob("systemd/*")]
    places += [path for room in ("edge", "convert", "training") for path in (ROOT / room).rglob("*.py")]
    told = [str(path) for path in places if path.is_file() and INDEX.search(path.read_text(encoding="utf-8"))]
    assert told == []
    assert INDEX.search("pip install 'maskgate[web]'")
    assert INDEX.search("pip install --upgrade maskgate")
    assert not INDEX.search('pip install "dist/maskgate-VERSION-py3-none-any.whl[models]"')
