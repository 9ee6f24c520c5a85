"""A week of a camera's life: nights, restarts, changes of light, lost and damaged pictures, stamps that jump, a stuck
picture. Drawn from a seed, so that it can be had again; a day takes some forty seconds.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise

import cv2
import numpy as np

from edge.chain.darkness import DARK_S, LIT_S
from edge.chain.liveness import REPEATED_S
from edge.types import Image
from tests.machines.soak.film import exact

DAYS = 7
DAY_S = 24 * 3600.0
MORNING_S, NOON_S, EVENING_S = 2.0, 14.0, 27.0
"""When, after its begin, a day's restart comes, its incident at the soonest, and its night; media seconds."""

NIGHT_S = DARK_S + 3.0
RESTART_S = 1.5
PASSED_S = 0.2
"""Two pictures: what is told of one may have begun with the one before."""


class Kind(StrEnum):
    """What happens to a camera."""

    RESTART = "restarts, as every recorder does once a day"
    NIGHT = "night"
    LIGHT = "the light changes"
    DROPPED = "packets are lost"
    DAMAGED = "pictures come damaged"
    STUCK = "shows one picture until it is opened again"
    AHEAD = "its stamps leap by a day"
    BACK = "its stamps run back by a day"
    ZERO = "its stamps begin anew"


INCIDENTS = {
    Kind.LIGHT: 6.0,
    Kind.DROPPED: 5.0,
    Kind.DAMAGED: 8.0,
    Kind.STUCK: REPEATED_S + 5.0,
    Kind.AHEAD: 0.1,
    Kind.BACK: 0.1,
    Kind.ZERO: 0.1,
}
"""One for each day, and how long it lasts, seconds."""

TOLD_WITHIN_S = {
    Kind.NIGHT: DARK_S + LIT_S + PASSED_S,
    Kind.STUCK: REPEATED_S + 1.0,
    Kind.RESTART: RESTART_S + PASSED_S,
}
"""What is a FAULT, and how soon after its begin it is told at the latest."""

GONE_WITHIN_S = 2.0
"""So soon after its end a FAULT is over."""

UNSEEN = frozenset({Kind.AHEAD, Kind.BACK, Kind.ZERO})
"""What must not change a single decision."""


@dataclass(frozen=True, slots=True)
class Spell:
    """From `begin_s` until `end_s`, media seconds; afterwards stamps are `stamps_s` ahead of them."""

    kind: Kind
    begin_s: float
    end_s: float
    stamps_s: float | None = None


def week(seed: int) -> tuple[Spell, ...]:
    """In order of time; the same for the same seed."""
    dice = random.Random(seed)
    spells: list[Spell] = []
    begin_s = 0.0
    for day, incident in enumerate(dice.sample(list(INCIDENTS), DAYS)):
        if day:
            back_s = exact(begin_s + MORNING_S + RESTART_S)
            spells.append(Spell(Kind.RESTART, begin_s + MORNING_S, back_s, dice.choice((-back_s, DAY_S, -DAY_S))))
        noon_s = exact(begin_s + NOON_S + dice.uniform(0, 4))
        after_s = noon_s + INCIDENTS[incident]
        # A day beyond whatever the restart has left.
        leaps = {Kind.AHEAD: 2 * DAY_S, Kind.BACK: -2 * DAY_S, Kind.ZERO: -noon_s}
        spells.append(Spell(incident, noon_s, after_s, leaps.get(incident)))
        evening_s = max(begin_s + EVENING_S, after_s + 4)
        begin_s = evening_s + NIGHT_S
        spells.append(Spell(Kind.NIGHT, evening_s, begin_s))
    return tuple(spells)


def ends_s(spells: Sequence[Spell]) -> float:
    """Where the week ends: in the morning after its last night."""
    return spells[-1].end_s + 2 * MORNING_S


class View:
    """What the camera makes of a picture, and of its time."""

    def __init__(self, spells: Sequence[Spell]) -> None:
        self._spells = spells
        self._noise = np.random.default_rng(5).integers(0, 4, (480, 640, 3), np.uint8)
        self._shown = 0
        self._stuck: Image | None = None

    def spell(self, at_s: float) -> Spell | None:
        """What happens at a moment."""
        return next((spell for spell in self._spells if spell.begin_s <= at_s < spell.end_s), None)

    def stamp_s(self, at_s: float) -> float:
        """By the camera's own clock."""
        ahead = [spell.stamps_s for spell in self._spells if spell.stamps_s is not None and spell.begin_s <= at_s]
        return at_s + (ahead[-1] if ahead else 0.0)

    def arrives(self, at_s: float) -> bool:
        """Whether a picture is not lost on its way: two of three are, while packets are."""
        self._shown += 1
        spell = self.spell(at_s)
        return spell is None or spell.kind is not Kind.DROPPED or self._shown % 3 == 0

    def __call__(self, image: Image, at_s: float) -> tuple[Image, bool]:
        """The picture as it is sent, and whether it is damaged."""
        spell = self.spell(at_s)
        kind = spell.kind if spell else None
        if kind is not Kind.STUCK:
            self._stuck = None
        if spell is not None and kind is Kind.NIGHT:
            return (image >> 5) + np.roll(self._noise, self._shown * 7, axis=1), False
        if spell is not None and kind is Kind.LIGHT:
            turn = (at_s - spell.begin_s) / (spell.end_s - spell.begin_s) * 2 * np.pi
            return np.asarray(cv2.convertScaleAbs(image, alpha=1 + 0.5 * np.sin(turn)), np.uint8), False
        if kind is Kind.DAMAGED and self._shown % 4 == 0:
            image = image.copy()
            image[image.shape[0] // 2 :] = 128
            return image, True
        if kind is Kind.STUCK:
            self._stuck = image if self._stuck is None else self._stuck
            return self._stuck, False
        return image, False


def faults(changes: Sequence[dict[str, object]]) -> list[tuple[float, float]]:
    """When the door showed FAULT, media seconds; the last one may not have ended."""
    states = [(float(str(change["at"])), change["after"]) for change in changes if change["event"] == "state"]
    return [(at, later) for (at, after), (later, _) in pairwise([*states, (float("inf"), "")]) if after == "fault"]
