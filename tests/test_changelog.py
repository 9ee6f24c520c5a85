"""The changelog, and the one place where the version stands."""

from __future__ import annotations

import hashlib
import re
import tomllib
from datetime import date
from pathlib import Path

from packaging.version import Version

from edge import __version__

ROOT = Path(__file__).resolve().parent.parent
TEXT = (ROOT / "CHANGELOG.md").read_text()
HEADINGS = re.findall(r"^## (.*)$", TEXT, re.MULTILINE)
RELEASED = {"0.1.0": "fb65ff263bf1b41d"}
"""The beginning of the SHA-256 of the section of each release."""
KINDS = {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}


def released() -> list[tuple[Version, date]]:
    """Versions and their days, in the order of the file."""
    matches = [re.fullmatch(r"\[(\d+\.\d+\.\d+)\] - (\d{4}-\d\d-\d\d)", heading) for heading in HEADINGS[1:]]
    return [(Version(match[1]), date.fromisoformat(match[2])) for match in matches if match]


def test_it_keeps_the_form() -> None:
    """Unreleased first, then versions with their days, the newest first, each with known kinds of changes."""
    versions = released()
    assert HEADINGS[0] == "[Unreleased]"
    assert len(versions) == len(HEADINGS) - 1
    assert versions == sorted(versions, reverse=True)
    kinds = re.findall(r"^### (.*)$", TEXT, re.MULTILINE)
    assert set(kinds) <= KINDS


def test_what_was_released_stays() -> None:
    """An entry that is new, or was moved by a merge, belongs under Unreleased."""
    sections = {one.partition("]")[0]: "## [" + one for one in TEXT.split("## [")[1:]}
    hashes = {name: hashlib.sha256(one.strip().encode()).hexdigest()[:16] for name, one in sections.items()}
    assert {name: one for name, one in hashes.items() if name != "Unreleased"} == RELEASED


def test_the_version_is_the_newest_or_on_the_way_to_the_next() -> None:
    """A tree that has changed since the last release says so in its version."""
    newest, own = released()[0][0], Version(__version__)
    assert own == newest or (own > newest and own.is_devrelease)


def test_the_version_stands_once() -> None:
    """The wheel takes it from where the programs do."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    assert "version" in project["project"]["dynamic"]
    assert project["tool"]["hatch"]["version"]["path"] == "edge/__init__.py"
    places = [path for path in ROOT.glob("[a-z]*/**/*.py") if re.search(r"^__version__ =", path.read_text(), re.M)]
    assert places == [ROOT / "edge/__init__.py"]
