"""COCO annotation files."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from edge.errors import InputError
from training.data.coco import load_coco

IMAGE = {"id": 1, "file_name": "a.jpg", "width": 40, "height": 30, "source": "made"}
FACE = {"image_id": 1, "category_id": 2, "bbox": [1, 2, 3, 4]}
CATEGORY = {"id": 2, "name": "with_mask"}


def write(path: Path, **changes: object) -> Path:
    content = {"images": [IMAGE], "annotations": [FACE], "categories": [CATEGORY]} | changes
    path.write_text(json.dumps(content))
    return path


def test_a_file_is_read(tmp_path: Path) -> None:
    """Fields keep their values; what face sets do not use is passed over."""
    coco = load_coco(write(tmp_path / "annotations.json", licenses=[], info={"year": 2020}))
    assert [image.source for image in coco.images] == ["made"]
    assert coco.annotations[0].bbox == (1.0, 2.0, 3.0, 4.0)
    assert coco.categories[0].name == "with_mask"


@pytest.mark.parametrize(
    ("changes", "cause"),
    [
        ({"images": []}, "not listed"),
        ({"categories": []}, "not listed"),
        ({"annotations": [FACE | {"bbox": [1, 2, 3]}]}, "is not a COCO file"),
        ({"images": None}, "is not a COCO file"),
    ],
)
def test_a_file_that_contradicts_itself_is_refused(tmp_path: Path, changes: dict[str, object], cause: str) -> None:
    """The error names the file."""
    path = write(tmp_path / "annotations.json", **changes)
    with pytest.raises(InputError, match=rf"annotations\.json: .*{cause}"):
        load_coco(path)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    """The cause is told."""
    with pytest.raises(InputError, match="cannot be read"):
        load_coco(tmp_path / "annotations.json")
