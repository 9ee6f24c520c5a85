"""Tests of training.evaluation.contact_sheet."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image as Picture

from edge.errors import UsageError
from edge.types import Label
from tests.training.coloured import LABELS, paint
from training.evaluation.answers import Answers
from training.evaluation.contact_sheet import CAPTION, COLUMNS, TILE, Mistake, contact_sheet, save_sheet, worst


def mistake(label: Label = Label.WITHOUT_MASK, *, height: int = 30, width: int = 20) -> Mistake:
    return Mistake(paint(label, height=height, width=width), label, Label.WITH_MASK, 0.87)


def test_the_surest_mistakes_come_first() -> None:
    """Wrong answers by falling probability; right and uncertain ones are none, and no more come than asked for."""
    probabilities = np.array([[0.9, 0.1, 0], [0.7, 0.3, 0], [0.95, 0.05, 0], [0.4, 0.3, 0.3], [0.2, 0.8, 0]])
    answers = Answers(LABELS, np.array([0, 1, 2, 1, 0]), probabilities, (0.5, 0, 0), (), ())
    assert worst(answers) == [2, 4, 1]
    assert worst(answers, most=2) == [2, 4]


@pytest.mark.parametrize(
    ("count", "columns", "rows"), [(0, 1, 1), (1, 1, 1), (COLUMNS, COLUMNS, 1), (COLUMNS + 1, COLUMNS, 2)]
)
def test_size_of_the_sheet(count: int, columns: int, rows: int) -> None:
    """As many rows as are needed, and no wider than the faces there are."""
    assert contact_sheet([mistake()] * count).size == (columns * TILE, rows * (TILE + CAPTION))


@pytest.mark.parametrize(("height", "width"), [(10, 10), (400, 40), (1, 300)])
def test_a_tile_shows_the_face_in_its_colours(height: int, width: int) -> None:
    """BGR becomes RGB, proportions stay, and the caption is not covered."""
    sheet = np.asarray(contact_sheet([mistake(Label.WITH_MASK, height=height, width=width)]))
    red, green, blue = (int(value) for value in sheet[2, 2])
    assert red > 150 > max(green, blue)
    reddish = (sheet[:TILE, :, 0].astype(int) - sheet[:TILE, :, 1] > 100).any(axis=1).sum()
    assert reddish == pytest.approx(max(1, (TILE - 4) * height / max(height, width)), abs=1)
    assert (sheet[TILE:] < 128).any()


@pytest.mark.parametrize("folder", ["docs", "docs/pictures", "models/mask"])
def test_pictures_never_enter_a_published_folder(tmp_path: Path, folder: str) -> None:
    """The pictures belong to others: a sheet for the documentation is refused, and nothing is written."""
    with pytest.raises(UsageError, match="may not be published"):
        save_sheet(tmp_path / folder / "mistakes.png", [mistake()])
    assert list(tmp_path.iterdir()) == []


def test_save_sheet(tmp_path: Path) -> None:
    """A PNG comes out, and its folder is made."""
    save_sheet(tmp_path / "run" / "mistakes.png", [mistake()])
    with Picture.open(tmp_path / "run" / "mistakes.png") as sheet:
        assert sheet.format == "PNG"
