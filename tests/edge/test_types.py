"""The values refuse nonsense."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.types import Box, Face, Frame, Label, Reading


@pytest.mark.parametrize("xyxy", [(-1, 0, 5, 5), (0, -1, 5, 5), (5, 0, 5, 5), (0, 6, 5, 5)])
def test_box_refuses_empty_or_outside(xyxy: tuple[int, int, int, int]) -> None:
    """A box is never empty and never begins outside its frame."""
    with pytest.raises(ValueError, match="expected 0 <= x1 < x2"):
        Box(*xyxy)


numbers = st.floats(-1e6, 1e6) | st.just(math.nan) | st.just(math.inf)


@given(numbers, numbers, numbers, numbers, st.integers(1, 500), st.integers(1, 500))
def test_clipped_box_lies_inside(x1: float, y1: float, x2: float, y2: float, width: int, height: int) -> None:
    """Whatever a detector says, a clipped box can be sliced without a check, or there is none."""
    box = Box.clipped(x1, y1, x2, y2, width=width, height=height)
    assert box is None or (0 <= box.x1 < box.x2 <= width and 0 <= box.y1 < box.y2 <= height)


def test_clipped_box_keeps_what_is_inside() -> None:
    """A box that leaves the frame keeps its part within."""
    assert Box.clipped(-3.2, 2.4, 700, 9.6, width=640, height=480) == Box(0, 2, 640, 10)


@pytest.mark.parametrize(
    ("other", "overlap"),
    [(Box(0, 0, 10, 10), 1.0), (Box(10, 0, 20, 10), 0.0), (Box(5, 0, 15, 10), 1 / 3), (Box(2, 2, 4, 4), 0.04)],
)
def test_iou(other: Box, overlap: float) -> None:
    """Overlap is shared area over joint area."""
    assert Box(0, 0, 10, 10).iou(other) == pytest.approx(overlap)


def test_frame_is_read_only() -> None:
    """Nobody may draw on a frame that others still look at."""
    frame = Frame(np.zeros((4, 4, 3), np.uint8), 0.0, 0)
    with pytest.raises(ValueError, match="read-only"):
        frame.image[0, 0] = 1


@pytest.mark.parametrize("shape", [(4, 4), (4, 4, 4), (0, 4, 3)])
def test_frame_refuses_other_layouts(shape: tuple[int, ...]) -> None:
    """A frame is a colour picture and nothing else."""
    with pytest.raises(ValueError, match="expected a uint8 image"):
        Frame(np.zeros(shape, np.uint8), 0.0, 0)


def test_probabilities_stay_in_the_unit_interval() -> None:
    """Scores and probabilities outside [0, 1] are refused."""
    with pytest.raises(ValueError, match="score in"):
        Face(Box(0, 0, 1, 1), 1.2)
    with pytest.raises(ValueError, match="probability of with_mask"):
        Reading(Label.WITH_MASK, ((Label.WITH_MASK, -0.1),))
