"""The kiosk as a whole, with networks that say what the picture's colour says."""

from __future__ import annotations

from collections.abc import Iterator
from threading import Event

import numpy as np
import pytest

from edge import service
from edge.camera import ClipCamera
from edge.config import Config
from edge.errors import CameraError
from edge.gpio import PinChange
from edge.service import Kiosk, StateChange, run_live, run_recording
from edge.types import AlarmState, Box, Face, Frame, Image, Label, Observation, Reading

IDLE, CHECKING, PASS, ALERT, FAULT = AlarmState
CONFIG = Config.model_validate({"signals": {"driver": "mock"}})

EMPTY, BARE, MASKED, UNSURE = 0, 1, 2, 3
"""Grey values that the networks below understand."""


def find_face(image: Image) -> tuple[Face, ...]:
    return (Face(Box(10, 10, 30, 30), 0.9),) if image[0, 0, 0] else ()


def judge(image: Image, box: Box) -> Reading:
    if image[0, 0, 0] == UNSURE:
        return Reading(Label.UNCERTAIN, ((Label.WITH_MASK, 0.5),))
    label = Label.WITH_MASK if image[0, 0, 0] == MASKED else Label.WITHOUT_MASK
    return Reading(label, ((label, 0.95),))


@pytest.fixture(autouse=True)
def networks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Replace both networks."""
    monkeypatch.setattr(service, "load_networks", lambda config: (find_face, judge))


def pictures(*scenes: tuple[int, float], fps: float = 20) -> Iterator[tuple[Image, float]]:
    """Pictures of (grey value, seconds) scenes."""
    values = [value for value, seconds in scenes for _ in range(round(seconds * fps))]
    return ((np.full((40, 60, 3), value, np.uint8), index / fps) for index, value in enumerate(values))


def states(changes: list[StateChange | PinChange]) -> list[AlarmState]:
    return [change.after for change in changes if isinstance(change, StateChange)]


def replay(*scenes: tuple[int, float]) -> list[StateChange | PinChange]:
    changes: list[StateChange | PinChange] = []
    kiosk = Kiosk(CONFIG, report=changes.append)
    run_recording(kiosk, ClipCamera(pictures(*scenes), live=False), Event())
    kiosk.close()
    return changes


def test_a_day_at_the_door() -> None:
    """Each real change of the scene is one change of state, and a short glitch is none."""
    scenes = [(EMPTY, 1), (UNSURE, 1), (MASKED, 3), (BARE, 0.05), (MASKED, 1), (EMPTY, 2), (BARE, 2), (EMPTY, 4)]
    assert states(replay(*scenes)) == [CHECKING, PASS, IDLE, ALERT, IDLE]


def test_an_alert_comes_within_half_a_second() -> None:
    """A bare face that appears is judged within half a second of media time."""
    alert = next(c for c in replay((BARE, 2)) if isinstance(c, StateChange) and c.after is ALERT)
    assert alert.at <= 0.5


def test_lamps_follow_the_state() -> None:
    """The red lamp goes on with the alert; when the run ends nothing is left on, and that is reported too."""
    pins = [(c.name, c.value) for c in replay((BARE, 0.9)) if isinstance(c, PinChange)]
    assert pins[:2] == [("red", True), ("buzzer", True)]
    assert dict(pins) == {"red": False, "buzzer": False}


def test_a_stopped_kiosk_looks_no_further() -> None:
    """After the stop no further frame is taken."""
    stop = Event()
    seen: list[Observation] = []

    def sink(observation: Observation) -> None:
        seen.append(observation)
        stop.set()

    kiosk = Kiosk(CONFIG, report=lambda change: None, sinks=[sink])
    run_recording(kiosk, ClipCamera(pictures((EMPTY, 5)), live=False), stop)
    assert len(seen) == 1


class FlakyCamera:
    """Shows a scene, then is unplugged; stops the kiosk instead if it is the last one."""

    def __init__(self, stop: Event | None, *scenes: tuple[int, float]) -> None:
        self._pictures = pictures(*scenes)
        self._stop = stop
        self.closed = False

    def frames(self) -> Iterator[Frame]:
        for index, (image, at) in enumerate(self._pictures):
            yield Frame(image, at, index)
        if self._stop is None:
            raise CameraError("usb:0: camera lost (unplugged)")
        self._stop.set()
        yield Frame(np.zeros((40, 60, 3), np.uint8), 99.0, 0)

    def close(self) -> None:
        self.closed = True


def test_a_lost_camera_is_a_fault_and_its_return_ends_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """A blind kiosk shows FAULT, never the PASS it had, tries again, and recovers by itself."""
    monkeypatch.setattr(service, "RETRY_S", (0.0,))
    stop = Event()
    lost, back = FlakyCamera(None, (MASKED, 2)), FlakyCamera(stop, (MASKED, 2))
    opened: Iterator[FlakyCamera | CameraError] = iter([lost, CameraError("usb:0: camera cannot be opened"), back])

    def open_next() -> FlakyCamera:
        camera = next(opened)
        if isinstance(camera, CameraError):
            raise camera
        return camera

    changes: list[StateChange | PinChange] = []
    run_live(Kiosk(CONFIG, report=changes.append), open_next, stop)
    assert states(changes)[:4] == [PASS, FAULT, IDLE, PASS]
    assert lost.closed
    assert back.closed
