"""The machine's time zone by its name."""

from __future__ import annotations

from pathlib import Path

import pytest

from edge.host import time_zone
from edge.host.time_zone import machine_zone


@pytest.mark.parametrize(
    ("link", "variable", "name"),
    [
        ("/usr/share/zoneinfo/Europe/Berlin", "", "Europe/Berlin"),
        ("../usr/share/zoneinfo/Asia/Tokyo", "", "Asia/Tokyo"),
        ("/usr/share/zoneinfo/Europe/Berlin", "America/Lima", "America/Lima"),
        ("/usr/share/zoneinfo/Europe/Berlin", ":America/Lima", "America/Lima"),
        ("/usr/share/zoneinfo/Europe/Berlin", "CET-1CEST", None),
        ("/usr/share/zoneinfo/No/Where", "", None),
        ("/nowhere", "", None),
        (None, "", None),
    ],
)
def test_the_zone_is_where_the_link_leads(
    link: str | None, variable: str, name: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Unless a variable says another; what is no zone has no name."""
    place = tmp_path / "localtime"
    if link is not None:
        place.symlink_to(link)
    monkeypatch.setattr(time_zone, "LOCALTIME", place)
    monkeypatch.setenv("TZ", variable)
    assert machine_zone() == name
