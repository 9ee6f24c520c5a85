"""What goes wrong during a soak, and when: drawn from a seed, so that a run can be had again."""

from __future__ import annotations

import random
from collections.abc import Collection, Iterator
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any, Self


class Kind(StrEnum):
    """A fault, by the part that breaks."""

    # Of the camera.
    READ_ERROR = "camera: its driver raises"
    STREAM_END = "camera: its stream ends"
    NO_OPEN = "camera: lost, and cannot be opened twice"
    STALL = "camera: no picture"
    # Of a sink in the loop.
    SINK = "sink: raises"
    # Of the events' disk.
    DISK_FULL = "disk: full"
    DISK_ERROR = "disk: input/output error"
    FOLDER_GONE = "disk: folder gone"
    LOCKED = "disk: database locked"
    # Of the network.
    BROKER_RESTART = "broker: restarted"
    BROKER_HANGS = "broker: hangs"
    SILENT_VIEWER = "web: a viewer never reads"
    # Of the owner.
    RELOAD = "configuration: good one reloaded"
    BAD_RELOAD = "configuration: bad one reloaded"
    # Of the clock on the wall.
    CLOCK = "clock: jumps"

    @property
    def part(self) -> str:
        """What breaks: one part has one fault at a time."""
        return self.partition(":")[0]


CAMERA = frozenset({Kind.READ_ERROR, Kind.STREAM_END, Kind.NO_OPEN, Kind.STALL})
WITHIN = CAMERA | {Kind.SINK}
"""These happen inside the kiosk's process, at a moment of media time; the others are done to it from outside."""

MEAN_GAP_S = 16.0
"""Media seconds between two faults."""

MARGIN_S = 30.0
"""Media seconds without faults at either end: the kiosk warms up, and recovers."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault.

    Attributes:
        at_s: when it begins, media seconds.
        lasts_s: how long: media seconds for those within the kiosk's process, seconds for the others.
        size: how bad it is, in [-1, 1]: how far the clock jumps.
    """

    kind: Kind
    at_s: float
    lasts_s: float
    size: float

    @classmethod
    def from_record(cls, record: dict[str, Any]) -> Self:
        """From JSON."""
        return cls(**record | {"kind": Kind(record["kind"])})

    def as_record(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)


def plan(seed: int, media_s: float, *, without: Collection[Kind] = ()) -> tuple[Fault, ...]:
    """Faults for so many media seconds: every kind once, in any order, then every kind again."""
    dice = random.Random(seed)
    faults, at_s = [], MARGIN_S
    for kind in _deck(dice, [kind for kind in Kind if kind not in without]):
        if at_s >= media_s - MARGIN_S:
            break
        lasts_s = dice.uniform(4, 20) if kind is Kind.SILENT_VIEWER else dice.uniform(1, 5)
        faults.append(Fault(kind, round(at_s, 3), round(lasts_s, 3), round(dice.uniform(-1, 1), 6)))
        at_s += dice.uniform(0.25, 1.75) * MEAN_GAP_S
    return tuple(faults)


def _deck(dice: random.Random, kinds: list[Kind]) -> Iterator[Kind]:
    while True:
        dice.shuffle(kinds)
        yield from kinds
