"""USB cameras, on a stand-in for `cv2.VideoCapture` that remembers what it was asked."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import pytest

from edge.cameras.capture import CameraSettings
from edge.cameras.source import parse_source
from edge.cameras.usb import UsbCapture
from edge.cameras.usb import open_usb as open_source
from edge.errors import CameraError


class FakeVideoCapture:
    """Opens any device but number 9."""

    def __init__(self, *arguments: Any) -> None:
        self.arguments = arguments
        self.asked: list[tuple[int, float]] = []
        self.released = False

    def isOpened(self) -> bool:  # noqa: N802 - OpenCV's name
        return bool(self.arguments[0] != 9)

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

    monkeypatch.setattr("edge.cameras.usb.cv2.VideoCapture", remember)
    return captures


def open_usb(source: str, settings: CameraSettings) -> UsbCapture:
    return open_source(parse_source(source), settings)


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
    open_usb("usb:2", settings)
    assert opened[0].arguments == (2, cv2.CAP_V4L2)
    assert opened[0].asked == asked


def test_what_cannot_be_asked_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    """Nobody should wonder why a setting does nothing."""
    settings = CameraSettings(width=640, gain=2, focus_m=1)
    open_usb("usb:0", settings)
    assert "camera=usb:0 ignored=focus_m,gain " in caplog.text


def test_a_link_that_stays_the_same_names_a_camera(opened: list[FakeVideoCapture]) -> None:
    """Whatever is plugged in first."""
    link = "/dev/v4l/by-id/usb-046d_C920-video-index0"
    open_usb(link, CameraSettings())
    assert opened[0].arguments == (link, cv2.CAP_V4L2)


def test_pictures_come_until_the_camera_is_lost() -> None:
    """Then there is none; and the device is given back."""
    capture = open_usb("usb:0", CameraSettings())
    shot = capture.read()
    assert shot is not None
    assert (shot.image.shape, shot.small) == ((4, 6, 3), None)
    capture.close()
    assert capture.read() is None


def test_a_camera_that_is_not_there_is_named() -> None:
    """By its number, with those that are there."""
    with pytest.raises(CameraError, match="usb:9: camera cannot be opened; there is no /dev/video9"):
        open_usb("usb:9", CameraSettings())
