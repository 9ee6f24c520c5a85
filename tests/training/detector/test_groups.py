"""Faces found by group, with intervals."""

from __future__ import annotations

from edge.types import Box, Face, Label
from training.data.scenes import Scene, TrueFace
from training.detector.groups import FEWEST, by_age, by_skin, by_tag, group_table
from training.detector.scoring import DetectionTally, Sought

PLACE, CORNERS = Box(10, 10, 50, 60), (10.0, 10.0, 50.0, 60.0)


def sought(*faces: tuple[TrueFace, float]) -> list[Sought]:
    """A scene for each face, found with the score given (0: not at all)."""
    result = DetectionTally()
    for face, score in faces:
        found = [Face(PLACE, score)] if score else []
        result.add(Scene("a.jpg", 100, 100, "x", (face,)), found)
    return result.sought


def rows(text: str) -> list[list[str]]:
    return [[cell.strip() for cell in line.split("|")[1:-1]] for line in text.splitlines()]


def test_each_group_has_its_share_and_interval() -> None:
    """Three of six dark faces, all of ten light ones; a rare group and an unknown one are left out."""
    dark, light, rare, unknown = (TrueFace(None, CORNERS, skin=skin) for skin in ("VI", "I", "III", ""))
    some = [*[(dark, 0.9)] * 3, (dark, 0.5), (dark, 0.0), (dark, 0.0), *[(light, 0.8)] * 10]
    told = sought(*some, *[(rare, 0.9)] * (FEWEST - 1), *[(unknown, 0.9)] * 9)
    assert rows(group_table({"ours": (told, 0.6)}, by_skin, title="skin")) == [
        ["skin", "faces", "ours"],
        ["---", "---:", "---:"],
        ["I", "10", "1.000 (0.72-1.00)"],
        ["VI", "6", "0.500 (0.19-0.81)"],
    ]


def test_detectors_stand_side_by_side_and_large_groups_first() -> None:
    """By age, and by tags, of which a face may have several."""
    child = TrueFace(Label.WITHOUT_MASK, CORNERS, age="Child", tags=("profile", "hand"))
    adult = TrueFace(Label.WITHOUT_MASK, CORNERS, age="Adult", tags=("profile",))
    good = sought(*[(child, 0.9)] * 5, *[(adult, 0.9)] * 6)
    poor = sought(*[(child, 0.0)] * 5, *[(adult, 0.9)] * 6)
    both = {"good": (good, 0.5), "poor": (poor, 0.5)}
    ages, tags = (rows(group_table(both, groups, title="x"))[2:] for groups in (by_age, by_tag))
    assert [row[:2] for row in ages] == [["Adult", "6"], ["Child", "5"]]
    assert [row[:2] for row in tags] == [["profile", "11"], ["hand", "5"]]
    assert ages[1][2].startswith("1.000")
    assert ages[1][3].startswith("0.000")
