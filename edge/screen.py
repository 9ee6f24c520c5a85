"""Annotated pictures for people: into a video file, or into a window."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import cv2
import numpy as np

from edge.cameras.decoded import load_av
from edge.drawing import draw_observation
from edge.errors import UsageError
from edge.types import Image, Observation

if TYPE_CHECKING:
    from av.container import OutputContainer
    from av.packet import Packet
    from av.video.stream import VideoStream

TICKS_PER_S = 1000
"""Pictures stand where they were taken, to the millisecond, however irregularly they came."""

BITS_PER_PIXEL = 12.0
"""Of a second of film; sharp enough to read what is drawn on."""

_QUIT_KEYS = (ord("q"), 27)


class ClipWriter:
    """Writes every observation, drawn on, to an .mp4 in which each stands at the time when it was taken.

    Args:
        path: the file; its folder must exist.

    Raises:
        UsageError: if the name does not end in .mp4 or the file cannot be written.
    """

    def __init__(self, path: Path) -> None:
        if path.suffix.lower() != ".mp4" or not path.parent.is_dir():
            raise UsageError(f"{path}: expected a file ending in .mp4 in a folder that exists")
        self._path = path
        self._container: OutputContainer | None = None
        self._stream: VideoStream | None = None
        self._file: BinaryIO | None = None
        self._began_at = 0.0
        self._last = -1
        self._waiting: Packet[VideoStream] | None = None
        self._lasts = 0

    def __call__(self, observation: Observation) -> None:
        """Add one picture.

        Raises:
            UsageError: if the file cannot be written.
        """
        image = draw_observation(observation)
        try:
            if self._stream is None:
                self._stream = self._begin(image, observation.frame.taken_at)
            size = (self._stream.width, self._stream.height)
            if (image.shape[1], image.shape[0]) != size:
                image = np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8)
            self._write(image, observation.frame.taken_at)
        except OSError as error:
            raise UsageError(f"{self._path}: cannot be written ({error.strerror}); choose another folder") from error

    def close(self) -> None:
        container, stream, self._container, self._stream = self._container, self._stream, None, None
        if container is not None and stream is not None:
            self._mux(container, stream.encode(None))
            self._mux_waiting(container, until=None)
            container.close()
        if self._file is not None:
            self._file.close()

    def _begin(self, image: Image, taken_at: float) -> VideoStream:
        av = load_av()
        # An open file has any name that the file system allows, and FFmpeg would take 12:30.mp4 for a protocol.
        self._file = self._path.open("wb")
        self._container = av.open(self._file, "w", format="mp4")
        stream: VideoStream = self._container.add_stream("mpeg4", rate=TICKS_PER_S)
        # Codecs want even sides.
        stream.width, stream.height = (max(2, side // 2 * 2) for side in (image.shape[1], image.shape[0]))
        stream.pix_fmt = "yuv420p"
        stream.bit_rate = round(BITS_PER_PIXEL * stream.width * stream.height)
        stream.codec_context.time_base = Fraction(1, TICKS_PER_S)
        self._began_at = taken_at
        return stream

    def _write(self, image: Image, taken_at: float) -> None:
        assert self._container is not None
        assert self._stream is not None
        frame = load_av().VideoFrame.from_ndarray(image, format="bgr24")
        # Two pictures of one tick would be refused.
        frame.pts = self._last = max(self._last + 1, round((taken_at - self._began_at) * TICKS_PER_S))
        frame.time_base = Fraction(1, TICKS_PER_S)
        self._mux(self._container, self._stream.encode(frame))

    def _mux(self, container: OutputContainer, packets: list[Packet[VideoStream]]) -> None:
        """Write packets one late: how long a picture lasts is known when the next one comes."""
        for packet in packets:
            self._mux_waiting(container, until=packet.pts)
            self._waiting = packet

    def _mux_waiting(self, container: OutputContainer, *, until: int | None) -> None:
        """The last picture lasts as long as the one before."""
        packet = self._waiting
        if packet is None or packet.pts is None:
            return
        if until is not None:
            self._lasts = until - packet.pts
        packet.duration = self._lasts
        container.mux(packet)


class Window:
    """Shows every observation on the screen; `q` or Escape calls `on_quit`.

    Raises:
        UsageError: if this build of OpenCV has no window system.
    """

    def __init__(self, title: str, *, on_quit: Callable[[], None]) -> None:
        self._title = title
        self._on_quit = on_quit
        try:
            cv2.namedWindow(title, cv2.WINDOW_NORMAL)
        except cv2.error as error:
            raise UsageError(
                "this OpenCV has no windows; on a desktop replace opencv-python-headless by opencv-python"
            ) from error

    def __call__(self, observation: Observation) -> None:
        cv2.imshow(self._title, draw_observation(observation))
        if cv2.waitKey(1) & 0xFF in _QUIT_KEYS:
            self._on_quit()

    def close(self) -> None:
        cv2.destroyWindow(self._title)
