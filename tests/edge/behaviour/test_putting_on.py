"""How soon the door opens for somebody who puts a mask on: clips made by the demo's means, the shipped networks."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from edge.assembly.loading import load_networks
from edge.cameras import demo
from edge.config.in_use import ConfigInUse
from edge.config.schema import Config
from edge.controls import Controls
from edge.door.latches import Latches
from edge.events.journal import Journal
from edge.health import HealthMonitor
from edge.kiosk import Kiosk, StateChange
from edge.types import AlarmState, Frame, Image

FPS = 15.0
BARE_S, ON_S = 3.0, 3.0
MOST_S = 1.5
"""From the first picture with the mask properly on to PASS."""

Clip = Iterator[Image]


def pulled_up(raise_s: float) -> tuple[list[Image], float]:
    """Somebody bare who pulls the mask up from the chin in so many seconds; and when it is properly on."""
    bare = demo._portrait()
    steps = round(raise_s * FPS)
    chin, up = np.array(demo._CHIN), np.array(demo._MASK)
    low = chin[np.linspace(0, len(chin) - 1, len(up)).round().astype(int)]
    between = [
        demo._with_mask(bare, tuple(map(tuple, (low + (up - low) * step / steps).round().astype(int).tolist())))
        for step in range(steps)
    ]
    scenes = [bare] * round(BARE_S * FPS) + between + [demo._with_mask(bare, demo._MASK)] * round(ON_S * FPS)
    return [demo._sway(image, index / FPS) for index, image in enumerate(scenes)], BARE_S + steps / FPS


def states(pictures: list[Image]) -> list[StateChange]:
    """What the door shows before a camera that sees this."""
    changes: list[StateChange] = []
    now = [0.0]
    kiosk = Kiosk(
        ConfigInUse(Config.model_validate({"signals": {"driver": "mock"}})),
        load_networks=load_networks,
        report=lambda change: changes.append(change) if isinstance(change, StateChange) else None,
        sinks=(),
        health=HealthMonitor(model=lambda: "test"),
        journal=Journal(lambda event: None),
        controls=Controls(),
        tell_time=lambda stage, seconds: None,
        latches=Latches(None),
        live=True,
        clock=lambda: now[0],
    )

    def frames() -> Iterator[Frame]:
        for index, image in enumerate(pictures):
            now[0] = index / FPS
            yield Frame(image, now[0], index)

    try:
        for _ in kiosk.watch(frames()):
            pass
    finally:
        kiosk.close()
    return changes


@pytest.mark.slow
@pytest.mark.parametrize("raise_s", [0.0, 0.5, 1.5])
def test_who_puts_a_mask_on_passes_soon(raise_s: float) -> None:
    """At 15 pictures a second: ALERT before, PASS at most a second and a half after the mask is properly on."""
    pictures, on_at = pulled_up(raise_s)
    changes = states(pictures)
    assert AlarmState.ALERT in {change.after for change in changes if change.at < BARE_S}
    passes = [change.at for change in changes if change.after is AlarmState.PASS]
    assert passes, changes
    assert passes[0] - on_at <= MOST_S


@pytest.mark.slow
@pytest.mark.parametrize("bad", [1, 2])
def test_a_bad_frame_or_two_open_no_door_and_raise_no_alarm(bad: int) -> None:
    """Pictures of a mask among those of a bare face do not open the door, nor do bare ones among masked ones alert."""
    bare = demo._portrait()
    masked = demo._with_mask(bare, demo._MASK)
    for most, few, never in ((bare, masked, AlarmState.PASS), (masked, bare, AlarmState.ALERT)):
        scenes = [most] * 30 + [few] * bad + [most] * 30
        changes = states([demo._sway(image, index / FPS) for index, image in enumerate(scenes)])
        assert never not in {change.after for change in changes}
