"""The wiring diagrams, which are drawn from the example configuration."""

from __future__ import annotations

import importlib.util
import re
import runpy
import xml.etree.ElementTree as ET
from pathlib import Path
from types import ModuleType

import pytest

from edge.config.schema import load_config

ROOT = Path(__file__).resolve().parent.parent.parent


@pytest.fixture(scope="module")
def drawing() -> ModuleType:
    """The script that draws."""
    spec = importlib.util.spec_from_file_location("draw_wiring", ROOT / "docs/draw_wiring.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_they_are_up_to_date(drawing: ModuleType) -> None:
    """The files are what the script draws: run `python docs/draw_wiring.py`."""
    for name, svg in drawing.pictures().items():
        assert (ROOT / "docs" / name).read_text(encoding="utf-8") == svg


def test_the_mounting_is_up_to_date() -> None:
    """The file is what its script draws: run `python docs/draw_mounting.py`; and the page says the same distances."""
    script = runpy.run_path(str(ROOT / "docs/draw_mounting.py"))
    assert (ROOT / "docs/mounting.svg").read_text(encoding="utf-8") == script["draw"]()
    page = (ROOT / "docs/hardware.md").read_text(encoding="utf-8")
    assert f"{script['NEAR_M']:g} to {script['FAR_M']:g} m before the lens" in page
    assert f"tilted down by at most {script['TILT_DEG']}°" in page


def test_every_line_of_the_example_is_wired() -> None:
    """Each role stands in the picture with its line, and nothing else does."""
    texts = [
        element.text or "" for element in ET.parse(ROOT / "docs/wiring.svg").iter() if element.tag.endswith("text")
    ]
    wired = {tuple(text.split(",")[0].split(": GPIO")) for text in texts if ": GPIO" in text}
    signals = load_config(ROOT / "systemd/maskgate.toml").signals
    assert wired == {(role, str(pin)) for role, pin in signals.pins.items()}


ROLES = "green|amber|red|buzzer|relay|button"
NAMED = re.compile(
    rf"""\b(?P<key>{ROLES})["']?\s*[=:]\s*(?P<a>\d+)\b"""  # a key and its number, in TOML, Python or JSON
    rf"""|GPIO ?(?P<b>\d+)\s+\(?(?P<after>{ROLES})\b"""  # what run and demo print
    rf"""|\b(?P<before>{ROLES})(?: \(|: )GPIO ?(?P<c>\d+)"""  # what pins test and the drawings say
)


def named(text: str) -> set[tuple[str, int]]:
    """Each role with a line, in whatever way it is written."""
    return {
        (one["key"] or one["after"] or one["before"], int(one["a"] or one["b"] or one["c"]))
        for one in NAMED.finditer(text)
    }


def test_every_example_has_the_same_lines(drawing: ModuleType) -> None:
    """README, pages, programs and pictures: whoever wires by one of them can go on by another."""
    signals = load_config(ROOT / "systemd/maskgate.toml").signals
    lines = set((signals.pins | drawing.FURTHER).items())
    pages = [ROOT / "README.md", *(ROOT / "docs").rglob("*.md"), *(ROOT / "docs").rglob("*.py")]
    pages += [*(ROOT / "docs").glob("*.ipynb"), *(ROOT / "docs").glob("*.svg"), *(ROOT / "systemd").glob("maskgate*")]
    found = {path.relative_to(ROOT): named(path.read_text(encoding="utf-8")) for path in pages}
    assert {path: pins - lines for path, pins in found.items() if pins - lines} == {}
    assert set().union(*found.values()) == lines


@pytest.mark.parametrize(
    "text",
    ["amber = 9", '"amber": 9', "amber=9", "GPIO9 amber", "GPIO 9 (amber)", "amber (GPIO 9)", "amber: GPIO9, pin 21"],
)
def test_a_line_is_found_however_it_is_written(text: str) -> None:
    """In settings, programs, transcripts and drawings."""
    assert named(text) == {("amber", 9)}
