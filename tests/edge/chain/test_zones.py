"""Region of interest and ignored zones."""

from __future__ import annotations

import numpy as np
import pytest

from edge.chain.zones import Polygon, Zones
from edge.types import Box, Face, Ignored, Reason

LEFT_HALF = ((0.0, 0.0), (0.5, 0.0), (0.5, 1.0), (0.0, 1.0))
POSTER = ((0.1, 0.1), (0.3, 0.1), (0.3, 0.4), (0.1, 0.4))


@pytest.mark.parametrize(
    ("centre", "reason", "by"),
    [
        ((0.4, 0.8), None, 0.0),
        ((0.6, 0.8), Reason.OUTSIDE_REGION, 0.1),
        ((0.2, 0.2), Reason.IN_IGNORED_ZONE, 0.1),
        ((0.5, 0.8), None, 0.0),
        ((0.2, 0.5), None, 0.0),
    ],
)
def test_a_face_counts_by_its_centre(centre: tuple[float, float], reason: Reason | None, by: float) -> None:
    """Inside the region and on no poster, whatever the size of the picture; otherwise it says by how much."""
    zones = Zones(min_face=0.0, region=LEFT_HALF, ignored=[POSTER])
    for width, height in ((640, 480), (1920, 1080)):
        x, y = round(centre[0] * width), round(centre[1] * height)
        face = Face(Box(x - 4, y - 4, x + 4, y + 4), 0.9)
        near, ignored = zones(np.zeros((height, width, 3), np.uint8), (face,))
        assert near == (() if reason else (face,))
        assert [(why.face, why.reason) for why in ignored] == ([(face, reason)] if reason else [])
        assert all(why.measure == pytest.approx(by, abs=1e-6) for why in ignored)


def test_far_faces_do_not_count() -> None:
    """The longer side is compared with the picture's longer side; of what is hardly a face nobody is told."""
    near, far, faint = Face(Box(0, 0, 5, 8), 0.9), Face(Box(0, 0, 7, 7), 0.9), Face(Box(0, 0, 6, 6), 0.2)
    zones = Zones(min_face=0.08, region=None, ignored=(), min_score=0.5)
    too_small = Ignored(far, Reason.TOO_SMALL, 0.07, 0.08)
    assert zones(np.zeros((50, 100, 3), np.uint8), (far, near, faint)) == ((near,), (too_small,))


@pytest.mark.parametrize("polygon", [(), ((0.0, 0.0), (1.0, 1.0)), ((0.0, 0.0), (1.2, 0.0), (0.0, 1.0))])
def test_polygons_that_are_none_are_refused(polygon: Polygon) -> None:
    """Too few corners, or corners outside the picture."""
    with pytest.raises(ValueError, match="expected"):
        Zones(min_face=0.0, region=polygon, ignored=())
