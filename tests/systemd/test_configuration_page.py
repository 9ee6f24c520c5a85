"""The reference of all settings, which is written from their schema."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from pydantic import BaseModel

from edge.config.environment import read_overrides
from edge.config.schema import Config, load_config
from edge.errors import ConfigError

ROOT = Path(__file__).resolve().parent.parent.parent
PAGE = ROOT / "docs/configuration.md"


def test_it_is_up_to_date() -> None:
    """The page is what its script writes: run `python docs/write_configuration.py > docs/configuration.md`."""
    command = [sys.executable, str(ROOT / "docs/write_configuration.py")]
    written = subprocess.run(command, capture_output=True, text=True, check=True)
    assert written.stdout == PAGE.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("text", "heading"),
    [
        ("[detector]\nmin_face = 9\n", "## [detector]"),
        ("[signals]\ngren = 1\n", "## [signals]"),
        ("[camra]\n", "# Settings"),
    ],
)
def test_an_error_names_the_place_where_its_key_is_explained(text: str, heading: str, tmp_path: Path) -> None:
    """The page as it lies on this machine, and the heading of the section."""
    path = tmp_path / "maskgate.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        load_config(path, {})
    file, _, anchor = str(caught.value).rpartition("; see ")[2].partition("#")
    headings = [line for line in Path(file).read_text(encoding="utf-8").splitlines() if line.startswith("#")]
    anchors = {one.strip("# []"): one for one in headings}
    assert (anchors[anchor] if anchor else headings[0]) == heading


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
