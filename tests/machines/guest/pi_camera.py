"""Takes pictures through picamera2 and libcamera from the kernel's virtual camera (vimc), as JSON. Runs inside."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

HEAP = Path("/dev/dma_heap/linux,cma")


class _AnyName(type):
    def __getattr__(cls, name: str) -> str:
        return name


class PixelFormat(metaclass=_AnyName):
    """pykms draws on a screen; picamera2 imports it though nothing is drawn."""


pykms = ModuleType("pykms")
pykms.PixelFormat = PixelFormat  # type: ignore[attr-defined]
sys.modules["pykms"] = pykms

from picamera2 import Picamera2  # noqa: E402 - with the stub in place

from edge.capture import CameraSettings  # noqa: E402
from edge.pi_camera import PiCapture  # noqa: E402


def main() -> None:
    if not HEAP.exists():
        HEAP.symlink_to("/dev/dma_heap/system")
    ask = Picamera2.create_video_configuration

    def without_raw(self: Any, main: dict[str, Any] | None = None, *, sensor: object = None, **other: Any) -> Any:
        """What vimc lacks: a raw stream, the choice of a sensor mode, and the order of colours that is asked for."""
        return ask(self, (main or {}) | {"format": "BGR888"}, raw=None, **other)

    Picamera2.create_video_configuration = without_raw
    Picamera2.sensor_modes = property(lambda _: [{"size": (640, 480), "bit_depth": 8, "crop_limits": (0, 0, 640, 480)}])

    cameras = Picamera2.global_camera_info()
    number = next(camera["Num"] for camera in cameras if "vimc" in camera["Id"])
    pictures = []
    for _ in range(2):
        capture = PiCapture(number, CameraSettings(width=640, height=480, focus_m=1.0))
        for _ in range(5):
            shot = capture.read()
            assert shot is not None
            assert shot.small is None
            pictures.append(shot.image)
        capture.close()
    told = {
        "camera": cameras[0]["Id"],
        "shapes": sorted({picture.shape for picture in pictures}),
        "types": sorted({str(picture.dtype) for picture in pictures}),
        "colours": len(np.unique(pictures[0].reshape(-1, 3), axis=0)),
    }
    print(json.dumps(told))


if __name__ == "__main__":
    main()
