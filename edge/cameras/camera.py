"""Where frames come from: camera module, USB camera, network stream, video file, folder of pictures."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from threading import Condition, Thread
from typing import Protocol

import numpy as np

from edge.cameras.capture import CameraSettings, Capture
from edge.cameras.clip import ClipCamera, Pictures
from edge.cameras.clip_reader import clip_pictures, folder_pictures
from edge.cameras.demo import demo_pictures
from edge.cameras.network import open_network
from edge.cameras.orientation import Orientation
from edge.cameras.pi import PiCapture
from edge.cameras.source import EXPECTED, Kind, Source, parse_source
from edge.cameras.stream_clock import StreamClock
from edge.cameras.usb import open_usb
from edge.errors import CameraError, InputError
from edge.host.addresses import public_name
from edge.host.files import why_no_input
from edge.types import Frame, Image

log = logging.getLogger(__name__)

FIRST_FRAME_TIMEOUT_S = 15.0
"""From opening a live camera to its first picture: ten seconds for a network camera to answer, and a few to begin."""

FRAME_TIMEOUT_S = 2.0
"""A live camera that is silent this long is lost: four times the slowest sensible frame interval. So is one whose
driver took longer for a picture, whatever it gives then, and one whose pictures are older than this: they show the
past."""

RELEASE_S = 0.5
"""How long to wait for a driver to give up its device; what hangs longer is left to end by itself."""


class Camera(Protocol):
    """A source of frames; ends when the stream does, raises CameraError when the camera is lost."""

    def frames(self) -> Iterator[Frame]: ...

    def stop(self) -> None:
        """Have `frames` end, wherever it waits; from any thread."""

    def close(self) -> None:
        """Stop, and give the device back."""


class LiveCamera:
    """A camera module, USB or network camera. A thread of its own opens it, keeps only its newest picture, and gives it
    back: the kiosk never works through a queue, and never waits longer for a driver than it chooses to.

    Args:
        name: how messages call it.
        open_capture: opens the device; may raise CameraError.
        upright: how it is mounted.
        clock: monotonic seconds, by which frames are stamped.
    """

    def __init__(
        self,
        name: str,
        open_capture: Callable[[], Capture],
        *,
        upright: Orientation | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._name = name
        self._clock = clock
        self._open_capture = open_capture
        self._upright = upright or Orientation()
        self._slot = Condition()
        # Guarded by `_slot`:
        self._newest: Frame | None = None
        self._loss: tuple[type[CameraError], str] | None = None
        self._stopped = False
        self._grabber = Thread(target=self._run, name="camera", daemon=True)
        try:
            self._grabber.start()
        except RuntimeError as error:
            # The system has no more threads to give; it may have later.
            raise CameraError(self._lost(str(error))) from error

    def frames(self) -> Iterator[Frame]:
        timeout_s = FIRST_FRAME_TIMEOUT_S
        while (newest := self._wait_for_newest(timeout_s)) is not None:
            small = None if newest.small is None else self._upright(newest.small)
            yield replace(newest, image=self._upright(newest.image), small=small)
            timeout_s = FRAME_TIMEOUT_S

    def stop(self) -> None:
        with self._slot:
            self._stopped = True
            self._slot.notify_all()

    def close(self) -> None:
        self.stop()
        self._grabber.join(RELEASE_S)

    def _wait_for_newest(self, timeout_s: float) -> Frame | None:
        with self._slot:
            self._slot.wait_for(lambda: self._newest or self._loss or self._stopped, timeout_s)
            if self._stopped:
                return None
            if self._newest is None:
                kind, words = self._loss or (CameraError, self._lost(f"no picture for {timeout_s:.0f} s"))
                raise kind(words)
            newest, self._newest = self._newest, None
            return newest

    def _lost(self, cause: str) -> str:
        return f"{self._name}: camera lost ({cause}); check cable and power"

    def _run(self) -> None:
        """The thread that owns the device.

        Of an error only its kind and words are kept: the error itself holds on to every frame it came by, with its
        pictures.
        """
        kind = CameraError
        try:
            with closing(self._open_capture()) as capture:
                loss = self._grab_all(capture)
        except CameraError as error:
            kind, loss = type(error), str(error)
        except Exception as error:  # the thread's border: a driver may raise anything
            log.debug("camera=%s", self._name, exc_info=True)
            loss = self._lost(f"{type(error).__name__}: {error}")
        with self._slot:
            self._loss = kind, loss
            self._slot.notify_all()

    def _grab_all(self, capture: Capture) -> str:
        """Take pictures until the camera is stopped or lost; tells why."""
        stream_clock, asked_at, index, damaged = StreamClock(), self._clock(), 0, 0
        while not self._stopped:
            shot, now = capture.read(), self._clock()
            if shot is None:
                return self._lost("the stream ended")
            if index and now - asked_at > FRAME_TIMEOUT_S:
                # What a decoder still held is the past.
                return self._lost(f"no picture for {now - asked_at:.1f} s")
            asked_at = now
            damaged += shot.damaged
            if not _is_picture(shot.image):
                damaged += 1
                continue
            taken_at = stream_clock(shot.stamp_s, now)
            if now - taken_at > FRAME_TIMEOUT_S:
                return self._lost(f"its pictures come {now - taken_at:.1f} s late, choose a smaller picture or fewer")
            with self._slot:
                self._newest = Frame(shot.image, taken_at, index, shot.small, damaged)
                self._slot.notify_all()
            index += 1
        return self._lost("closed")


def _is_picture(image: Image) -> bool:
    """Whether a driver gave a whole colour picture; a damaged one is passed over, and silence noticed in time."""
    return image.dtype == np.uint8 and image.ndim == 3 and image.shape[2] == 3 and image.size > 0


def open_camera(source: Source | str, *, replay: bool, settings: CameraSettings | None = None) -> Camera:
    """Open a source; a live camera is opened in the background.

    Args:
        source: or its text, see `edge.cameras.source`.
        replay: for files: every frame, as fast as possible; otherwise at the clip's own pace.
        settings: what is asked of it; of a clip or folder only how it is mounted, and whether it is looped.

    Raises:
        UsageError: no such kind of source.
        InputError: a file or folder that cannot be read.
    """
    named = parse_source(source) if isinstance(source, str) else source
    settings = settings or CameraSettings()
    if named.is_live:
        return _open_live(named, settings)
    if named.path is None:
        return _recording(demo_pictures, replay=replay, settings=settings)
    path = named.path
    trouble = why_no_input(path)
    if trouble is not None:
        raise InputError(f"source {public_name(named.name)!r}: {trouble}; {EXPECTED}")
    if path.is_dir():
        return _recording(lambda: folder_pictures(path), replay=replay, settings=settings)
    # Opened now, so that a file that is no clip is refused here.
    first = [clip_pictures(path)]
    return _recording(lambda: first.pop() if first else clip_pictures(path), replay=replay, settings=settings)


def _recording(open_pictures: Callable[[], Pictures], *, replay: bool, settings: CameraSettings) -> ClipCamera:
    upright = Orientation(turn_deg=settings.turn_deg, mirrored=settings.mirrored)
    return ClipCamera(open_pictures, live=not replay, loop=settings.loop and not replay, upright=upright)


def _open_live(source: Source, settings: CameraSettings) -> LiveCamera:
    def open_capture() -> Capture:
        if source.url is not None:
            return open_network(source.url, source.name, settings)
        if source.kind is Kind.PI:
            return PiCapture(source.number or 0, settings)
        return open_usb(source, settings)

    upright = Orientation(turn_deg=settings.turn_deg, mirrored=settings.mirrored)
    if source.kind is Kind.PI:
        # Its own processor mirrors, and turns by half a turn.
        upright = Orientation(turn_deg=settings.turn_deg % 180)
    return LiveCamera(source.name, open_capture, upright=upright)
