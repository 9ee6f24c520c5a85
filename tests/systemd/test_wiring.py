"""The wiring diagrams, which are drawn from the example configuration."""

from __future__ import annotations

import importlib.util
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


def test_every_line_of_the_example_is_wired() -> None:
    """Each role stands in the picture with its line, and nothing else does."""
    texts = [
        element.text or "" for element in ET.parse(ROOT / "docs/wiring.svg").iter() if element.tag.endswith("text")
    ]
    wired = {tuple(text.split(",")[0].split(": GPIO")) for text in texts if ": GPIO" in text}
    signals = load_config(ROOT / "systemd/maskgate.toml").signals
    assert wired == {(role, str(pin)) for role, pin in signals.pins.items()}
