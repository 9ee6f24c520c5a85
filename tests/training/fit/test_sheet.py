"""The sheet of faces."""

from __future__ import annotations

from pathlib import Path

import cv2
import pytest

from edge.errors import UsageError
from tests.training import tiny
from training.faces.store import CropStore
from training.fit.sheet import COLUMNS, ROWS, TILE, TITLE, save_faces


def test_shows_faces_of_each_class(tmp_path: Path) -> None:
    """A row of faces for each of three classes, and none where pictures are published."""
    _, crops = tiny.write_crops(tmp_path)
    save_faces(tmp_path / "faces.png", CropStore.load(crops))
    picture = cv2.imread(str(tmp_path / "faces.png"))
    assert picture is not None
    assert picture.shape == (3 * (TITLE + ROWS * TILE), COLUMNS * TILE, 3)
    assert picture[TITLE + 40, 40].tolist() != [255, 255, 255]
    with pytest.raises(UsageError, match="may not be published"):
        save_faces(tmp_path / "docs" / "faces.png", CropStore.load(crops))
