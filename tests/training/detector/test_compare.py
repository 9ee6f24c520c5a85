"""Detectors side by side: the tables and the plot."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
from PIL import Image as Picture

from edge.types import Box, Face, Image, Label
from training.data.scenes import Scene, TrueFace
from training.detector.compare import cost_of, judge, markdown, plot
from training.detector.places import Place

FACE = TrueFace(Label.WITH_MASK, (40.0, 40.0, 100.0, 120.0))


def detect_well(_image: Image) -> tuple[Face, ...]:
    """A good box."""
    return (Face(Box(42, 40, 100, 118), 0.9),)


def detect_loosely(_image: Image) -> tuple[Face, ...]:
    """A box that covers the face and as much again (IoU 0.45), and another where nobody is."""
    return (Face(Box(30, 20, 118, 141), 0.8), Face(Box(120, 100, 180, 150), 0.4))


def test_every_detector_is_judged_on_every_source(tmp_path: Path) -> None:
    """A loose box is wrong at 0.5 and right at 0.4; sources that are not asked for are left out."""
    cv2.imwrite(str(tmp_path / "a.png"), np.zeros((160, 200, 3), np.uint8))
    scenes = [
        Place(tmp_path / "a.png", Scene("a.png", 200, 160, source, (FACE,))) for source in ("one", "two", "other")
    ]
    detectors = {"well": (detect_well, 0.5), "loosely": (detect_loosely, 0.5)}
    judged = judge(detectors, scenes, min_shares={"one": 0.08, "two": 0.08})
    assert [(one.detector, one.source) for one in judged] == [
        ("well", "one"), ("well", "two"), ("loosely", "one"), ("loosely", "two"),
    ]  # fmt: skip
    good, poor = judged[0], judged[2]
    assert (good.tally.average_precision, good.loose.average_precision) == (1.0, 1.0)
    assert (poor.tally.average_precision, poor.loose.average_precision) == (0.0, 1.0)

    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in markdown(judged).splitlines()]
    assert {len(row) for row in rows[:6]} == {11}
    assert rows[2][:6] == ["one (1 faces, 1 pictures)", "well", "1.000", "1.000", "0.000", "0.50"]
    assert rows[4][2:5] == ["0.000", "0.000", "1.000"]
    assert rows[4][8:] == ["1.000", "1.000", "0.000"]

    plot(judged, tmp_path / "plot.png")
    with Picture.open(tmp_path / "plot.png") as drawn:
        assert drawn.width > drawn.height


def test_costs_are_told_for_each() -> None:
    """Named as given, in milliseconds."""
    costs = cost_of({"well": detect_well, "loosely": detect_loosely}, np.zeros((8, 8, 3), np.uint8), repeats=3)
    assert set(costs) == {"well", "loosely"}
    assert all(cost >= 0 for cost in costs.values())
