"""FFmpeg (PyAV), and the way from a frame that it decoded to a picture."""

from __future__ import annotations

from types import ModuleType
from typing import TYPE_CHECKING

import cv2
import numpy as np

from edge.types import Image

if TYPE_CHECKING:
    from av.filter import Graph
    from av.video.frame import VideoFrame


MISSING = "PyAV is not installed, which clips and network cameras need; see docs/installation.md"


def load_av() -> ModuleType:
    """PyAV, with FFmpeg's own lines on standard error switched off: our one clear error stands for them.

    It is loaded where it is used: a kiosk with a camera module or a USB camera does without its 20 MB.

    Raises:
        ImportError: if it is not installed.
    """
    import av
    import av.logging

    av.logging.set_level(av.logging.PANIC)
    return av


class FrameConverter:
    """Makes frames into pictures: BGR, uint8, turned as the stream asks, without the comb of interlaced video.

    Of interlaced video one field is kept and stretched: the two fields show two moments, and a face that moves between
    them has two outlines. FFmpeg 8 refuses to convert such frames as they are ("Cannot convert interlaced to
    progressive frames") and leaves the picture black, which OpenCV 4.12 to 4.14 pass on as if nothing were wrong.
    """

    def __init__(self) -> None:
        self._graph: Graph | None = None
        self._made_for: tuple[str, int, int] | None = None

    def __call__(self, frame: VideoFrame) -> Image:
        """The picture (H, W, 3)."""
        if frame.interlaced_frame:
            field = self._field(frame).to_ndarray(format="bgr24")
            image = cv2.resize(field, (frame.width, frame.height), interpolation=cv2.INTER_LINEAR)
        else:
            image = frame.to_ndarray(format="bgr24")
        turns = round(frame.rotation / 90) % 4
        return np.ascontiguousarray(np.rot90(image, turns), np.uint8) if turns else np.asarray(image, np.uint8)

    def _field(self, frame: VideoFrame) -> VideoFrame:
        """The upper field, half as high."""
        shape = (frame.format.name, frame.width, frame.height)
        if self._graph is None or self._made_for != shape:
            self._graph, self._made_for = _field_graph(frame), shape
        self._graph.push(frame)
        return self._graph.pull()  # type: ignore[return-value]


def _field_graph(frame: VideoFrame) -> Graph:
    from av.filter import Graph

    graph = Graph()
    source = graph.add_buffer(width=frame.width, height=frame.height, format=frame.format, time_base=frame.time_base)
    field, sink = graph.add("field", "type=top"), graph.add("buffersink")
    source.link_to(field)
    field.link_to(sink)
    graph.configure()
    return graph
