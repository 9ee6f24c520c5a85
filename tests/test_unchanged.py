"""The comparison of two checkouts."""

from __future__ import annotations

import pytest

from tests.unchanged import ROOT, collected, differences


@pytest.mark.parametrize(
    ("new", "told"),
    [
        ({"a": "one\ntwo"}, []),
        ({"a": "one\n2"}, ["-two", "+2"]),
        ({}, ["-one", "-two"]),
        ({"a": "one\ntwo", "b": "three"}, ["+three"]),
    ],
)
def test_every_difference_is_told(new: dict[str, str], told: list[str]) -> None:
    """What changed, what is gone and what is new."""
    lines = "\n".join(differences({"a": "one\ntwo"}, new)).splitlines()
    assert [line for line in lines if line[0] in "+-" and not line.startswith(("+++", "---"))] == told


@pytest.mark.slow
def test_all_that_is_shown_is_collected() -> None:
    """Commands and their groups, the configuration, and every schema."""
    found = collected(ROOT)
    assert {"maskgate run --help", "maskgate models install --help", "maskgate-train evaluate scenes --help"} <= set(
        found
    )
    assert "[camera]" in found["maskgate check-config"]
    assert "CREATE TABLE events" in found["event database"]
    assert '"openapi": "3.1.0"' in found["OpenAPI document"]
    assert "MQTT schema health.json" in found
    assert all(found.values())
