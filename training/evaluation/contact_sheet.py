"""A sheet of the worst mistakes: what a person must look at before believing any figure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image as Picture
from PIL import ImageDraw, ImageFont

from edge.errors import UsageError
from edge.types import Image, Label
from training.evaluation.answers import Answers
from training.evaluation.charts import NAMES

TILE = 144
CAPTION = 34
COLUMNS = 8
WORST = 48

_PUBLISHED = {"docs", "models"}
"""Folders whose contents are published; pictures of other people's data sets may not be."""

_PAPER, _INK, _WRONG = "#ffffff", "#1c2733", "#b42318"


@dataclass(frozen=True, slots=True, eq=False)
class Mistake:
    """A face (BGR, any size) taken for something else, and the probability the network gave that."""

    face: Image
    truth: Label
    called: Label
    probability: float


def worst(answers: Answers, *, most: int = WORST) -> list[int]:
    """Positions of the faces taken for something else, the surest mistakes first; `uncertain` is no mistake."""
    called = answers.called
    wrong = np.flatnonzero((called != answers.truth) & (called < len(answers.labels)))
    surest = np.argsort(-answers.probabilities[wrong].max(axis=1), kind="stable")
    return [int(index) for index in wrong[surest[:most]]]


def contact_sheet(mistakes: Sequence[Mistake]) -> Picture.Image:
    """Lay the faces out in rows, each with its true class and, in red, what it was taken for."""
    rows = -(-len(mistakes) // COLUMNS)
    columns = min(COLUMNS, len(mistakes))
    sheet = Picture.new("RGB", (max(columns, 1) * TILE, max(rows, 1) * (TILE + CAPTION)), _PAPER)
    draw = ImageDraw.Draw(sheet)
    font = ImageFont.load_default(11)
    for index, mistake in enumerate(mistakes):
        left, top = index % COLUMNS * TILE, index // COLUMNS * (TILE + CAPTION)
        sheet.paste(_tile(mistake.face), (left + 2, top + 2))
        draw.text((left + 4, top + TILE), f"is {NAMES[mistake.truth]}", _INK, font)
        draw.text((left + 4, top + TILE + 14), f"{NAMES[mistake.called]} {mistake.probability:.2f}", _WRONG, font)
    return sheet


def _tile(face: Image) -> Picture.Image:
    picture = Picture.fromarray(np.ascontiguousarray(face[:, :, ::-1]))
    scale = (TILE - 4) / max(picture.size)
    width, height = (max(1, round(side * scale)) for side in picture.size)
    return picture.resize((width, height), Picture.Resampling.BICUBIC)


def save_sheet(path: Path, mistakes: Sequence[Mistake]) -> None:
    """Write the sheet as PNG.

    Raises:
        UsageError: if `path` lies in a folder that is published.
    """
    refuse_published(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    contact_sheet(mistakes).save(path, format="PNG")


def refuse_published(path: Path) -> None:
    """Raise UsageError if `path` lies in a folder whose contents are published."""
    if found := _PUBLISHED.intersection(path.resolve().parts):
        raise UsageError(
            f"{path}: pictures of a data set may not be published; name a folder outside {', '.join(sorted(found))}/"
        )
