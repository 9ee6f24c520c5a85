"""Default boxes: where they lie, how they are fitted."""

from __future__ import annotations

import numpy as np
import pytest

from edge.networks.decoding import decode_ssd
from edge.networks.manifest import Level
from training.detector.anchors import LEVELS, anchor_grid, fit_levels, overlaps, to_corners


def test_grid_is_in_the_order_of_the_joined_maps() -> None:
    """Level by level, row by row, cell by cell, the boxes of a cell next to each other."""
    levels = (Level(stride=8, boxes=((10, 12), (20, 24))), Level(stride=16, boxes=((30, 36),)))
    grid = anchor_grid(levels, width=32, height=16)
    assert grid.shape == (2 * 4 * 2 + 2, 4)
    assert grid[:4].tolist() == [[4, 4, 10, 12], [4, 4, 20, 24], [12, 4, 10, 12], [12, 4, 20, 24]]
    assert grid[8].tolist() == [4, 12, 10, 12]
    assert grid[-1].tolist() == [24, 8, 30, 36]


def test_grid_is_where_the_kiosk_decodes() -> None:
    """A map that fires at one default box gives exactly that box at the kiosk."""
    outputs = [np.full((1, 10, 256 // stride, 320 // stride), -9, np.float32) for stride in (8, 16, 32)]
    for output in outputs:
        output[0, [0, 1, 2, 3, 5, 6, 7, 8]] = 0
    outputs[1][0, 9, 7, 10] = 5
    (face,) = decode_ssd(
        outputs, levels=LEVELS, variances=(0.1, 0.2), min_score=0.5, max_overlap=0.4, input_size=(320, 256),
        width=320, height=256,
    )  # fmt: skip
    first = 2 * 40 * 32
    corners = to_corners(anchor_grid(LEVELS, width=320, height=256)[[first + 2 * (7 * 20 + 10) + 1]])
    assert face.box.xyxy == tuple(np.rint(corners[0]).astype(int))


@pytest.mark.parametrize(
    ("other", "expected"),
    [((0, 0, 10, 10), 1.0), ((5, 0, 15, 10), 1 / 3), ((10, 0, 20, 10), 0.0), ((2, 2, 4, 4), 0.04)],
)
def test_overlaps(other: tuple[float, ...], expected: float) -> None:
    """Intersection over union of the same, overlapping, touching and contained boxes."""
    boxes = np.array([[0, 0, 10, 10]], np.float32)
    assert overlaps(boxes, np.array([other], np.float32)) == pytest.approx(expected)


def test_fit_finds_the_sizes_faces_have() -> None:
    """Six heaps of sizes give six default boxes, small ones at the fine level."""
    heaps = np.array([(12, 15), (20, 25), (40, 50), (80, 100), (150, 180), (250, 300)], np.float32)
    sizes = np.repeat(heaps, 50, axis=0) * np.random.default_rng(0).uniform(0.97, 1.03, (300, 2)).astype(np.float32)
    fitted = fit_levels(sizes)
    assert [level.stride for level in fitted] == [8, 16, 32]
    np.testing.assert_allclose([box for level in fitted for box in level.boxes], heaps, rtol=0.03)
