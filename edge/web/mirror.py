"""The mirror on the door screen: where people are and what they wear, as boxes and labels; never a picture."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable

from pydantic import BaseModel

from edge.types import Label, Observation, Verdict
from edge.web.live import Live

INTERVAL_S = 0.125
"""Eight times a second: an outline follows whom it shows."""

RENEWAL_S = 1.0
"""Told this often though nobody moves: what is silent for longer is no mirror."""


class Outline(BaseModel):
    """One person's face: left, top, width and height as shares of the picture's; as a mirror has it."""

    x: float
    y: float
    width: float
    height: float
    label: Label


class Reflection(BaseModel):
    """Everybody in view; `aspect` is the picture's width by its height."""

    aspect: float
    people: list[Outline]


class Mirror:
    """Tells where people are to every screen that shows it, for as long as the configuration wants one.

    Args:
        live: what the kiosk saw.
        wanted: tells whether there is a mirror.
        is_mirrored: tells whether the camera's picture is a mirror's already.
    """

    def __init__(self, live: Live, *, wanted: Callable[[], bool], is_mirrored: Callable[[], bool]) -> None:
        self._live = live
        self._wanted = wanted
        self._is_mirrored = is_mirrored
        self._closed = False

    async def listen(self) -> AsyncIterator[Reflection]:
        """The present reflection, and each that differs."""
        clock = asyncio.get_running_loop().time
        told: Reflection | None = None
        told_at = 0.0
        while self._wanted() and not self._closed:
            reflection, now = self.reflection(), clock()
            if reflection != told or now - told_at >= RENEWAL_S:
                told, told_at = reflection, now
                yield reflection
            await asyncio.sleep(INTERVAL_S)

    def reflection(self) -> Reflection:
        """Who can be seen now: nobody before the first picture, and after the camera was lost."""
        glance = self._live.glance()
        if glance is None:
            return Reflection(aspect=1.0, people=[])
        return reflect(glance.observation, turned=not self._is_mirrored())

    def close(self) -> None:
        """Let every screen go, within a moment; may be called from any thread."""
        self._closed = True


def reflect(observation: Observation, *, turned: bool) -> Reflection:
    """What a mirror would show of an observation; `turned` swaps left and right."""
    width, height = observation.frame.size

    def outline(verdict: Verdict) -> Outline:
        box = verdict.box
        left = width - box.x2 if turned else box.x1
        return Outline(
            x=round(left / width, 4),
            y=round(box.y1 / height, 4),
            width=round((box.x2 - box.x1) / width, 4),
            height=round((box.y2 - box.y1) / height, 4),
            label=verdict.label,
        )

    return Reflection(aspect=round(width / height, 4), people=[outline(one) for one in observation.verdicts])
