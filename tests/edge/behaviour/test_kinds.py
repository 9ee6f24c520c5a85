"""Somebody in a surgical mask, then in a respirator, before a door that asks for one: screen, voice and relay."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

import cv2
import numpy as np
import pytest

from edge.cameras.clip import ClipCamera
from edge.config.accepted import AcceptedConfig
from edge.config.schema import Config
from edge.config.settings import Settings
from edge.kiosk import StateChange
from edge.pictures import read_picture
from edge.service import Service
from edge.signals.door import PinChange
from edge.types import Image, Observation
from edge.voice.announcer import called_for
from edge.web.door import what_is_shown
from edge.web.status import StatusFeed

FPS, SCENE_S, EMPTY_S = 12, 2.5, 4.0
SIZE = (500, 500)

SURGICAL, RESPIRATOR = "9815864647e7ac78.jpg", "056bfac80c0fc6fb.jpg"
"""Two pictures of the test part that the shipped network is sure of."""


def clip(folder: Path) -> Iterator[tuple[Image, float]]:
    """Nobody, a surgical mask, nobody, a respirator; the camera sways a little, as the demo's does."""
    room = np.full((*SIZE, 3), 90, np.uint8)
    worn = [np.asarray(cv2.resize(read_picture(folder / name), SIZE), np.uint8) for name in (SURGICAL, RESPIRATOR)]
    scenes = [(room, 0.5), (worn[0], SCENE_S), (room, EMPTY_S), (worn[1], SCENE_S)]
    pictures = [image for image, seconds in scenes for _ in range(round(seconds * FPS))]
    for index, image in enumerate(pictures):
        at = index / FPS
        shift = np.array([[1, 0, 4 * np.sin(at * 2)], [0, 1, 2 * np.sin(at * 3)]], np.float32)
        yield np.asarray(cv2.warpAffine(image, shift, SIZE, borderMode=cv2.BORDER_REPLICATE), np.uint8), at


def play(folder: Path, **alarm: str) -> list[tuple[str, str | None, bool]]:
    """What the screen shows, what is called for aloud, and whether the door is unlocked, one after the other."""
    seen: list[tuple[str, str | None, bool]] = []
    open_now = [False]

    def note(_observation: Observation) -> None:
        scene = service.health.scene()
        seen.append((what_is_shown(StatusFeed(service.health).status()), called_for(scene), open_now[0]))

    def hear(change: StateChange | PinChange) -> None:
        if isinstance(change, PinChange) and change.name == "relay":
            open_now[0] = bool(change.value)

    config = Config.model_validate({"signals": {"driver": "mock", "relay": 5}, "alarm": alarm})
    parts = {"settings": Settings(lambda: config), "accepted": AcceptedConfig(None), "sinks": {"notes": note}}
    service = Service(config, live=False, report=hear, **parts)  # type: ignore[arg-type]
    try:
        service.run_recording(ClipCamera(lambda: clip(folder), live=False))
    finally:
        service.close()
    return [what for what, _ in groupby(seen) if what[0] not in ("idle", "checking")]


IN = ("pass", "pass", True)


@pytest.mark.parametrize(
    ("alarm", "expected"),
    [
        ({"required": "any"}, [IN, IN]),
        ({"required": "medical"}, [IN, IN]),
        ({"required": "respirator"}, [("needs_respirator", "needs_respirator", False), IN]),
        (
            {"required": "respirator", "wrong_kind": "remind"},
            [("needs_respirator", "needs_respirator", True), IN],
        ),
    ],
)
def test_the_door_asks_for_what_is_required(
    alarm: dict[str, str], expected: list[tuple[str, str | None, bool]], shared: Path
) -> None:
    """With the shipped networks: each of the two comes in where the mask does, and is told where it does not."""
    assert play(shared / "data/types/images", **alarm) == expected
