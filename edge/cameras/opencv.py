"""USB and network cameras, through OpenCV."""

from __future__ import annotations

import logging

import cv2
import numpy as np

from edge.cameras.capture import CameraSettings, Shot
from edge.errors import CameraError

log = logging.getLogger(__name__)

OPEN_TIMEOUT_MS = 10_000
READ_TIMEOUT_MS = 3_500

PLAIN_WIDTH = 640
"""Beyond this USB 2 carries 30 pictures a second only compressed, and most cameras must be asked for that."""

V4L2_MANUAL_EXPOSURE = 1
V4L2_EXPOSURES_PER_MS = 10
"""Video4Linux counts exposure in steps of 100 microseconds (V4L2_CID_EXPOSURE_ABSOLUTE)."""

PI_ONLY = ("focus_m", "gain", "exposure_ev", "metering", "flicker_hz")
"""Settings whose units differ from one USB camera to the next, or that OpenCV has no word for."""


class OpenCvCapture:
    """Pictures of an opened `cv2.VideoCapture`.

    Args:
        name: how messages call it.

    Raises:
        CameraError: if it could not be opened.
    """

    def __init__(self, name: str, capture: cv2.VideoCapture) -> None:
        if not capture.isOpened():
            raise CameraError(f"{name}: camera cannot be opened; check cable, address and the group video")
        self._capture = capture

    def read(self) -> Shot | None:
        ok, image = self._capture.read()
        return Shot(np.asarray(image, np.uint8)) if ok else None

    def close(self) -> None:
        self._capture.release()


def open_usb(number: int, settings: CameraSettings) -> OpenCvCapture:
    """Open /dev/videoN. Video4Linux waits for a picture as long as `edge/__init__.py` says.

    Raises:
        CameraError: if it cannot be opened now.
    """
    name = f"usb:{number}"
    capture = cv2.VideoCapture(number)
    opened = OpenCvCapture(name, capture)
    wanted: list[tuple[int, float | None]] = [
        (cv2.CAP_PROP_FRAME_WIDTH, settings.width),
        (cv2.CAP_PROP_FRAME_HEIGHT, settings.height),
        (cv2.CAP_PROP_FPS, settings.fps),
    ]
    if (settings.width or 0) > PLAIN_WIDTH:
        wanted.insert(0, (cv2.CAP_PROP_FOURCC, cv2.VideoWriter.fourcc(*"MJPG")))
    if settings.exposure_ms is not None:
        wanted.append((cv2.CAP_PROP_AUTO_EXPOSURE, V4L2_MANUAL_EXPOSURE))
        wanted.append((cv2.CAP_PROP_EXPOSURE, round(settings.exposure_ms * V4L2_EXPOSURES_PER_MS)))
    for setting, value in wanted:
        if value is not None:
            capture.set(setting, value)
    _tell_ignored(name, settings.asked_for(*PI_ONLY))
    return opened


def open_network(url: str, name: str, settings: CameraSettings) -> OpenCvCapture:
    """Open a stream by its address; `name` is the address without its password.

    Raises:
        CameraError: if nobody answers.
    """
    timeouts = [cv2.CAP_PROP_OPEN_TIMEOUT_MSEC, OPEN_TIMEOUT_MS, cv2.CAP_PROP_READ_TIMEOUT_MSEC, READ_TIMEOUT_MS]
    opened = OpenCvCapture(name, cv2.VideoCapture(url, cv2.CAP_FFMPEG, timeouts))
    _tell_ignored(name, settings.asked_for("width", "height", "fps", "exposure_ms", *PI_ONLY))
    return opened


def _tell_ignored(name: str, settings: tuple[str, ...]) -> None:
    if settings:
        log.warning("camera=%s ignored=%s cause='this kind of camera cannot be told'", name, ",".join(settings))
