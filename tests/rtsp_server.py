"""An RTSP camera that plays pictures over and over: run by the system's Python, which has GStreamer's bindings.

    /usr/bin/python3 tests/rtsp_server.py CODEC WIDTH HEIGHT FPS FILE

FILE holds raw BGR pictures. Prints the port and serves at /live until it is killed. GStreamer's RTSP server comes with
Debian: python3-gi, gir1.2-gst-rtsp-server-1.0, gstreamer1.0-plugins-base, -good, -bad, -ugly.
"""

from __future__ import annotations

import sys
from pathlib import Path

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import GLib, Gst, GstRtspServer  # noqa: E402 - a version must be asked for first

ENCODERS = {
    "h264": "x264enc tune=zerolatency speed-preset=ultrafast bitrate=800 key-int-max={fps} ! rtph264pay name=pay0",
    "h264-b": "x264enc bframes=3 b-adapt=false speed-preset=ultrafast bitrate=800 key-int-max={fps} rc-lookahead=5"
    " ! rtph264pay name=pay0",
    "h265": "x265enc tune=zerolatency speed-preset=ultrafast bitrate=800 key-int-max={fps} ! rtph265pay name=pay0",
}
"""What follows the raw pictures, by codec; `h264-b` has three B-frames, which the decoder must hold back."""


class Factory(GstRtspServer.RTSPMediaFactory):
    """Makes one pipeline for all clients, and feeds it at the camera's pace."""

    def __init__(self, codec: str, width: int, height: int, fps: int, pictures: list[bytes]) -> None:
        super().__init__()
        self._fps, self._pictures = fps, pictures
        self._number = 0
        caps = f"video/x-raw,format=BGR,width={width},height={height},framerate={fps}/1"
        self.set_launch(
            f"( appsrc name=source is-live=true format=time do-timestamp=true caps={caps} ! videoconvert"
            f" ! video/x-raw,format=I420 ! {ENCODERS[codec].format(fps=fps)} config-interval=1 pt=96 )"
        )
        self.set_shared(True)
        self.connect("media-configure", self._configure)

    def _configure(self, _factory: Factory, media: GstRtspServer.RTSPMedia) -> None:
        source = media.get_element().get_child_by_name("source")
        GLib.timeout_add(1000 // self._fps, self._push, source)

    def _push(self, source: Gst.Element) -> bool:
        picture = self._pictures[self._number % len(self._pictures)]
        self._number += 1
        return bool(source.emit("push-buffer", Gst.Buffer.new_wrapped(picture)) == Gst.FlowReturn.OK)


def main(codec: str, width: int, height: int, fps: int, path: Path) -> None:
    """Serve until killed."""
    Gst.init(None)
    data, size = path.read_bytes(), width * height * 3
    pictures = [data[at : at + size] for at in range(0, len(data), size)]
    server = GstRtspServer.RTSPServer()
    server.set_service("0")
    server.get_mount_points().add_factory("/live", Factory(codec, width, height, fps, pictures))
    server.attach(None)
    print(server.get_bound_port(), flush=True)
    GLib.MainLoop().run()


if __name__ == "__main__":
    _, named, *numbers, file = sys.argv
    main(named, int(numbers[0]), int(numbers[1]), int(numbers[2]), Path(file))
