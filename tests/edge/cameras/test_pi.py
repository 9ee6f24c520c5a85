"""The camera module, on a stand-in for picamera2 that keeps to its rules: buffers are few and must be given back."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from edge.cameras import camera
from edge.cameras.capture import CameraSettings
from edge.cameras.pi import PiCapture, choose_mode, controls, flips, picture_size
from edge.errors import CameraError

MODES = [
    # Of a Camera Module 3, as picamera2 tells them, and one of fewer bits.
    {"size": (1536, 864), "bit_depth": 10, "crop_limits": (768, 432, 3072, 1728)},
    {"size": (2304, 1296), "bit_depth": 8, "crop_limits": (0, 0, 4608, 2592)},
    {"size": (2304, 1296), "bit_depth": 10, "crop_limits": (0, 0, 4608, 2592)},
    {"size": (4608, 2592), "bit_depth": 10, "crop_limits": (0, 0, 4608, 2592)},
]

GREY = 126
"""Luma of I420 that stands for a middle grey of 128."""


class FakeRequest:
    """A filled buffer."""

    def __init__(self, camera: FakePicamera2) -> None:
        self._camera = camera

    def make_array(self, stream: str) -> np.ndarray:
        width, height = self._camera.configuration[stream]["size"]
        if stream == "main":
            return np.full((height, width, 3), 5, np.uint8)
        assert self._camera.configuration[stream]["format"] == "YUV420"
        # Padded rows, as on some boards.
        planes = np.full((height * 3 // 2, width + 64), 128, np.uint8)
        planes[:height] = GREY
        return planes

    def release(self) -> None:
        self._camera.free += 1


class FakePicamera2:
    """As picamera2: configure, start, capture_request; out of buffers it waits, here it says so at once."""

    cameras = 1
    starts = True
    modes: Sequence[Mapping[str, Any]] = MODES

    def __init__(self, number: int) -> None:
        if number >= self.cameras:
            raise IndexError("list index out of range")
        self.camera_controls = {"AfMode": (0, 2, 0), "ExposureTime": (1, 66666, None)}
        self.controls: dict[str, int] = {}
        self.configuration: dict[str, Any] = {}
        self.free = 0
        self.closed = False

    @property
    def sensor_modes(self) -> Sequence[Mapping[str, Any]]:
        return self.modes

    def create_video_configuration(self, **streams: Any) -> dict[str, Any]:
        return streams

    def configure(self, configuration: dict[str, Any]) -> None:
        self.configuration, self.free = configuration, configuration["buffer_count"]

    def set_controls(self, controls: dict[str, int]) -> None:
        assert controls.keys() <= self.camera_controls.keys()
        self.controls = controls

    def start(self) -> None:
        if not self.starts:
            raise RuntimeError("Camera frontend has timed out!")

    def capture_request(self, *, wait: float) -> FakeRequest:
        assert wait < camera.FRAME_TIMEOUT_S
        if not self.free:
            raise TimeoutError
        self.free -= 1
        return FakeRequest(self)

    def stop(self) -> None: ...

    def close(self) -> None:
        self.closed = True


@pytest.fixture
def picamera2(monkeypatch: pytest.MonkeyPatch) -> type[FakePicamera2]:
    """Make `import picamera2` find the stand-in, and libcamera's Transform a plain value."""
    fake = type("Fake", (FakePicamera2,), {})
    monkeypatch.setitem(sys.modules, "picamera2", SimpleNamespace(Picamera2=fake))
    monkeypatch.setitem(sys.modules, "libcamera", SimpleNamespace(Transform=SimpleNamespace))
    return fake


def test_every_buffer_goes_back(picamera2: type[FakePicamera2]) -> None:
    """More pictures than there are buffers can be read, in the size asked for."""
    capture = PiCapture(0, CameraSettings(width=64, height=48))
    for _ in range(5):
        shot = capture.read()
        assert shot is not None
        assert shot.image.shape == (48, 64, 3)
        assert shot.small is None
    capture.close()
    assert capture._camera.closed


def test_faces_are_cut_from_the_large_picture_and_found_in_the_small(picamera2: type[FakePicamera2]) -> None:
    """Without a size the whole view comes twice: as the sensor has it, and 640 pixels wide, BGR without padding."""
    shot = PiCapture(0, CameraSettings()).read()
    assert shot is not None
    assert shot.small is not None
    assert (shot.image.shape, shot.small.shape) == ((1296, 2304, 3), (360, 640, 3))
    assert np.unique(shot.small).tolist() == [128]


@pytest.mark.parametrize(
    ("width", "height", "mode", "size"),
    [
        (None, None, (2304, 1296), (2304, 1296)),
        (1280, 720, (2304, 1296), (1280, 720)),
        (1280, None, (2304, 1296), (1280, 720)),
        (None, 720, (2304, 1296), (1280, 720)),
        (4000, None, (4608, 2592), (4000, 2250)),
        (9000, None, (4608, 2592), (9000, 5062)),
    ],
)
def test_the_whole_view_is_shown(
    width: int | None, height: int | None, mode: tuple[int, int], size: tuple[int, int]
) -> None:
    """Never a mode that shows only the middle, of the rest the smallest that will do, with the most bits."""
    chosen = choose_mode(MODES, width=width, height=height)
    assert (chosen["size"], chosen["bit_depth"]) == (mode, 10)
    assert picture_size(chosen["size"], width=width, height=height) == size


def test_only_controls_the_module_has_are_set(picamera2: type[FakePicamera2], caplog: pytest.LogCaptureFixture) -> None:
    """A lens that moves is told to focus; what was asked for in vain is logged, what was not is not missed."""
    capture = PiCapture(0, CameraSettings(exposure_ms=5, gain=2))
    assert capture._camera.controls == {"AfMode": 2, "ExposureTime": 5000}
    assert "camera=picamera:0 ignored=AnalogueGain cause" in caplog.text


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        (CameraSettings(), {}),
        (CameraSettings(focus_m=1.25), {"AfMode": 0, "LensPosition": 0.8}),
        (CameraSettings(exposure_ms=8.5), {"ExposureTime": 8500, "ExposureTimeMode": 1}),
        (CameraSettings(gain=4.0), {"AnalogueGain": 4.0, "AnalogueGainMode": 1}),
        (CameraSettings(exposure_ev=-0.5, metering="spot"), {"ExposureValue": -0.5, "AeMeteringMode": 1}),
        (CameraSettings(flicker_hz=50), {"AeFlickerMode": 1, "AeFlickerPeriod": 10_000}),
        (CameraSettings(fps=15), {"FrameDurationLimits": (66_667, 66_667)}),
    ],
)
def test_settings_in_the_cameras_own_words(settings: CameraSettings, expected: dict[str, Any]) -> None:
    """Dioptres, microseconds and numbered modes, as libcamera's documentation has them."""
    assert controls(settings) == expected


@pytest.mark.parametrize("turn_deg", [0, 90, 180, 270])
@pytest.mark.parametrize("mirrored", [False, True])
def test_the_camera_turns_what_it_can(turn_deg: int, mirrored: bool) -> None:
    """Its flips and the quarter turn that is left over are together the turn and the mirror that were asked for."""
    picture = np.arange(6, dtype=np.uint8).reshape(2, 3)
    across, down = flips(CameraSettings(turn_deg=turn_deg, mirrored=mirrored))
    flipped = picture[:: -1 if down else 1, :: -1 if across else 1]
    shown = np.rot90(flipped, -(turn_deg % 180) // 90)
    turned = np.rot90(picture, -turn_deg // 90)
    assert shown.tolist() == (turned[:, ::-1] if mirrored else turned).tolist()


def test_the_flips_reach_the_camera(picamera2: type[FakePicamera2]) -> None:
    """A camera that hangs upside down costs the kiosk nothing."""
    transform = PiCapture(0, CameraSettings(turn_deg=180))._camera.configuration["transform"]
    assert (transform.hflip, transform.vflip) == (True, True)


def test_a_lost_camera_ends_the_stream(picamera2: type[FakePicamera2]) -> None:
    """A picture that does not come is no traceback."""
    capture = PiCapture(0, CameraSettings(width=64, height=48))
    capture._camera.free = 0
    assert capture.read() is None


@pytest.mark.parametrize(
    ("number", "starts", "modes", "told"),
    [
        (1, True, MODES, "cannot be opened"),
        (0, False, MODES, "cannot be started"),
        (0, True, [{"format": "MJPEG"}], "is it a USB camera"),
    ],
)
def test_what_cannot_be_had_is_told(
    picamera2: type[FakePicamera2], number: int, starts: bool, modes: Sequence[Mapping[str, Any]], told: str
) -> None:
    """No such camera, one whose ribbon cable is loose, and one that is no module."""
    picamera2.starts, picamera2.modes = starts, modes
    with pytest.raises(CameraError, match=rf"picamera:{number}: camera .*{told}"):
        PiCapture(number, CameraSettings())
