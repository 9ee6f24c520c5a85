"""When a picture is too dark to see anybody."""

from __future__ import annotations

import numpy as np

from edge.chain.darkness import DARK_S, LIT_S, Darkness


def test_darkness_is_told_after_ten_seconds_and_its_end_at_once() -> None:
    """Counted from the last look at the light, at most a second later than it went out; one lit picture ends it."""
    lit, black = np.full((40, 60, 3), 80, np.uint8), np.zeros((40, 60, 3), np.uint8)
    darkness = Darkness()
    pictures = [lit if at < 3.5 or at >= 20 else black for at in np.arange(0, 21, 0.1)]
    told = [darkness(picture, index / 10) for index, picture in enumerate(pictures)]
    began = told.index(True) / 10
    assert 3.5 + DARK_S <= began <= 3.5 + DARK_S + LIT_S
    assert told[round(began * 10) :] == [index / 10 < 20 for index in range(round(began * 10), 210)]
