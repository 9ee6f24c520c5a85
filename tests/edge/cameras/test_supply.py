"""Too few pictures, and damaged ones, are told."""

from __future__ import annotations

import numpy as np
import pytest

from edge.cameras.supply import DAMAGED, FEW, WATCHED_S, Supply
from edge.health import HealthMonitor
from edge.types import Frame

IMAGE = np.zeros((4, 4, 3), np.uint8)
DEFAULTS = (5, 1.0)


class Loop:
    """Gives frames to a supply whose health can be looked at."""

    def __init__(self, votes: tuple[int, float] = DEFAULTS) -> None:
        self.health = HealthMonitor(model=lambda: "m")
        self.supply = Supply(self.health, votes=lambda: votes, break_s=1.0)
        self.now, self.index, self.damaged = 50.0, 0, 0

    def run(self, fps: float, seconds: float = 2 * WATCHED_S, *, supplied: int = 1, damaged_every: int = 0) -> None:
        """Frames so often, each the last of `supplied` pictures, every so many of which are damaged."""
        for _ in range(round(fps * seconds)):
            self.now += 1 / fps
            self.index += supplied
            self.damaged += bool(damaged_every) and self.index % damaged_every == 0
            self.supply(Frame(IMAGE, self.now, self.index, damaged=self.damaged))

    def told(self, component: str) -> tuple[str, str] | None:
        faults = {fault.component: (fault.cause, fault.remedy) for fault in self.health.health().faults}
        return faults.get(component)


@pytest.mark.parametrize(
    ("fps", "votes", "needed"),
    [
        (1.0, DEFAULTS, 1.6),
        (1.5, DEFAULTS, 1.6),
        (2.0, DEFAULTS, None),
        (3.0, DEFAULTS, None),
        (3.0, (10, 1.0), 3.6),
        (3.0, (10, 5.0), None),
        (1.2, (1, 1.0), 1.2),
        (1.3, (1, 1.0), None),
    ],
)
def test_too_few_pictures_are_told(fps: float, votes: tuple[int, float], needed: float | None) -> None:
    """With the figure, and what is needed for the votes that are set; never below what shows that somebody lives."""
    loop = Loop(votes)
    loop.run(fps)
    told = loop.told(FEW)
    assert told is None if needed is None else told is not None
    if told is not None:
        assert told[0] == f"{fps:.1f} pictures a second are too few to decide by, {needed:.1f} are needed"


@pytest.mark.parametrize(("supplied", "remedy"), [(1, "set the camera"), (10, "choose a smaller picture")])
def test_it_tells_a_slow_camera_from_a_slow_board(supplied: int, remedy: str) -> None:
    """A board that could have had more is slow itself."""
    loop = Loop()
    loop.run(1, supplied=supplied)
    told = loop.told(FEW)
    assert told is not None
    assert told[1].startswith(remedy)


def test_it_recovers_and_does_not_swing() -> None:
    """A little more than needed is wanted once it was too little."""
    loop = Loop()
    loop.run(1.5)
    assert loop.told(FEW) is not None
    loop.run(1.7)
    assert loop.told(FEW) is not None
    loop.run(2)
    assert loop.told(FEW) is None
    loop.run(1.7)
    assert loop.told(FEW) is None


def test_breaks_are_told_however_many_pictures_come() -> None:
    """Ten a second for a second, and then none for one and a half: everybody is judged anew all the time."""
    loop = Loop()
    for _ in range(8):
        loop.run(10, 1)
        loop.now += 1.5
    told = loop.told(FEW)
    assert told is not None
    assert "stopped 4 times in 10 s" in told[0]
    loop.run(10)
    assert loop.told(FEW) is None


def test_a_camera_that_was_opened_again_is_counted_anew() -> None:
    """What came before the pause, and the pause itself, say nothing of it."""
    loop = Loop()
    loop.run(10)
    loop.now, loop.index = loop.now + 30, 0
    loop.supply.begin()
    loop.run(10)
    assert loop.told(FEW) is None


@pytest.mark.parametrize(("damaged_every", "told"), [(25, True), (100, False), (0, False)])
def test_damaged_pictures_are_told(damaged_every: int, told: bool) -> None:
    """With the figure, from one in fifty on; those that nobody looked at count."""
    loop = Loop()
    loop.run(5, supplied=5, damaged_every=damaged_every)
    cause = loop.told(DAMAGED)
    assert (cause is not None) is told
    if cause is not None:
        assert cause[0] == "10 of 250 pictures in 10 s were damaged on their way"
    loop.run(5)
    assert loop.told(DAMAGED) is None
