"""The guides' commands: which of them are not run in a machine, and why."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.machines.boot.guide import ROOT, commands

GUIDES = ("installation", "troubleshooting")


def test_most_commands_are_run() -> None:
    """Whoever cannot run one says why, and no more than a third go without."""
    found = [command for guide in GUIDES for command in commands(ROOT / f"docs/{guide}.md")]
    left_out = [command for command in found if command.reason]
    assert len(found) > 25
    assert 0 < len(left_out) <= len(found) / 3


def test_a_mark_speaks_of_a_line_that_is_there(tmp_path: Path) -> None:
    """Of a whole block, or of lines that begin as it says; one that is left over is an error."""
    page = tmp_path / "page.md"
    page.write_text(
        "<!-- not run `b`: why -->\n```sh\na 1 # first\nb 2 \\\n  3\n```\n<!-- not run: none -->\n```sh\nc\n```\n"
        "```\nno command\n```\n"
    )
    assert [(command.text.split()[0], command.reason) for command in commands(page)] == [
        ("a", ""),
        ("b", "why"),
        ("c", "none"),
    ]
    page.write_text("<!-- not run `x`: why -->\n```sh\na\n```\n")
    with pytest.raises(ValueError, match="no command begins with x"):
        commands(page)
