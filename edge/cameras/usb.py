"""USB cameras, through OpenCV and Video4Linux."""

from __future__ import annotations

import logging
import os
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from edge.cameras.capture import CameraSettings, Shot
from edge.cameras.source import Source
from edge.errors import CameraError

log = logging.getLogger(__name__)

PLAIN_WIDTH = 640
"""Beyond this USB 2 carries 30 pictures a second only compressed, and most cameras must be asked for that."""

V4L2_MANUAL_EXPOSURE = 1
V4L2_EXPOSURES_PER_MS = 10
"""Video4Linux counts exposure in steps of 100 microseconds (V4L2_CID_EXPOSURE_ABSOLUTE)."""

PI_ONLY = ("focus_m", "gain", "exposure_ev", "metering", "flicker_hz")
"""Settings whose units differ from one USB camera to the next, or that OpenCV has no word for."""


class UsbCapture:
    """Pictures of an opened `cv2.VideoCapture`."""

    def __init__(self, capture: cv2.VideoCapture) -> None:
        self._capture = capture

    def read(self) -> Shot | None:
        ok, image = self._capture.read()
        return Shot(np.asarray(image, np.uint8)) if ok else None

    def close(self) -> None:
        self._capture.release()


def open_usb(source: Source, settings: CameraSettings) -> UsbCapture:
    """Open /dev/videoN, or a link to it. Video4Linux waits for a picture as long as `edge/__init__.py` says.

    Raises:
        CameraError: if it cannot be opened now.
    """
    # A camera is opened by its number or by the name of its device alike.
    device: Any = source.number if source.path is None else str(source.path)
    capture = cv2.VideoCapture(device, cv2.CAP_V4L2)
    if not capture.isOpened():
        raise CameraError(f"{source.name}: camera cannot be opened; {_why_closed(source)}")
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
    ignored = settings.asked_for(*PI_ONLY)
    if ignored:
        log.warning("camera=%s ignored=%s cause='the USB camera does not support it'", source.name, ",".join(ignored))
    return UsbCapture(capture)


def _why_closed(source: Source) -> str:
    """What can be seen of a device that could not be opened."""
    node = source.path or Path(f"/dev/video{source.number}")
    if not node.exists():
        there = ", ".join(f"usb:{path.name[5:]}" for path in sorted(Path("/dev").glob("video*"))) or "none"
        return f"there is no {node}; cameras that are there: {there}; plug it in"
    if not os.access(node, os.R_OK | os.W_OK):
        return f"{node} may not be used; add this user to the group video"
    return "another program has it, or it is not a camera; try its other numbers"
