"""Annotated pictures."""

from __future__ import annotations

import numpy as np
import pytest

from edge.drawing import draw_faces, draw_observation
from edge.types import AlarmState, Box, Frame, Label, Observation, Verdict


@pytest.mark.parametrize("shape", [(1, 1, 3), (30, 400, 3), (480, 640, 3)])
@pytest.mark.parametrize("state", list(AlarmState))
def test_drawing_works_on_a_copy(shape: tuple[int, int, int], state: AlarmState) -> None:
    """The frame stays as it was, and the picture keeps its size; even where there is hardly room."""
    frame = Frame(np.full(shape, 90, np.uint8), 1.0, 0)
    box = Box(0, 0, shape[1], shape[0])
    drawn = draw_observation(Observation(frame, (Verdict(1, box, Label.UNCERTAIN, 0.0),), state))
    assert drawn.shape == shape
    assert (frame.image == 90).all()
    assert (drawn != 90).any()


def test_each_label_has_its_colour() -> None:
    """A box's colour tells the label; no two are alike."""
    image = np.zeros((200, 200, 3), np.uint8)
    colours = {tuple(draw_faces(image, [(Box(50, 90, 150, 190), label, 0.5)])[189, 100].tolist()) for label in Label}
    assert len(colours) == len(Label)
    assert (0, 0, 0) not in colours
