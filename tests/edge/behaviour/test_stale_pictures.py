"""The kiosk as a process, before cameras that show the past and people who slip in: no relay is on a second later."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import closing
from itertools import count, islice
from pathlib import Path

import cv2
import numpy as np
import pytest

from edge.types import Image
from tests import rtsp_camera
from tests.kiosk_process import Kiosk
from tests.network_camera import Scene, read, serving

pytestmark = pytest.mark.slow

GRACE_S = 1.0
"""So long after the cause the relay may still be on, and a little for what a busy machine has not told yet."""
LATE_S = 0.3
WATCHED_S = 6.0


def masked(shared: Path, pictures: int) -> list[Image]:
    """Somebody with a mask who lives."""
    return list(islice(read(shared / "data/videos/masked_man_1.mp4"), pictures))


def on_seconds(kiosk: Kiosk, since: float, until: float) -> float:
    """Seconds for which the relay was on between two moments of the monotonic clock."""
    total, on = 0.0, None
    for change in kiosk.changes:
        if change["event"] == "pin" and change["pin"] == "relay":
            if change["value"]:
                on = change["t"]
            elif on is not None:
                total, on = total + max(0.0, min(change["t"], until) - max(on, since)), None
    return total if on is None else total + max(0.0, until - max(on, since))


def watch(kiosk: Kiosk, cause_at: float) -> float:
    """Seconds of relay-on from a second after the cause; the pins tell when, the process a little later."""
    time.sleep(max(0.0, cause_at + WATCHED_S - time.monotonic()))
    return on_seconds(kiosk, cause_at + GRACE_S + LATE_S, cause_at + WATCHED_S)


def jpeg(image: Image, quality: int) -> Image:
    """Encoded again."""
    return np.asarray(cv2.imdecode(cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, quality])[1], 1), np.uint8)


def clock(image: Image, second: int) -> Image:
    """With the camera's time written into it."""
    drawn = image.copy()
    place, font = (8, 20), cv2.FONT_HERSHEY_SIMPLEX
    cv2.putText(drawn, f"2026-11-27 14:00:{second % 60:02d}", place, font, 0.6, (255, 255, 255), 2)
    return drawn


STUCK: dict[str, Callable[[list[Image]], Iterator[Image]]] = {
    "one picture": lambda seen: iter(seen[-1:]),
    "two in turn": lambda seen: iter(seen[-2:]),
    "four in turn": lambda seen: iter(seen[-4:]),
    "with a clock": lambda seen: (clock(seen[-1], n // 10) for n in range(200)),
    "encoded again": lambda seen: (jpeg(seen[-1], 50 + n * 17 % 45) for n in range(200)),
    "an empty room": lambda seen: (np.full_like(seen[-1], 90) for n in range(1)),
}


@pytest.mark.parametrize("kind", STUCK)
def test_a_frozen_camera_opens_no_door(kind: str, shared: Path, tmp_path: Path) -> None:
    """However it is frozen during PASS, the relay goes off within a second and stays off; somebody who lives passes."""
    seen, scene = masked(shared, 150), Scene()
    scene.show_pictures(seen)
    with serving(scene) as address, closing(Kiosk(tmp_path, address)) as kiosk:
        kiosk.wait_for("pass")
        stuck = list(STUCK[kind](seen))
        scene.show_pictures(stuck)
        # Pictures that are shown in turn are new ones in the first round.
        first_round_s = len(stuck) / scene.fps if 1 < len(stuck) <= 4 else 0.0
        assert watch(kiosk, time.monotonic() + first_round_s) == 0.0
        scene.show_pictures(seen)
        kiosk.wait_for("pass")


@pytest.mark.parametrize("codec", sorted(("h264", "h264-b", "h265")))
def test_a_stalled_stream_opens_no_door(codec: str, shared: Path, tmp_path: Path) -> None:
    """RTSP that stalls in PASS: off within a second, then FAULT, and never on for what the decoder still held."""
    rtsp_camera.need_gstreamer()
    with (
        rtsp_camera.serving(masked(shared, 120), tmp_path, codec=codec) as camera,
        closing(Kiosk(tmp_path, camera.address)) as kiosk,
    ):
        kiosk.wait_for("pass")
        kiosk.wait_until(lambda: "relay" in kiosk.on)
        camera.stall()
        stalled_at = time.monotonic()
        assert watch(kiosk, stalled_at) == 0.0
        faults = [change["t"] for change in kiosk.states if change["to"] == "fault" and change["t"] > stalled_at]
        assert faults[0] < stalled_at + 4
        camera.go_on()
        kiosk.wait_for("pass")


def beside(seen: list[Image], bare: list[Image]) -> Iterator[Image]:
    """Somebody with a mask, and beside them somebody bare who is seen in every second picture."""
    for number, image, other in zip(count(), seen, bare, strict=False):
        half = cv2.resize(image, (640, 360))
        right = cv2.resize(other, (640, 360)) if number % 2 else np.full((360, 640, 3), 60, np.uint8)
        yield np.asarray(np.hstack([half, right]), np.uint8)


def test_whoever_tailgates_keeps_the_door_shut(shared: Path, tmp_path: Path) -> None:
    """A bare person who is seen in every second picture beside a masked one opens nothing, and raises no alarm."""
    scene = Scene()
    bare = list(islice(read(shared / "data/videos/unmasked_1.mp4"), 150))
    scene.show_pictures(beside(masked(shared, 150), bare))
    with serving(scene) as address, closing(Kiosk(tmp_path, address)) as kiosk:
        kiosk.wait_for("checking")
        began_at = time.monotonic()
        assert watch(kiosk, began_at - GRACE_S) == 0.0
        assert "alert" not in {change["to"] for change in kiosk.states}
