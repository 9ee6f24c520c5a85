"""Where frames come from: camera module, USB camera, network stream, video file, folder of pictures."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from pathlib import Path
from threading import Condition, Thread
from typing import Any, Protocol

import cv2
import numpy as np

from edge.errors import CameraError, InputError, UsageError
from edge.pi_camera import PiCapture
from edge.pictures import find_pictures, read_picture
from edge.types import Frame, Image

log = logging.getLogger(__name__)

DEFAULT_FPS = 25.0
"""Assumed where a clip does not say."""

PICTURES_PER_S = 10.0
"""Pace of a folder of pictures, which is taken for the frames of a clip."""

FRAME_TIMEOUT_S = 5.0
"""A live camera that is silent this long is lost: ten times the slowest sensible frame interval."""

FROZEN_S = 10.0
"""A live camera that shows the very same picture for this long is frozen."""

NETWORK_TIMEOUT_MS = 10_000
READ_TIMEOUT_MS = 4_000
"""Below FRAME_TIMEOUT_S, so that a dead network camera ends its thread instead of leaving it behind."""

LIVE_PREFIXES = ("picamera", "usb:", "rtsp://", "http://", "https://")
"""What sources begin with that have no end."""

_TURNS = {0: None, 90: cv2.ROTATE_90_CLOCKWISE, 180: cv2.ROTATE_180, 270: cv2.ROTATE_90_COUNTERCLOCKWISE}


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


class Capture(Protocol):
    """A device that is asked for one picture after another, as `cv2.VideoCapture` is."""

    def read(self) -> tuple[bool, Any]: ...

    def release(self) -> None: ...


class LiveCamera:
    """A camera module, USB or network camera; a thread keeps only the newest frame, so the kiosk never works through
    a queue.

    Args:
        name: how messages call it.
        capture: the opened device; released on close.
        turn_deg: clockwise turn that makes the picture upright: 0, 90, 180 or 270.
        mirrored: whether the picture is mirrored, after the turn.
    """

    def __init__(self, name: str, capture: Capture, *, turn_deg: int = 0, mirrored: bool = False) -> None:
        self._name = name
        self._capture = capture
        self._turn = _TURNS[turn_deg]
        self._mirrored = mirrored
        self._slot = Condition()
        self._newest: tuple[Image, float] | None = None
        self._end = ""
        self._grabber = Thread(target=self._grab_all, name="camera", daemon=True)
        self._grabber.start()

    def frames(self) -> Iterator[Frame]:
        index = 0
        while True:
            image, taken_at = self._wait_for_newest()
            yield Frame(self._upright(image), taken_at, index)
            index += 1

    def close(self) -> None:
        with self._slot:
            self._end = self._end or "closed"
        self._grabber.join(FRAME_TIMEOUT_S)
        # A driver that hangs inside `read` cannot be released without hanging too.
        if not self._grabber.is_alive():
            self._capture.release()

    def _wait_for_newest(self) -> tuple[Image, float]:
        with self._slot:
            self._slot.wait_for(lambda: self._newest is not None or self._end, FRAME_TIMEOUT_S)
            if self._newest is None:
                cause = self._end or f"no picture for {FRAME_TIMEOUT_S:.0f} s"
                raise CameraError(f"{self._name}: camera lost ({cause}); check cable and power")
            newest, self._newest = self._newest, None
            return newest

    def _upright(self, image: Image) -> Image:
        if self._turn is not None:
            image = np.asarray(cv2.rotate(image, self._turn), np.uint8)
        return np.asarray(cv2.flip(image, 1), np.uint8) if self._mirrored else image

    def _grab_all(self) -> None:
        freeze = _FreezeDetector()
        while not self._end:
            ok, image = self._capture.read()
            now = time.monotonic()
            with self._slot:
                if not ok:
                    self._end = self._end or "the stream ended"
                elif freeze(image, now):
                    self._end = f"the same picture for {FROZEN_S:.0f} s"
                else:
                    self._newest = (np.asarray(image, np.uint8), now)
                self._slot.notify()


class _FreezeDetector:
    """Tells a frozen camera: a real one never gives two pictures alike, its noise sees to that."""

    def __init__(self) -> None:
        self._sample = b""
        self._changed_at = 0.0

    def __call__(self, image: Image, now: float) -> bool:
        """Whether the picture of time `now` (monotonic seconds) has been the same for FROZEN_S."""
        sample = image[::16, ::16].tobytes()
        if sample != self._sample:
            self._sample, self._changed_at = sample, now
        return now - self._changed_at >= FROZEN_S


def open_camera(
    source: str,
    *,
    replay: bool,
    width: int | None = None,
    height: int | None = None,
    turn_deg: int = 0,
    mirrored: bool = False,
) -> Camera:
    """Open what a source string names.

    Args:
        source: `picamera`, `picamera:N`, `usb:N`, `rtsp://...`, `http(s)://...`, a video file or a folder of pictures.
        replay: for files: every frame, as fast as possible; otherwise at the clip's own pace.
        width, height: pixels asked of a camera module or USB camera, which may give others; None for its own.
        turn_deg, mirrored: see LiveCamera.

    Raises:
        UsageError: no such kind of source.
        InputError: a file or folder that cannot be read.
        CameraError: a camera that cannot be opened now.
    """
    if source.startswith(LIVE_PREFIXES):
        capture = _open_live(source, width=width, height=height)
        return LiveCamera(_without_password(source), capture, turn_deg=turn_deg, mirrored=mirrored)
    path = Path(source)
    if path.is_dir():
        return ClipCamera(_folder_pictures(path), live=not replay)
    if path.is_file():
        return ClipCamera(_clip_pictures(path, _open_clip(path)), live=not replay)
    raise InputError(
        f"source {source!r}: no such file; expected FILE, FOLDER, picamera, usb:N, rtsp://..., http://... or demo"
    )


def _open_live(source: str, *, width: int | None, height: int | None) -> Capture:
    kind, _, number = source.partition(":")
    if kind == "picamera":
        return PiCapture(_number(source, number or "0"), width=width or 1280, height=height or 720)
    if kind == "usb":
        capture = cv2.VideoCapture(_number(source, number))
        for setting, value in ((cv2.CAP_PROP_FRAME_WIDTH, width), (cv2.CAP_PROP_FRAME_HEIGHT, height)):
            if value is not None:
                capture.set(setting, value)
    else:
        timeouts = [cv2.CAP_PROP_OPEN_TIMEOUT_MSEC, NETWORK_TIMEOUT_MS, cv2.CAP_PROP_READ_TIMEOUT_MSEC, READ_TIMEOUT_MS]
        capture = cv2.VideoCapture(source, cv2.CAP_FFMPEG, timeouts)
    if not capture.isOpened():
        raise CameraError(
            f"{_without_password(source)}: camera cannot be opened; check cable, address and the group video"
        )
    return capture


def _number(source: str, text: str) -> int:
    if not text.isdigit():
        raise UsageError(f"source {source!r}: expected a number, such as usb:0 or picamera:0")
    return int(text)


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
    scheme, separator, rest = url.partition("://")
    return scheme + separator + rest.rpartition("@")[2]
