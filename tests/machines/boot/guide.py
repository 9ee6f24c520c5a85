"""What the guides say to type: on the computer that has the sources, and on the kiosk."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from edge import __version__

ROOT = Path(__file__).resolve().parents[3]
WHEEL = f"dist/maskgate-{__version__}-py3-none-any.whl"
BLOCK = re.compile(r"^```sh\n(python3 -m pip download .*?)^```$", re.MULTILINE | re.DOTALL)
TO = "dist/release/wheels"

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


def fetch_for_a_pi(folder: Path, *, python: str) -> Path:
    """Build the package and fetch what it needs, for a Pi without a network, with the guide's own command.

    Args:
        folder: gets `dist/`.
        python: such as 313.

    Returns:
        the folder of wheels.
    """
    _type(f"python3 -m pip wheel --no-deps -w '{folder}/dist' .")
    [command] = BLOCK.findall((ROOT / "docs/installation.md").read_text(encoding="utf-8"))
    for there, here in ((TO, f"'{folder}/dist/wheels'"), ("cp313", f"cp{python}"), (" 313 ", f" {python} ")):
        assert there in command
        command = command.replace(there, here)
    _type(command)
    return folder / "dist/wheels"


def _type(command: str) -> None:
    programs = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    environment = {**os.environ, "PATH": programs, "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    told = subprocess.run(
        ["bash", "-c", command], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert told.returncode == 0, f"{command}\n{told.stderr[-3000:]}"
