"""Tests of training.evaluation.charts."""

from __future__ import annotations

from xml.etree import ElementTree as ET

import pytest

from tests.training.judged import some_figures
from training.evaluation.charts import charts


def test_every_chart_is_svg_and_always_the_same() -> None:
    """Four well-formed drawings, byte for byte the same for the same figures, other ones for others."""
    drawn = charts(some_figures())
    assert set(drawn) == {"confusion", "reliability", "roc", "slices"}
    for svg in drawn.values():
        assert ET.fromstring(svg).tag.endswith("svg")
    assert charts(some_figures()) == drawn
    assert charts(some_figures(truth=(0, 1, 1, 2, 0)))["confusion"] != drawn["confusion"]


def test_no_picture_gets_into_a_chart() -> None:
    """Charts go into the documentation: the only raster allowed is the confusion matrix's own colours."""
    drawn = charts(some_figures())
    assert [name for name, svg in drawn.items() if "<image" in svg] == ["confusion"]


@pytest.mark.parametrize("truth", [(0, 0, 0, 0, 0), (1, 1, 2, 2, 1)])
def test_one_kind_of_face_only(truth: tuple[int, ...]) -> None:
    """Where a curve cannot be drawn the chart says so instead of failing."""
    assert set(charts(some_figures(truth=truth))) == {"confusion", "reliability", "roc", "slices"}
