"""USB and network cameras, on a stand-in for `cv2.VideoCapture` that remembers what it was asked."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import pytest

from edge.cameras.capture import CameraSettings
from edge.cameras.opencv import open_network, open_usb
from edge.errors import CameraError


class FakeVideoCapture:
    """Opens any device but number 9, and address `nobody`."""

    def __init__(self, *arguments: Any) -> None:
        self.arguments = arguments
        self.asked: list[tuple[int, float]] = []
        self.released = False

    def isOpened(self) -> bool:  # noqa: N802 - OpenCV's name
        return self.arguments[0] not in (9, "rtsp://nobody/")

    def set(self, setting: int, value: float) -> bool:
        self.asked.append((setting, value))
        return True

    def read(self) -> tuple[bool, Any]:
        return (False, None) if self.released else (True, np.zeros((4, 6, 3), np.uint8))

    def release(self) -> None:
        self.released = True


@pytest.fixture(autouse=True)
def opened(monkeypatch: pytest.MonkeyPatch) -> list[FakeVideoCapture]:
    """Every capture that was opened."""
    captures: list[FakeVideoCapture] = []

    def remember(*arguments: Any) -> FakeVideoCapture:
        captures.append(FakeVideoCapture(*arguments))
        return captures[-1]

    monkeypatch.setattr("edge.cameras.opencv.cv2.VideoCapture", remember)
    return captures


MJPG = (cv2.CAP_PROP_FOURCC, cv2.VideoWriter.fourcc(*"MJPG"))


@pytest.mark.parametrize(
    ("settings", "asked"),
    [
        (CameraSettings(), []),
        (
            CameraSettings(width=1280, height=720, fps=30),
            [MJPG, (cv2.CAP_PROP_FRAME_WIDTH, 1280), (cv2.CAP_PROP_FRAME_HEIGHT, 720), (cv2.CAP_PROP_FPS, 30)],
        ),
        (CameraSettings(width=640), [(cv2.CAP_PROP_FRAME_WIDTH, 640)]),
        (CameraSettings(exposure_ms=8), [(cv2.CAP_PROP_AUTO_EXPOSURE, 1), (cv2.CAP_PROP_EXPOSURE, 80)]),
    ],
)
def test_a_usb_camera_is_asked(
    opened: list[FakeVideoCapture], settings: CameraSettings, asked: list[tuple[int, float]]
) -> None:
    """Nothing that was left to the camera; compressed pictures, and before all else, where plain ones would be few."""
    open_usb(2, settings)
    assert opened[0].arguments == (2,)
    assert opened[0].asked == asked


def test_what_cannot_be_asked_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    """Nobody should wonder why a setting does nothing."""
    settings = CameraSettings(width=640, gain=2, focus_m=1)
    open_usb(0, settings)
    open_network("rtsp://user:secret@camera/", "rtsp://camera/", settings)
    assert "camera=usb:0 ignored=focus_m,gain " in caplog.text
    assert "camera=rtsp://camera/ ignored=width,focus_m,gain " in caplog.text
    assert "secret" not in caplog.text


def test_a_network_camera_may_not_keep_anybody_waiting(opened: list[FakeVideoCapture]) -> None:
    """Opening and reading have their timeouts."""
    open_network("rtsp://camera/", "rtsp://camera/", CameraSettings())
    assert opened[0].arguments == (
        "rtsp://camera/",
        cv2.CAP_FFMPEG,
        [cv2.CAP_PROP_OPEN_TIMEOUT_MSEC, 10_000, cv2.CAP_PROP_READ_TIMEOUT_MSEC, 3_500],
    )


def test_pictures_come_until_the_camera_is_lost() -> None:
    """Then there is none; and the device is given back."""
    capture = open_usb(0, CameraSettings())
    shot = capture.read()
    assert shot is not None
    assert (shot.image.shape, shot.small) == ((4, 6, 3), None)
    capture.close()
    assert capture.read() is None


def test_a_camera_that_is_not_there_is_named() -> None:
    """By its number, or its address without the password."""
    with pytest.raises(CameraError, match="usb:9: camera cannot be opened"):
        open_usb(9, CameraSettings())
    with pytest.raises(CameraError, match="rtsp://nobody/: camera cannot be opened"):
        open_network("rtsp://nobody/", "rtsp://nobody/", CameraSettings())
