"""The kiosk's camera module on the real picamera2 and libcamera, over the kernel's virtual camera (vimc). Runs inside.

Prints one JSON value a line.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

HEAP = Path("/dev/dma_heap/linux,cma")


class _AnyName(type):
    def __getattr__(cls, name: str) -> str:
        return name


class PixelFormat(metaclass=_AnyName):
    """pykms draws on a screen; picamera2 imports it though nothing is drawn."""


pykms = ModuleType("pykms")
pykms.PixelFormat = PixelFormat  # type: ignore[attr-defined]
sys.modules["pykms"] = pykms

import picamera2  # noqa: E402 - with the stub in place

from edge.cameras.capture import CameraSettings, Shot  # noqa: E402
from edge.cameras.pi import PiCapture  # noqa: E402
from edge.errors import CameraError  # noqa: E402


class PicameraOnVimc(picamera2.Picamera2):
    """Makes up for what vimc cannot do, and for nothing else.

    It names no sensor modes, gives one stream only, and can make only BGR888 of it, which is RGB in memory. Opening,
    configuring, buffers, requests, waiting and giving back are picamera2's and libcamera's own.
    """

    @property
    def sensor_modes(self) -> Sequence[Mapping[str, Any]]:
        assert [list(mode) for mode in super().sensor_modes] == [["format"]] * 2
        whole = (0, 0, *self.camera_properties["PixelArraySize"])
        return [{"size": size, "bit_depth": 8, "crop_limits": whole} for size in ((1920, 1080), (4096, 2160))]

    def create_video_configuration(self, **asked: Any) -> Any:
        # picamera2 itself asks for a default one when it opens.
        if asked:
            assert asked["main"]["format"] == "RGB888"
            asked["main"] = asked["main"] | {"format": "BGR888"}
            self.lores = asked.pop("lores", None)
            assert self.lores is None or self.lores["format"] == "YUV420"
            asked["raw"] = None
        return super().create_video_configuration(**asked)

    def capture_request(self, *, wait: float) -> _Request:
        return _Request(super().capture_request(wait=wait), self.lores)


class _Request:
    """One of libcamera's, with the second stream made from the first."""

    def __init__(self, request: Any, lores: Mapping[str, Any] | None) -> None:
        self._request, self._lores = request, lores
        self.release = request.release

    def make_array(self, stream: str) -> NDArray[np.uint8]:
        main = np.ascontiguousarray(self._request.make_array("main")[..., ::-1])
        if stream == "main":
            return main
        assert self._lores is not None
        return np.asarray(cv2.cvtColor(cv2.resize(main, self._lores["size"]), cv2.COLOR_BGR2YUV_I420), np.uint8)


def tell(**values: object) -> None:
    print(json.dumps(values), flush=True)


def refusal(act: Callable[[], PiCapture]) -> str:
    try:
        act().close()
    except CameraError as error:
        return str(error)
    return "none"


def read(capture: PiCapture) -> Shot:
    shot = capture.read()
    assert shot is not None
    return shot


def bars(image: NDArray[np.uint8]) -> list[list[int]]:
    """Colours (BGR) in the middles of eight bars."""
    height, width = image.shape[:2]
    return [image[height // 4, width * (2 * bar + 1) // 16].tolist() for bar in range(8)]


def main() -> None:
    if not HEAP.exists():
        HEAP.symlink_to("/dev/dma_heap/system")
    cameras = picamera2.Picamera2.global_camera_info()
    number = next(camera["Num"] for camera in cameras if "vimc" in camera["Id"])
    tell(refused="modes", why=refusal(lambda: PiCapture(number, CameraSettings())))
    picamera2.Picamera2 = PicameraOnVimc
    tell(refused="number", why=refusal(lambda: PiCapture(7, CameraSettings())))

    capture = PiCapture(number, CameraSettings(focus_m=1.0, exposure_ms=5))
    tell(refused="held", why=refusal(lambda: PiCapture(number, CameraSettings())))
    # More pictures than there are buffers.
    shot = [read(capture) for _ in range(3)][-1]
    assert shot.small is not None
    tell(shape=shot.image.shape, bars=bars(shot.image), small=shot.small.shape, small_bars=bars(shot.small))
    capture.close()

    capture = PiCapture(number, CameraSettings(width=640))
    shot = read(capture)
    tell(shape=shot.image.shape, bars=bars(shot.image), small=shot.small)
    capture.close()


if __name__ == "__main__":
    main()
