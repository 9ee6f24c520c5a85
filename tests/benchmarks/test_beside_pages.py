"""The section on the pace beside the pages, in a page that another command writes."""

from __future__ import annotations

from benchmarks.beside_pages import instructions, kept_section, processor, with_section


def test_the_section_is_put_in_and_kept() -> None:
    """Behind everything else at first, in its place then, and found again."""
    first = with_section("# What it costs\n\n| a |\n", "## Beside\n\n| \\1 |")
    assert kept_section("# What it costs") is None
    assert kept_section(first) == "## Beside\n\n| \\1 |"
    assert kept_section(with_section(first, "## Anew")) == "## Anew"
    assert with_section(first, "## Anew").startswith("# What it costs\n\n| a |\n\n<!-- pages")


def test_the_processor_is_named() -> None:
    """With what networks gain by."""
    assert processor()
    assert instructions()
