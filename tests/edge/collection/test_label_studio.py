"""Kept faces as whoever labels them gets them."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from edge.collection.collector import uncertain_faces
from edge.collection.kept import KeptPictures
from edge.collection.label_studio import export
from edge.errors import UsageError
from edge.timing import utc_now


@pytest.fixture
def kept(tmp_path: Path) -> KeptPictures:
    """Two faces, and a link that somebody put among them."""
    faces = uncertain_faces(tmp_path / "state", most=lambda: 9, max_age_days=lambda: 7.0)
    for margin, label in ((300, "with_mask"), (100, "without_mask")):
        faces.keep(f"{utc_now():%Y%m%dT%H%M%SZ}-m0{margin}-{label}-p0600.jpg", str(margin).encode())
    (tmp_path / "secret").write_text("of root")
    (faces.folder / f"{utc_now():%Y%m%dT%H%M%SZ}-m0200-with_mask-p0600.jpg").symlink_to(tmp_path / "secret")
    return faces


def test_tasks_carry_what_the_model_guessed(kept: KeptPictures, tmp_path: Path) -> None:
    """The least sure first; every choice is one of the labelling page's, every picture is there, no link followed."""
    assert export(kept, tmp_path / "faces") == 2
    tasks = json.loads((tmp_path / "faces" / "tasks.json").read_text())
    assert [task["data"]["margin"] for task in tasks] == [0.1, 0.3]
    page = ET.fromstring((tmp_path / "faces" / "page.xml").read_text())
    choices = {choice.get("value") for choice in page.iter("Choice")}
    for task in tasks:
        (result,) = task["predictions"][0]["result"]
        assert set(result["value"]["choices"]) <= choices
        assert result["from_name"] == page.find("Choices").get("name")  # type: ignore[union-attr]
        assert result["to_name"] == page.find("Image").get("name")  # type: ignore[union-attr]
        place = task["data"]["image"].removeprefix("/data/local-files/?d=")
        assert (tmp_path / place).read_text() == f"{task['data']['margin'] * 1000:.0f}"
    assert len(list((tmp_path / "faces" / "pictures").iterdir())) == 2


def test_an_export_is_never_overwritten(kept: KeptPictures, tmp_path: Path) -> None:
    """Whoever labels may have begun."""
    export(kept, tmp_path / "faces")
    with pytest.raises(UsageError, match="already exists"):
        export(kept, tmp_path / "faces")
