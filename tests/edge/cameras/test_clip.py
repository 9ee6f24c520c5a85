"""The pace of clips."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator

import numpy as np
import pytest

from edge.cameras.clip import LOOK_S, ClipCamera
from edge.types import Frame, Image


def pictures(count: int, fps: float, decode: Callable[[], None] = lambda: None) -> Iterator[tuple[Image, float]]:
    for index in range(count):
        decode()
        yield np.full((2, 2, 3), index, np.uint8), index / fps


class Clock:
    """A clock that is moved by hand and by whoever waits."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 0.0
        monkeypatch.setattr("edge.cameras.clip.time.monotonic", lambda: self.now)

    def drive(self, camera: ClipCamera, monkeypatch: pytest.MonkeyPatch) -> None:
        """Waiting moves it."""
        monkeypatch.setattr(camera._stopped, "wait", self.wait)

    def wait(self, seconds: float) -> None:
        self.now += seconds


def test_a_machine_that_is_too_slow_looks_now_and_then(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Where decoding alone takes longer than the clip, two pictures a second are looked at all the same, told once."""
    clock = Clock(monkeypatch)
    camera = ClipCamera(lambda: pictures(240, 60, lambda: clock.wait(0.1)), live=True)
    clock.drive(camera, monkeypatch)
    with caplog.at_level(logging.WARNING):
        seen = [(frame.index, clock.now) for frame in camera.frames()]
    assert seen[0][0] == 0
    gaps = np.diff([at for _, at in seen])
    assert len(seen) == pytest.approx(240 * 0.1 / LOOK_S, rel=0.2)
    assert gaps.max() <= LOOK_S + 0.1
    assert caplog.text.count("clip=slow") == 1


def test_a_clip_in_a_loop_goes_on_in_media_time() -> None:
    """From the last picture to the first one passes the usual time; it ends when it is stopped."""
    camera = ClipCamera(lambda: pictures(3, 10), live=False, loop=True)
    frames: list[Frame] = []
    for frame in camera.frames():
        frames.append(frame)
        if len(frames) == 7:
            camera.stop()
    assert [int(frame.image[0, 0, 0]) for frame in frames] == [0, 1, 2, 0, 1, 2, 0]
    assert [frame.taken_at for frame in frames] == pytest.approx([n / 10 for n in range(7)])
    assert [frame.index for frame in frames] == list(range(7))
