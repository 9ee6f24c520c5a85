"""What the page of a release says is new."""

from __future__ import annotations

import click
import pytest

from release.changelog import notes

TEXT = """# Changelog

## [Unreleased]

## [1.1.0] - 2027-01-02

### Fixed

- A door.

## [1.0.0] - 2027-01-01

### Added

- All.
"""


def test_the_section_of_the_version() -> None:
    """By its tag, with or without its letter, and nothing of its neighbours."""
    assert notes("v1.1.0", text=TEXT, own="1.1.0") == "### Fixed\n\n- A door."
    assert notes("1.0.0", text=TEXT, own="1.0.0") == "### Added\n\n- All."


@pytest.mark.parametrize(
    ("version", "own", "complaint"),
    [
        ("v1.2.0", "1.1.0", "the tag says 1.2.0, edge/__init__.py says 1.1.0"),
        ("v1.2.0", "1.2.0", "has no section for 1.2.0"),
    ],
)
def test_tag_version_and_changelog_must_agree(version: str, own: str, complaint: str) -> None:
    """Otherwise nothing is published."""
    with pytest.raises(click.ClickException, match=complaint):
        notes(version, text=TEXT, own=own)
