"""Intervals of shares."""

from __future__ import annotations

import pytest

from training.intervals import wilson_interval


@pytest.mark.parametrize(
    ("right", "total", "low", "high"),
    [(0, 10, 0.0, 0.2775), (5, 10, 0.2366, 0.7634), (10, 10, 0.7225, 1.0), (81, 263, 0.2553, 0.3662)],
)
def test_wilson_interval(right: int, total: int, low: float, high: float) -> None:
    """The last line is the worked example of R. G. Newcombe, Statistics in Medicine 17 (1998), table I."""
    assert wilson_interval(right, total) == pytest.approx((low, high), abs=1e-4)
