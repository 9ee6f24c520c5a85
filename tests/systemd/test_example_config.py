"""The example configuration, which the installer puts into place."""

from __future__ import annotations

import itertools
import subprocess
import sys
from pathlib import Path

from pydantic import BaseModel

from edge.config.schema import Config, load_config

ROOT = Path(__file__).resolve().parent.parent.parent
EXAMPLE = ROOT / "systemd/maskgate.toml"
WRITER = ROOT / "systemd/example_config.py"


def keys(section: BaseModel, prefix: str = "") -> set[str]:
    """Every key of a section and those below it."""
    found = set()
    for name in type(section).model_fields:
        value = getattr(section, name)
        found |= keys(value, f"{prefix}{name}.") if isinstance(value, BaseModel) else {prefix + name}
    return found


def test_it_is_the_defaults_but_for_the_driver() -> None:
    """A kiosk that is installed and not configured does what the documentation says, with real lamps."""
    defaults = Config()
    expected = defaults.model_copy(update={"signals": defaults.signals.model_copy(update={"driver": "gpio"})})
    assert load_config(EXAMPLE) == expected


def test_every_key_is_there() -> None:
    """Nobody has to look into the code for a key: those without a default stand in a comment."""
    section, seen = "", set()
    for line in EXAMPLE.read_text(encoding="utf-8").splitlines():
        if line.startswith("["):
            section = line.strip("[]") + "."
        elif "=" in line:
            key = line.removeprefix("# ").partition("=")[0].strip()
            if " " not in key:
                seen.add(section + key)
    assert seen >= keys(Config())


def test_it_is_up_to_date() -> None:
    """The file is what its script writes: run `python systemd/example_config.py > systemd/maskgate.toml`."""
    written = subprocess.run([sys.executable, WRITER], capture_output=True, text=True, check=True)
    assert written.stdout == EXAMPLE.read_text(encoding="utf-8")


def test_every_key_is_explained() -> None:
    """Each key has a comment before it that says more than its name."""
    lines = EXAMPLE.read_text(encoding="utf-8").splitlines()
    bare = [line for before, line in itertools.pairwise(lines) if "=" in line and not before.startswith("#")]
    assert [line for line in bare if not line.startswith("#")] == []
