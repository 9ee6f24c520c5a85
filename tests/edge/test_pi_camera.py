"""The camera module, on a stand-in for picamera2 that keeps to its rules: buffers are few and must be given back."""

from __future__ import annotations

import sys
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from edge.errors import CameraError
from edge.pi_camera import PiCapture


class FakeRequest:
    """A filled buffer."""

    def __init__(self, camera: FakePicamera2) -> None:
        self._camera = camera

    def make_array(self, stream: str) -> np.ndarray:
        assert stream == "main"
        width, height = self._camera.configuration["main"]["size"]
        return np.full((height, width, 3), 5, np.uint8)

    def release(self) -> None:
        self._camera.free += 1


class FakePicamera2:
    """As picamera2: configure, start, capture_request; out of buffers it waits for ever, here it raises."""

    cameras = 1
    starts = True

    def __init__(self, number: int) -> None:
        if number >= self.cameras:
            raise IndexError("list index out of range")
        self.camera_controls = {"AfMode": (0, 2, 0), "ExposureTime": (1, 66666, None)}
        self.controls: dict[str, int] = {}
        self.configuration: dict[str, Any] = {}
        self.free = 0
        self.closed = False

    def create_video_configuration(self, *, main: dict[str, Any], buffer_count: int) -> dict[str, Any]:
        return {"main": main, "buffer_count": buffer_count}

    def configure(self, configuration: dict[str, Any]) -> None:
        self.configuration, self.free = configuration, configuration["buffer_count"]

    def set_controls(self, controls: dict[str, int]) -> None:
        assert controls.keys() <= self.camera_controls.keys()
        self.controls = controls

    def start(self) -> None:
        if not self.starts:
            raise RuntimeError("Camera frontend has timed out!")

    def capture_request(self) -> FakeRequest:
        if not self.free:
            raise RuntimeError("no buffer is free")
        self.free -= 1
        return FakeRequest(self)

    def stop(self) -> None: ...

    def close(self) -> None:
        self.closed = True


@pytest.fixture
def picamera2(monkeypatch: pytest.MonkeyPatch) -> type[FakePicamera2]:
    """Make `import picamera2` find the stand-in."""
    fake = type("Fake", (FakePicamera2,), {})
    monkeypatch.setitem(sys.modules, "picamera2", SimpleNamespace(Picamera2=fake))
    return fake


def test_every_buffer_goes_back(picamera2: type[FakePicamera2]) -> None:
    """More pictures than there are buffers can be read, in the size asked for."""
    capture = PiCapture(0, width=64, height=48)
    for _ in range(5):
        ok, image = capture.read()
        assert ok
        assert image is not None
        assert image.shape == (48, 64, 3)
    capture.release()
    assert capture._camera.closed


def test_only_controls_the_module_has_are_set(picamera2: type[FakePicamera2]) -> None:
    """A lens that moves is told to focus; other modules would refuse the control."""
    assert PiCapture(0, width=64, height=48)._camera.controls == {"AfMode": 2}


def test_a_lost_camera_ends_the_stream(picamera2: type[FakePicamera2]) -> None:
    """An error while waiting for a picture is no traceback."""
    capture = PiCapture(0, width=64, height=48)
    capture._camera.free = 0
    assert capture.read() == (False, None)


@pytest.mark.parametrize(("number", "starts", "told"), [(1, True, "cannot be opened"), (0, False, "cannot be started")])
def test_what_cannot_be_had_is_told(picamera2: type[FakePicamera2], number: int, starts: bool, told: str) -> None:
    """No such camera, and one whose ribbon cable is loose."""
    picamera2.starts = starts
    with pytest.raises(CameraError, match=rf"picamera:{number}: camera {told}"):
        PiCapture(number, width=64, height=48)
