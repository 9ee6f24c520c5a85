"""What the guides say to type on the kiosk."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
MARKED = re.compile(r"^((?:<!-- not run.*? -->\n)*)```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)
MARK = re.compile(r"<!-- not run(?: `([^`]+)`)?: (.+?) -->")
"""Above a block: why it is not run or, with a beginning between backticks, its lines that begin so."""


@dataclass(frozen=True)
class Command:
    """One command of a guide: its text, and why it is not run (empty: it is)."""

    text: str
    reason: str


def commands(page: Path) -> tuple[Command, ...]:
    """All commands in the blocks of a page that are meant for a shell.

    Raises:
        ValueError: if a mark speaks of a command that is not there.
    """
    found: list[Command] = []
    for marks, block in MARKED.findall(page.read_text(encoding="utf-8")):
        lines = [line for line in block.replace("\\\n", " ").splitlines() if line.strip() and line[0] != "#"]
        reasons = dict(MARK.findall(marks))
        if unused := [begin for begin in reasons if not any(line.startswith(begin) for line in lines)]:
            raise ValueError(f"{page}: no command begins with {', '.join(unused)}")
        found += [Command(line, next((reasons[b] for b in reasons if line.startswith(b)), "")) for line in lines]
    return tuple(found)
