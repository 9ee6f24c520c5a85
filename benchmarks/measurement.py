"""Contestants take turns on the same pictures: what each frame costs them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from benchmarks.contestants import BareNetworks, ClassicLoop, Pictures, kiosk
from edge.commands.bench import Cost
from edge.config.schema import Config

REPEATS = 3
"""Turns of each contestant; medians of them are told, so that another program's turn is no result."""

CLASSIC_FRAMES = 6
"""The classic loop costs the same in every frame; more would only take longer."""

WARM_UP = 2
"""The first frames compile, allocate and fill caches."""


@dataclass(frozen=True, slots=True)
class Turns:
    """Costs of each frame, a list for each turn, without the first frames.

    Attributes:
        kiosk: the whole kiosk.
        bare: the networks alone, with the calls that the kiosk made in the same turn.
        classic: the classic loop on the first frames; empty where it did not take part.
    """

    kiosk: list[list[Cost]] = field(default_factory=list)
    bare: list[list[Cost]] = field(default_factory=list)
    classic: list[list[Cost]] = field(default_factory=list)

    def ratio(self, above: str, below: str) -> float:
        """Processor time of one contestant by another's, median of the turns."""
        pairs = zip(getattr(self, above), getattr(self, below), strict=True)
        return float(np.median([mean(one, "cpu_s") / mean(other, "cpu_s") for one, other in pairs]))

    def mean_ms(self, contestant: str) -> float:
        """Processor milliseconds of a frame, mean over the frames, median of the turns."""
        return 1000 * float(np.median([mean(turn, "cpu_s") for turn in getattr(self, contestant)]))

    def spread_ms(self, field_name: str) -> tuple[float, float]:
        """Median and 95th percentile of the kiosk's frames, milliseconds."""
        values = [getattr(cost, field_name) for turn in self.kiosk for cost in turn]
        middle, high = np.percentile(values, (50, 95))
        return 1000 * float(middle), 1000 * float(high)

    def calls(self, field_name: str) -> float:
        """Looks or readings of the kiosk in a frame, mean."""
        return mean(self.kiosk[0], field_name)

    @property
    def fps(self) -> float:
        """Frames a second of wall time, median of the turns."""
        return float(np.median([1 / mean(turn, "wall_s") for turn in self.kiosk]))

    @property
    def pins_s(self) -> list[float]:
        """From frames to the pins they changed, seconds."""
        return [cost.pin_s for turn in self.kiosk for cost in turn if cost.pin_s is not None]


def measure(config: Config, pictures: Pictures, classic: ClassicLoop | None = None, *, skip: int = 1) -> Turns:
    """Let the contestants take turns.

    Args:
        skip: frames at the beginning that are not counted.
    """
    turns, bare = Turns(), BareNetworks(config, pictures)
    for _ in range(REPEATS):
        costs = kiosk(config, pictures)
        turns.kiosk.append(costs[skip:])
        turns.bare.append(bare.run(costs)[skip:])
        if classic is not None:
            turns.classic.append(classic.run(pictures[: WARM_UP + CLASSIC_FRAMES])[WARM_UP:])
    return turns


def mean(costs: Sequence[Cost], field_name: str) -> float:
    """Of one field, over frames."""
    return float(np.mean([getattr(cost, field_name) for cost in costs]))


def slope(counts: Sequence[int], costs: Sequence[float]) -> tuple[float, float]:
    """How costs grow with a count of at least 1: the exponent of the power law that fits best, and cost per count."""
    exponent = np.polyfit(np.log(counts), np.log(costs), 1)[0]
    each = np.polyfit(counts, costs, 1)[0]
    return float(exponent), float(each)
