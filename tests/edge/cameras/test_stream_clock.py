"""How old a picture is when it arrives."""

from __future__ import annotations

import pytest

from edge.cameras.stream_clock import StreamClock

Stamped = list[tuple[float | None, float]]

CASES: dict[str, tuple[Stamped, list[float]]] = {
    "prompt pictures are new": ([(7.0, 100.0), (7.1, 100.1), (7.2, 100.2)], [0, 0, 0]),
    "what came late is old": ([(7.0, 100.0), (7.1, 103.1), (7.2, 103.1), (10.2, 103.2)], [0, 3, 2.9, 0]),
    "the promptest counts": ([(7.0, 100.4), (7.1, 100.1), (7.2, 100.3)], [0, 0, 0.1]),
    "without stamps arrival counts": ([(None, 100.0), (None, 105.0)], [0, 0]),
    "stamps that stand still say nothing": ([(7.0, 100.0), (7.0, 101.0), (7.0, 102.0)], [0, 0, 0]),
    "stamps that run backwards begin anew": ([(7.0, 100.0), (6.0, 100.1), (6.1, 101.2)], [0, 0, 1.0]),
    "stamps that jump ahead begin anew": ([(7.0, 100.0), (86407.1, 100.1), (86407.2, 100.2)], [0, 0, 0]),
    "a large origin is as good": ([(1e6, 5.0), (1e6 + 0.1, 8.1)], [0, 3.0]),
}


@pytest.mark.parametrize("case", CASES)
def test_age(case: str) -> None:
    """The age of each picture when it arrives, seconds."""
    pictures, ages = CASES[case]
    clock = StreamClock()
    found = [arrived_at - clock(stamp_s, arrived_at) for stamp_s, arrived_at in pictures]
    assert found == pytest.approx(ages, abs=0.01)


def test_a_camera_whose_clock_runs_slow_does_not_grow_old() -> None:
    """A quartz that is 100 millionths off for a week is no queue of pictures."""
    clock = StreamClock()
    ages = [at - clock(at * (1 - 1e-4), at) for at in range(0, 7 * 86400, 60)]
    assert max(ages) < 0.1
