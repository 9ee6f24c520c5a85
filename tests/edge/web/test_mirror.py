"""The mirror: boxes and labels, left and right swapped, and nothing that is old."""

from __future__ import annotations

import asyncio

import numpy as np
import pytest

from edge.types import AlarmState, Box, Frame, Label, Observation, Verdict
from edge.web import mirror as mirror_module
from edge.web.live import FORGET_S, Live
from edge.web.mirror import Mirror, Outline, Reflection, reflect


class Clock:
    """Tells the time it is told."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


def seen(*labels: Label) -> Observation:
    """People side by side in a picture of 400 x 200, the first one at the left edge."""
    frame = Frame(np.zeros((200, 400, 3), np.uint8), 1.0, 0)
    verdicts = tuple(Verdict(i, Box(40 * i, 50, 40 * i + 30, 90), label, 0.9) for i, label in enumerate(labels))
    return Observation(frame, verdicts, AlarmState.CHECKING)


@pytest.mark.parametrize(("turned", "x"), [(True, 0.925), (False, 0.0)])
def test_an_outline_stands_where_a_mirror_shows_it(turned: bool, x: float) -> None:
    """The camera's left is the right of whoever looks at the screen, unless the camera mirrors by itself."""
    outline = Outline(x=x, y=0.25, width=0.075, height=0.2, label=Label.WITHOUT_MASK)
    assert reflect(seen(Label.WITHOUT_MASK), turned=turned) == Reflection(aspect=2.0, people=[outline])


def test_everybody_is_shown_with_their_own_label() -> None:
    """Whoever is not decided on, too."""
    labels = (Label.WITH_MASK, Label.UNCERTAIN, Label.INCORRECT_MASK)
    assert [one.label for one in reflect(seen(*labels), turned=True).people] == list(labels)


def test_nobody_is_shown_before_the_first_picture_and_after_the_last() -> None:
    """A lost camera leaves nobody standing in the mirror."""
    clock = Clock()
    live = Live(clock=clock)
    mirror = Mirror(live, wanted=lambda: True, is_mirrored=lambda: False)
    assert mirror.reflection().people == []
    live(seen(Label.WITH_MASK))
    assert len(mirror.reflection().people) == 1
    clock.now = FORGET_S + 1
    assert mirror.reflection().people == []


@pytest.mark.parametrize("end", ["close", "unwanted"])
def test_it_tells_changes_and_that_it_is_there_until_it_ends(end: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Once for the same view, again after a while; not any more when it is closed, or the configuration changes."""
    monkeypatch.setattr(mirror_module, "INTERVAL_S", 0.001)
    monkeypatch.setattr(mirror_module, "RENEWAL_S", 0.02)
    live, wanted = Live(), [True]
    mirror = Mirror(live, wanted=lambda: wanted[0], is_mirrored=lambda: False)

    async def listen() -> list[int]:
        told = []
        async for reflection in mirror.listen():
            told.append(len(reflection.people))
            if len(told) == 1:
                live(seen(Label.WITH_MASK))
            elif len(told) == 3:
                wanted[0] = end != "unwanted"
                if end == "close":
                    mirror.close()
        return told

    assert asyncio.run(asyncio.wait_for(listen(), 10)) == [0, 1, 1]
