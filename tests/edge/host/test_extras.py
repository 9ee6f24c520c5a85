"""How an extra is added."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from edge.host import extras
from edge.host.extras import how_to_add


@pytest.mark.parametrize(
    ("prefix", "checkout", "told"),
    [
        ("/opt/maskgate/versions/1/venv", False, "maskgate-setup install WHEEL --extras web"),
        ("/home/me/.venv", True, "-m pip install --editable '.[web]'"),
        ("/home/me/.venv", False, "pip install 'WHEEL[web]'"),
    ],
)
def test_the_way_fits_the_installation(
    prefix: str, checkout: bool, told: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the installer, in a checkout, or from a wheel; and never by a name that a stranger could publish."""
    if checkout:
        (tmp_path / "pyproject.toml").touch()
    monkeypatch.setattr(extras, "_CHECKOUT", tmp_path)
    monkeypatch.setattr(sys, "prefix", prefix)
    assert told in how_to_add("web")
    assert "maskgate[" not in how_to_add("web")
