"""The Raspberry Pi's camera module, through picamera2."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from edge.errors import CameraError
from edge.types import Image

if TYPE_CHECKING:
    from picamera2 import Picamera2

LENS_CONTROLS = {"AfMode": 2, "AfSpeed": 1}
"""Continuous, fast autofocus where the module has a lens that moves (libcamera's AfModeContinuous, AfSpeedFast)."""


class PiCapture:
    """Pictures of a camera module, copied out of the camera's buffer, which goes back at once.

    Args:
        number: of the camera, as `rpicam-hello --list-cameras` counts them.
        width, height: of the pictures, pixels; picamera2 may round them to what the sensor's pipeline can do.

    Raises:
        CameraError: if picamera2 is missing, or there is no such camera, or another program has it.
    """

    def __init__(self, number: int, *, width: int, height: int) -> None:
        try:
            from picamera2 import Picamera2
        except ImportError as error:
            raise CameraError(
                f"picamera:{number}: picamera2 is missing ({error}); sudo apt install python3-picamera2, "
                "and make the environment with --system-site-packages"
            ) from error
        try:
            self._camera: Picamera2 = Picamera2(number)
        except (RuntimeError, IndexError, OSError) as error:
            raise CameraError(
                f"picamera:{number}: camera cannot be opened ({error}); check the ribbon cable, and that no other "
                "program uses it"
            ) from error
        try:
            self._start(width, height)
        except (RuntimeError, OSError) as error:
            self._camera.close()
            raise CameraError(f"picamera:{number}: camera cannot be started ({error}); restart the board") from error

    def read(self) -> tuple[bool, Image | None]:
        """The next picture, BGR; False if the camera is lost."""
        try:
            request = self._camera.capture_request()
        except (RuntimeError, OSError):
            return False, None
        try:
            # make_array copies; picamera2 calls BGR in memory RGB888.
            return True, np.asarray(request.make_array("main"), np.uint8)
        finally:
            request.release()

    def release(self) -> None:
        """Stop the camera and give it back."""
        self._camera.stop()
        self._camera.close()

    def _start(self, width: int, height: int) -> None:
        main: dict[str, Any] = {"size": (width, height), "format": "RGB888"}
        # Two buffers: one being filled, one being copied. More would only add latency.
        self._camera.configure(self._camera.create_video_configuration(main=main, buffer_count=2))
        controls = {name: value for name, value in LENS_CONTROLS.items() if name in self._camera.camera_controls}
        if controls:
            self._camera.set_controls(controls)
        self._camera.start()
