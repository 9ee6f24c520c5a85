"""Tests of training.evaluation.tables."""

from __future__ import annotations

import pytest

from edge.types import Label
from tests.training.judged import some_figures
from training.data.scenes import Scene, TrueFace
from training.evaluation.scene_score import CalledFace, score
from training.evaluation.tables import CAPTIONS, Table, scene_recall_table, scene_table, scene_tag_table, share, tables

LEFT, RIGHT = (10.0, 10.0, 30.0, 30.0), (60.0, 10.0, 80.0, 30.0)


def table(title: str) -> Table:
    (found,) = (one for one in tables(some_figures()) if one.title == title)
    return found


@pytest.mark.parametrize(("value", "text"), [(None, "-"), (0.0, "0.0000"), (1 / 3, "0.3333"), (1.0, "1.0000")])
def test_share(value: float | None, text: str) -> None:
    """Nothing to divide by is a dash, never 0."""
    assert share(value) == text


def test_every_row_has_every_column() -> None:
    """No table is ragged, and every chart named has its caption."""
    for one in tables(some_figures()):
        assert {len(row) for row in one.rows} == {len(one.columns)}
        assert set(one.charts) <= set(CAPTIONS)


def test_rows_by_hand() -> None:
    """Faces, precision, recall and F1 of each class; a threshold's line; a slice's line."""
    assert table("Classes").rows[1][:4] == ("without mask", "1", "0.5000", "1.0000")
    assert table("Classes").rows[2][2] == "-"
    assert ("0.50", "0.2000", "0.5000", "0.0000", "0.3333") in table("When to say uncertain").rows
    assert ("0.50", "0.6667", "0.5000", "0.6667") in table("When to raise an alarm").rows
    assert table("Where the mistakes lie").rows[-1][:3] == ("source: here", "5", "0.4000")


def test_hard_faces_have_a_table() -> None:
    """A line for each tag, found and right with their intervals; a tag that was never found has nothing to judge."""
    faces = (TrueFace(Label.WITH_MASK, LEFT, tags=("hand",)), TrueFace(Label.WITH_MASK, RIGHT, tags=("hand", "cup")))
    scene = Scene("a.png", 100, 100, "here", faces)
    found = scene_tag_table(score([(scene, [CalledFace(Label.WITH_MASK, LEFT, 0.9)])]))
    assert found.rows == (
        ("cup", "1", "0.0000 (0.00 to 0.79)", "-"),
        ("hand", "2", "0.5000 (0.09 to 0.91)", "1.0000 (0.21 to 1.00)"),
    )
    assert len(found.columns) == 4


def test_scene_tables() -> None:
    """A line for each data set: of two faces one is found and judged right."""
    scene = Scene("a.png", 100, 100, "here", (TrueFace(Label.WITH_MASK, LEFT), TrueFace(Label.INCORRECT_MASK, RIGHT)))
    tally = score([(scene, [CalledFace(Label.WITH_MASK, LEFT, 0.9)])])
    (row,) = scene_table({"here": tally}).rows
    assert row == ("here", "1", "2", "0.5000", "0.0000", "1.0000", "1.0000", "0.5000", "0.5000", "0.0000", "-")
    assert len(row) == len(scene_table({}).columns)
    (row,) = scene_recall_table({"here": tally}).rows
    assert row == ("here", "1.0000", "-", "-", "1.0000", "-", "0.0000")
    assert len(row) == len(scene_recall_table({}).columns)
