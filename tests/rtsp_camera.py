"""A network camera that speaks RTSP, as a process that a test can stop for a while; see tests/rtsp_server.py."""

from __future__ import annotations

import signal
import subprocess
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import cv2
import pytest

from edge.types import Image

PYTHON = "/usr/bin/python3"
"""Debian's, which has GStreamer's bindings."""

SERVER = Path(__file__).with_name("rtsp_server.py")
WIDTH, HEIGHT = 640, 360

WANTED = (
    "import gi; gi.require_version('GstRtspServer', '1.0'); from gi.repository import Gst, GstRtspServer;"
    "Gst.init(None); elements = 'x264enc x265enc jpegenc rtph264pay rtph265pay rtpjpegpay'.split();"
    "assert all(map(Gst.ElementFactory.find, elements))"
)


@dataclass(frozen=True, slots=True)
class RtspCamera:
    """Where it serves, and the process that does."""

    address: str
    process: subprocess.Popen[str]

    def stall(self) -> None:
        """Send nothing any more, and keep the connection."""
        self.process.send_signal(signal.SIGSTOP)

    def go_on(self) -> None:
        """Send again what is seen now, after what was left to be sent."""
        self.process.send_signal(signal.SIGCONT)


def need_gstreamer() -> None:
    """Skip the test, loudly, where Debian's packages are missing; .ci/run installs them."""
    if subprocess.run([PYTHON, "-c", WANTED], capture_output=True, check=False).returncode:
        pytest.skip(
            "GStreamer's RTSP server is missing: apt install python3-gi gir1.2-gst-rtsp-server-1.0 "
            "gstreamer1.0-plugins-base gstreamer1.0-plugins-good gstreamer1.0-plugins-bad gstreamer1.0-plugins-ugly"
        )


@contextmanager
def serving(pictures: Iterable[Image], folder: Path, *options: str, codec: str, fps: int = 15) -> Iterator[RtspCamera]:
    """A camera that shows these pictures over and over, 640 x 360; for the options see tests/rtsp_server.py."""
    raw = folder / "pictures.bgr"
    with raw.open("wb") as file:
        for image in pictures:
            file.write(cv2.resize(image, (WIDTH, HEIGHT)).tobytes())
    arguments = [codec, str(WIDTH), str(HEIGHT), str(fps), str(raw), *options]
    with subprocess.Popen([PYTHON, str(SERVER), *arguments], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield RtspCamera(f"rtsp://127.0.0.1:{int(process.stdout.readline())}/live", process)
        finally:
            process.kill()
