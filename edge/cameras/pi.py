"""The Raspberry Pi's camera module, through picamera2: a large picture for the faces, a small one for the detector."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

from edge.cameras.capture import CameraSettings, Shot
from edge.errors import CameraError
from edge.types import Image

if TYPE_CHECKING:
    from picamera2 import Picamera2

log = logging.getLogger(__name__)

Size = tuple[int, int]
Controls = dict[str, Any]

LEAST_WIDTH = 1280
"""Width in pixels at which a face two metres away is still large enough for the classifier."""

SMALL_WIDTH = 640
"""Twice what a detector is fed, in pixels; a multiple of 128, so that no board pads the rows."""

READ_TIMEOUT_S = 1.5

# libcamera's numbers for its named values.
MANUAL_FOCUS, CONTINUOUS_FOCUS, FAST_FOCUS = 0, 2, 1
MANUAL_EXPOSURE, MANUAL_FLICKER = 1, 1
METERING = {"centre": 0, "spot": 1, "matrix": 2}

UNASKED: Controls = {"AfMode": CONTINUOUS_FOCUS, "AfSpeed": FAST_FOCUS}
"""For a module whose lens moves."""

MODES = {"ExposureTime": "ExposureTimeMode", "AnalogueGain": "AnalogueGainMode"}
"""Newer versions of libcamera take a time or gain of one's own only in a mode that older ones do not know."""


class PiCapture:
    """Pictures of a camera module, copied out of the camera's buffers, which go back at once.

    The camera's own processor makes both sizes, and turns and mirrors them where it can; what it cannot do is a
    quarter turn.

    Args:
        number: of the camera, as `rpicam-hello --list-cameras` counts them.
        settings: without a size the picture is that of the smallest sensor mode that shows the whole view.

    Raises:
        CameraError: if picamera2 is missing, or there is no such camera, or another program has it.
    """

    def __init__(self, number: int, settings: CameraSettings) -> None:
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
            self._small_size = self._start(f"picamera:{number}", settings)
        except (RuntimeError, OSError) as error:
            self._camera.close()
            raise CameraError(f"picamera:{number}: camera cannot be started ({error}); restart the board") from error

    def read(self) -> Shot | None:
        try:
            request = self._camera.capture_request(wait=READ_TIMEOUT_S)
        except (RuntimeError, OSError):
            return None
        try:
            # make_array copies; picamera2 calls BGR in memory RGB888.
            image = np.asarray(request.make_array("main"), np.uint8)
            small = self._small(request)
        finally:
            request.release()
        return Shot(image, small)

    def close(self) -> None:
        self._camera.stop()
        self._camera.close()

    def _small(self, request: Any) -> Image | None:
        """BGR from the planes of I420, whose rows some boards pad."""
        if self._small_size is None:
            return None
        width, height = self._small_size
        picture = cv2.cvtColor(request.make_array("lores"), cv2.COLOR_YUV2BGR_I420)
        return np.ascontiguousarray(picture[:height, :width], np.uint8)

    def _start(self, name: str, settings: CameraSettings) -> Size | None:
        """Start the camera; gives the size of the small picture, None if the large one is small enough."""
        mode = choose_mode(self._camera.sensor_modes, width=settings.width, height=settings.height)
        size = picture_size(mode["size"], width=settings.width, height=settings.height)
        small = small_size(size)
        streams: dict[str, Any] = {"main": {"size": size, "format": "RGB888"}}
        if small is not None:
            # The only format that every board can make.
            streams["lores"] = {"size": small, "format": "YUV420"}
        # Two buffers: one being filled, one being copied. More would only add latency.
        configuration = self._camera.create_video_configuration(
            **streams,
            sensor={"output_size": mode["size"], "bit_depth": mode["bit_depth"]},
            transform=_transform(settings),
            buffer_count=2,
        )
        self._camera.configure(configuration)
        known, asked = self._camera.camera_controls, controls(settings)
        self._camera.set_controls({key: value for key, value in (UNASKED | asked).items() if key in known})
        ignored = [key for key in asked if key not in known and key not in MODES.values()]
        if ignored:
            log.warning("camera=%s ignored=%s cause='this camera module has no such control'", name, ",".join(ignored))
        self._camera.start()
        return small


def choose_mode(modes: Sequence[Mapping[str, Any]], *, width: int | None, height: int | None) -> Mapping[str, Any]:
    """The smallest sensor mode that shows the whole view and has as many pixels as are asked for.

    Left to itself libcamera takes the mode nearest in size, which on most modules shows only the middle of the view.

    Args:
        modes: picamera2's `sensor_modes`; at least one.
        width, height: pixels asked for; None for LEAST_WIDTH.

    Raises:
        RuntimeError: if the camera names no mode, as one that is no module does.
    """
    usable = [mode for mode in modes if "crop_limits" in mode and "bit_depth" in mode]
    if not usable:
        raise RuntimeError("it has no sensor modes; is it a USB camera? then its source is usb:N")
    widest = max(mode["crop_limits"][2] * mode["crop_limits"][3] for mode in usable)
    whole = [mode for mode in usable if mode["crop_limits"][2] * mode["crop_limits"][3] >= 0.98 * widest]
    wanted = (width or LEAST_WIDTH, height or 0)
    enough = [mode for mode in whole if mode["size"][0] >= wanted[0] and mode["size"][1] >= wanted[1]]
    # Among modes of one size the one with more bits tells light from dark better.
    if enough:
        return min(enough, key=lambda mode: (mode["size"][0] * mode["size"][1], -mode["bit_depth"]))
    return max(whole, key=lambda mode: (mode["size"][0] * mode["size"][1], mode["bit_depth"]))


def picture_size(mode: Size, *, width: int | None, height: int | None) -> Size:
    """Of the large picture: as asked for, or as the sensor has it; a missing side follows from the other."""
    if width is None and height is None:
        return mode
    across = width or round((height or 0) * mode[0] / mode[1])
    down = height or round(across * mode[1] / mode[0])
    return across // 2 * 2, down // 2 * 2


def small_size(size: Size) -> Size | None:
    """Of the small picture, in the proportions of the large one; None if the large one is no larger."""
    width, height = size
    return None if width <= SMALL_WIDTH else (SMALL_WIDTH, round(SMALL_WIDTH * height / width / 2) * 2)


def controls(settings: CameraSettings) -> Controls:
    """libcamera's controls for what is asked of the camera."""
    found: Controls = {}
    if settings.focus_m is not None:
        found |= {"AfMode": MANUAL_FOCUS, "LensPosition": 1 / settings.focus_m}
    if settings.exposure_ms is not None:
        found["ExposureTime"] = round(settings.exposure_ms * 1000)
    if settings.gain is not None:
        found["AnalogueGain"] = settings.gain
    found |= {mode: MANUAL_EXPOSURE for value, mode in MODES.items() if value in found}
    if settings.exposure_ev is not None:
        found["ExposureValue"] = settings.exposure_ev
    if settings.metering is not None:
        found["AeMeteringMode"] = METERING[settings.metering]
    if settings.flicker_hz is not None:
        # A lamp flickers twice a period; microseconds.
        found |= {"AeFlickerMode": MANUAL_FLICKER, "AeFlickerPeriod": round(1e6 / settings.flicker_hz / 2)}
    if settings.fps is not None:
        found["FrameDurationLimits"] = (round(1e6 / settings.fps),) * 2
    return found


def flips(settings: CameraSettings) -> tuple[bool, bool]:
    """Whether the camera flips left and right, and top and bottom, before the quarter turn that is left over."""
    upside_down = settings.turn_deg >= 180
    on_its_side = settings.turn_deg % 180 == 90
    across = upside_down != (settings.mirrored and not on_its_side)
    down = upside_down != (settings.mirrored and on_its_side)
    return across, down


def _transform(settings: CameraSettings) -> object:
    from libcamera import Transform

    across, down = flips(settings)
    return Transform(hflip=across, vflip=down)
