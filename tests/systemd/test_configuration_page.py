"""The reference of all settings, which is written from their schema."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from pydantic import BaseModel

from edge.config.environment import read_overrides
from edge.config.schema import Config

ROOT = Path(__file__).resolve().parent.parent.parent
PAGE = ROOT / "docs/configuration.md"


def test_it_is_up_to_date() -> None:
    """The page is what its script writes: run `python docs/write_configuration.py > docs/configuration.md`."""
    command = [sys.executable, str(ROOT / "docs/write_configuration.py")]
    written = subprocess.run(command, capture_output=True, text=True, check=True)
    assert written.stdout == PAGE.read_text(encoding="utf-8")


def test_every_key_has_a_line_that_says_something() -> None:
    """Four cells, none of them empty, in the table of its section."""
    tables: dict[str, dict[str, list[str]]] = {}
    for line in PAGE.read_text(encoding="utf-8").splitlines():
        if line.startswith("## ["):
            section = tables.setdefault(line.strip("# []"), {})
        elif line.startswith("| `"):
            cells = [cell.strip() for cell in line.strip("|").split(" | ")]
            section[cells[0].strip("`")] = cells
    config = Config()
    for name in type(config).model_fields:
        values = getattr(config, name)
        assert isinstance(values, BaseModel)
        assert tables[name].keys() == type(values).model_fields.keys()
        assert all(len(cells) == 4 and all(cells) for cells in tables[name].values()), name


def test_the_variables_it_names_are_read() -> None:
    """Each name in the page leads to its key."""
    words = PAGE.read_text(encoding="utf-8").replace("`", " ").replace("=", " ").split()
    names = {word for word in words if word.startswith("MASKGATE_") and "__" in word}
    assert len(names) >= 10
    config = Config()
    for section, key in read_overrides(dict.fromkeys(names, "1")):
        assert key in type(getattr(config, section)).model_fields
