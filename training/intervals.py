"""How far chance alone may have moved a share that was counted."""

from __future__ import annotations

from scipy.stats import binomtest


def wilson_interval(right: int, total: int) -> tuple[float, float]:
    """Where a share of `right` in `total` lies with 95 % confidence (E. B. Wilson, 1927); (0, 1) of nothing."""
    if total == 0:
        return 0.0, 1.0
    interval = binomtest(right, total).proportion_ci(method="wilson")
    return float(interval.low), float(interval.high)
