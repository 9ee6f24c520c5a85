"""Region of interest and ignored zones."""

from __future__ import annotations

import numpy as np
import pytest

from edge.chain.zones import Polygon, Zones
from edge.types import Box, Face

LEFT_HALF = ((0.0, 0.0), (0.5, 0.0), (0.5, 1.0), (0.0, 1.0))
POSTER = ((0.1, 0.1), (0.3, 0.1), (0.3, 0.4), (0.1, 0.4))


@pytest.mark.parametrize(
    ("centre", "counts"),
    [((0.4, 0.8), True), ((0.6, 0.8), False), ((0.2, 0.2), False), ((0.5, 0.8), True), ((0.2, 0.5), True)],
)
def test_a_face_counts_by_its_centre(centre: tuple[float, float], counts: bool) -> None:
    """Inside the region and on no poster, whatever the size of the picture."""
    zones = Zones(min_face=0.0, region=LEFT_HALF, ignored=[POSTER])
    for width, height in ((640, 480), (1920, 1080)):
        x, y = round(centre[0] * width), round(centre[1] * height)
        face = Face(Box(x - 4, y - 4, x + 4, y + 4), 0.9)
        assert bool(zones(np.zeros((height, width, 3), np.uint8), (face,))) is counts


def test_far_faces_do_not_count() -> None:
    """The longer side is compared with the picture's longer side."""
    near, far = Face(Box(0, 0, 5, 8), 0.9), Face(Box(0, 0, 7, 7), 0.9)
    assert Zones(min_face=0.08, region=None, ignored=())(np.zeros((50, 100, 3), np.uint8), (far, near)) == (near,)


@pytest.mark.parametrize("polygon", [(), ((0.0, 0.0), (1.0, 1.0)), ((0.0, 0.0), (1.2, 0.0), (0.0, 1.0))])
def test_polygons_that_are_none_are_refused(polygon: Polygon) -> None:
    """Too few corners, or corners outside the picture."""
    with pytest.raises(ValueError, match="expected"):
        Zones(min_face=0.0, region=polygon, ignored=())
