"""Where frames come from: camera module, USB camera, network stream, video file, folder of pictures."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from threading import Condition, Thread
from typing import Protocol

import cv2
import numpy as np

from edge.cameras.capture import CameraSettings, Capture, Shot
from edge.cameras.opencv import open_network, open_usb
from edge.cameras.pi import PiCapture
from edge.errors import CameraError, InputError, UsageError
from edge.pictures import find_pictures, read_picture
from edge.types import Frame, Image

log = logging.getLogger(__name__)

DEFAULT_FPS = 25.0
"""Assumed where a clip does not say."""

PICTURES_PER_S = 10.0
"""Pace of a folder of pictures, which is taken for the frames of a clip."""

FIRST_FRAME_TIMEOUT_S = 15.0
"""From opening a live camera to its first picture: ten seconds for a network camera to answer, and a few to begin."""

FRAME_TIMEOUT_S = 5.0
"""A live camera that is silent this long is lost: ten times the slowest sensible frame interval."""

FROZEN_S = 10.0
"""A live camera that shows the very same picture for this long is frozen."""

RELEASE_S = 0.5
"""How long to wait for a driver to give up its device; what hangs longer is left to end by itself."""

LIVE_PREFIXES = ("picamera", "usb:", "rtsp://", "http://", "https://")
"""What sources begin with that have no end."""

_TURNS = {0: None, 90: cv2.ROTATE_90_CLOCKWISE, 180: cv2.ROTATE_180, 270: cv2.ROTATE_90_COUNTERCLOCKWISE}


class Camera(Protocol):
    """A source of frames; ends when the stream does, raises CameraError when the camera is lost."""

    def frames(self) -> Iterator[Frame]: ...

    def stop(self) -> None:
        """Have `frames` end, wherever it waits; from any thread."""

    def close(self) -> None:
        """Stop, and give the device back."""


class ClipCamera:
    """Pictures with media times, replayed as fast as they are taken or at their own pace like a live camera.

    Args:
        pictures: (image, media time in seconds) in order.
        live: wait for each picture's time, and skip those that the kiosk was too slow for.
    """

    def __init__(self, pictures: Iterator[tuple[Image, float]], *, live: bool) -> None:
        self._pictures = pictures
        self._live = live
        self._stopped = False

    def frames(self) -> Iterator[Frame]:
        started = time.monotonic()
        for index, (image, taken_at) in enumerate(self._pictures):
            if self._stopped:
                return
            if self._live:
                late_s = time.monotonic() - started - taken_at
                if late_s > 1 / DEFAULT_FPS and index:
                    continue
                time.sleep(max(0.0, -late_s))
            yield Frame(image, taken_at, index)

    def stop(self) -> None:
        self._stopped = True

    def close(self) -> None:
        self.stop()


class LiveCamera:
    """A camera module, USB or network camera. A thread of its own opens it, keeps only its newest picture, and gives it
    back: the kiosk never works through a queue, and never waits longer for a driver than it chooses to.

    Args:
        name: how messages call it.
        open_capture: opens the device; may raise CameraError.
        turn_deg: clockwise turn that makes the picture upright: 0, 90, 180 or 270.
        mirrored: whether the picture is mirrored, after the turn.
        clock: monotonic seconds, by which frames are stamped.
    """

    def __init__(
        self,
        name: str,
        open_capture: Callable[[], Capture],
        *,
        turn_deg: int = 0,
        mirrored: bool = False,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._name = name
        self._clock = clock
        self._open_capture = open_capture
        self._turn = _TURNS[turn_deg]
        self._mirrored = mirrored
        self._slot = Condition()
        # Guarded by `_slot`:
        self._newest: tuple[Shot, float] | None = None
        self._loss: str | None = None
        self._stopped = False
        self._grabber = Thread(target=self._run, name="camera", daemon=True)
        self._grabber.start()

    def frames(self) -> Iterator[Frame]:
        index, timeout_s = 0, FIRST_FRAME_TIMEOUT_S
        while (newest := self._wait_for_newest(timeout_s)) is not None:
            shot, taken_at = newest
            small = None if shot.small is None else self._upright(shot.small)
            yield Frame(self._upright(shot.image), taken_at, index, small)
            index, timeout_s = index + 1, FRAME_TIMEOUT_S

    def stop(self) -> None:
        with self._slot:
            self._stopped = True
            self._slot.notify_all()

    def close(self) -> None:
        self.stop()
        self._grabber.join(RELEASE_S)

    def _wait_for_newest(self, timeout_s: float) -> tuple[Shot, float] | None:
        with self._slot:
            self._slot.wait_for(lambda: self._newest or self._loss or self._stopped, timeout_s)
            if self._stopped:
                return None
            if self._newest is None:
                raise CameraError(self._loss or self._lost(f"no picture for {timeout_s:.0f} s"))
            newest, self._newest = self._newest, None
            return newest

    def _upright(self, image: Image) -> Image:
        if self._turn is not None:
            image = np.asarray(cv2.rotate(image, self._turn), np.uint8)
        return np.asarray(cv2.flip(image, 1), np.uint8) if self._mirrored else image

    def _lost(self, cause: str) -> str:
        return f"{self._name}: camera lost ({cause}); check cable and power"

    def _run(self) -> None:
        """The thread that owns the device.

        Of an error only its words are kept: the error itself holds on to every frame it came by, with its pictures.
        """
        try:
            with closing(self._open_capture()) as capture:
                loss = self._grab_all(capture)
        except CameraError as error:
            loss = str(error)
        except Exception as error:  # the thread's border: a driver may raise anything
            log.debug("camera=%s", self._name, exc_info=True)
            loss = self._lost(f"{type(error).__name__}: {error}")
        with self._slot:
            self._loss = loss
            self._slot.notify_all()

    def _grab_all(self, capture: Capture) -> str:
        """Take pictures until the camera is stopped or lost; tells why."""
        freeze = _FreezeDetector()
        while not self._stopped:
            shot, now = capture.read(), self._clock()
            if shot is None:
                return self._lost("the stream ended")
            if not _is_picture(shot.image):
                continue
            if freeze(shot.image, now):
                return self._lost(f"the same picture for {FROZEN_S:.0f} s")
            with self._slot:
                self._newest = (shot, now)
                self._slot.notify_all()
        return self._lost("closed")


def _is_picture(image: Image) -> bool:
    """Whether a driver gave a whole colour picture; a damaged one is passed over, and silence noticed in time."""
    return image.dtype == np.uint8 and image.ndim == 3 and image.shape[2] == 3 and image.size > 0


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


def is_live(source: str) -> bool:
    """Whether a source is a camera, which has no end, rather than a file, a folder or the demo."""
    return source.startswith(LIVE_PREFIXES)


def open_camera(source: str, *, replay: bool, settings: CameraSettings | None = None) -> Camera:
    """Open what a source string names; a live camera is opened in the background.

    Args:
        source: `picamera`, `picamera:N`, `usb:N`, `rtsp://...`, `http(s)://...`, a video file or a folder of pictures.
        replay: for files: every frame, as fast as possible; otherwise at the clip's own pace.
        settings: what is asked of a live camera.

    Raises:
        UsageError: no such kind of source.
        InputError: a file or folder that cannot be read.
    """
    if is_live(source):
        return _open_live(source, settings or CameraSettings())
    path = Path(source)
    if path.is_dir():
        return ClipCamera(_folder_pictures(path), live=not replay)
    if path.is_file():
        return ClipCamera(_clip_pictures(path, _open_clip(path)), live=not replay)
    raise InputError(
        f"source {source!r}: no such file; expected FILE, FOLDER, picamera, usb:N, rtsp://..., http://... or demo"
    )


def _open_live(source: str, settings: CameraSettings) -> LiveCamera:
    kind, _, number = source.partition(":")
    turn_deg, mirrored = settings.turn_deg, settings.mirrored
    if kind == "picamera":
        index = _number(source, number or "0")
        # Its own processor does the rest.
        return LiveCamera(source, lambda: PiCapture(index, settings), turn_deg=turn_deg % 180)
    if kind == "usb":
        index = _number(source, number)
        return LiveCamera(source, lambda: open_usb(index, settings), turn_deg=turn_deg, mirrored=mirrored)
    name = without_password(source)
    return LiveCamera(name, lambda: open_network(source, name, settings), turn_deg=turn_deg, mirrored=mirrored)


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


def without_password(url: str) -> str:
    """An address fit for a log."""
    scheme, separator, rest = url.partition("://")
    return scheme + separator + rest.rpartition("@")[2]
