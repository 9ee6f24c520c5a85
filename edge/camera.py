"""Where frames come from: USB camera, network stream, video file, folder of pictures."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Condition, Thread
from typing import Protocol

import cv2
import numpy as np

from edge.errors import CameraError, InputError, UsageError
from edge.pictures import find_pictures, read_picture
from edge.types import Frame, Image

log = logging.getLogger(__name__)

DEFAULT_FPS = 25.0
"""Assumed where a clip does not say."""

PICTURES_PER_S = 10.0
"""Pace of a folder of pictures, which is taken for the frames of a clip."""

FRAME_TIMEOUT_S = 5.0
"""A live camera that is silent this long is lost: ten times the slowest sensible frame interval."""


class Camera(Protocol):
    """A source of frames; ends when the stream does, raises CameraError when the camera is lost."""

    def frames(self) -> Iterator[Frame]: ...

    def close(self) -> None: ...


class ClipCamera:
    """Pictures with media times, replayed as fast as they are taken or at their own pace like a live camera.

    Args:
        pictures: (image, media time in seconds) in order.
        live: wait for each picture's time, and skip those that the kiosk was too slow for.
    """

    def __init__(self, pictures: Iterator[tuple[Image, float]], *, live: bool) -> None:
        self._pictures = pictures
        self._live = live

    def frames(self) -> Iterator[Frame]:
        started = time.monotonic()
        for index, (image, taken_at) in enumerate(self._pictures):
            if self._live:
                late_s = time.monotonic() - started - taken_at
                if late_s > 1 / DEFAULT_FPS and index:
                    continue
                time.sleep(max(0.0, -late_s))
            yield Frame(image, taken_at, index)

    def close(self) -> None:
        """Nothing is held open between frames."""


class LiveCamera:
    """A USB or network camera; a thread keeps only the newest frame, so the kiosk never works through a queue.

    Args:
        name: how messages call it.
        open_capture: opens the device.

    Raises:
        CameraError: if it cannot be opened.
    """

    def __init__(self, name: str, open_capture: Callable[[], cv2.VideoCapture]) -> None:
        self._name = name
        self._capture = open_capture()
        if not self._capture.isOpened():
            raise CameraError(f"{name}: camera cannot be opened; check cable, address and the group video")
        self._slot = Condition()
        self._newest: tuple[Image, float] | None = None
        self._over = False
        self._grabber = Thread(target=self._grab, name="camera", daemon=True)
        self._grabber.start()

    def frames(self) -> Iterator[Frame]:
        index = 0
        while True:
            image, taken_at = self._wait_for_newest()
            yield Frame(image, taken_at, index)
            index += 1

    def close(self) -> None:
        with self._slot:
            self._over = True
        self._grabber.join(FRAME_TIMEOUT_S)
        if not self._grabber.is_alive():
            self._capture.release()

    def _wait_for_newest(self) -> tuple[Image, float]:
        with self._slot:
            arrived = self._slot.wait_for(lambda: self._newest is not None or self._over, FRAME_TIMEOUT_S)
            if self._newest is None:
                cause = "the stream ended" if arrived else f"no picture for {FRAME_TIMEOUT_S:.0f} s"
                raise CameraError(f"{self._name}: camera lost ({cause}); check cable and power")
            newest, self._newest = self._newest, None
            return newest

    def _grab(self) -> None:
        while not self._over:
            ok, image = self._capture.read()
            with self._slot:
                self._newest = (np.asarray(image, np.uint8), time.monotonic()) if ok else self._newest
                self._over = self._over or not ok
                self._slot.notify()


def open_camera(source: str, *, replay: bool) -> Camera:
    """Open what a source string names.

    Args:
        source: `usb:N`, `rtsp://...`, `http(s)://...`, a video file or a folder of pictures.
        replay: for files: every frame, as fast as possible; otherwise at the clip's own pace.

    Raises:
        UsageError: no such kind of source.
        InputError: a file or folder that cannot be read.
        CameraError: a camera that cannot be opened now.
    """
    if source.startswith("usb:"):
        if not source[4:].isdigit():
            raise UsageError(f"source {source!r}: expected usb:N with a number, such as usb:0")
        return LiveCamera(source, lambda: cv2.VideoCapture(int(source[4:])))
    if source.startswith(("rtsp://", "http://", "https://")):
        return LiveCamera(_without_password(source), lambda: cv2.VideoCapture(source))
    path = Path(source)
    if path.is_dir():
        return ClipCamera(_folder_pictures(path), live=not replay)
    if path.is_file():
        return ClipCamera(_clip_pictures(path, _open_clip(path)), live=not replay)
    raise InputError(f"source {source!r}: no such file; expected FILE, FOLDER, usb:N, rtsp://..., http://... or demo")


def _open_clip(path: Path) -> cv2.VideoCapture:
    capture = cv2.VideoCapture(str(path))
    if not capture.isOpened():
        raise InputError(f"{path}: is no video that can be decoded; convert it to H.264 in an .mp4")
    return capture


def _clip_pictures(path: Path, capture: cv2.VideoCapture) -> Iterator[tuple[Image, float]]:
    """Decoded frames with media times that always increase, whatever the container says."""
    fps = capture.get(cv2.CAP_PROP_FPS)
    step_s = 1 / fps if 0 < fps < 1000 else 1 / DEFAULT_FPS
    promised = int(capture.get(cv2.CAP_PROP_FRAME_COUNT))
    at, seen = -step_s, 0
    try:
        while True:
            ok, image = capture.read()
            if not ok:
                break
            stamp = capture.get(cv2.CAP_PROP_POS_MSEC) / 1000
            at = stamp if stamp > at else at + step_s
            seen += 1
            yield np.asarray(image, np.uint8), at
    finally:
        capture.release()
    if not seen:
        raise InputError(f"{path}: holds no frame that can be decoded")
    if seen < promised:
        log.warning("clip=%s ended_early=true frames=%d promised=%d", path, seen, promised)


def _folder_pictures(folder: Path) -> Iterator[tuple[Image, float]]:
    for index, path in enumerate(find_pictures(folder)):
        yield read_picture(path), index / PICTURES_PER_S


def _without_password(url: str) -> str:
    scheme, _, rest = url.partition("://")
    return f"{scheme}://{rest.rpartition('@')[2]}"
