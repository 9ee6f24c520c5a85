"""An RTSP camera that plays pictures over and over: run by the system's Python, which has GStreamer's bindings.

    /usr/bin/python3 tests/rtsp_server.py CODEC WIDTH HEIGHT FPS FILE [OPTIONS]

FILE holds raw BGR pictures. Prints the port and serves at /live until it is killed. GStreamer's RTSP server comes with
Debian: python3-gi, gir1.2-gst-rtsp-server-1.0, gstreamer1.0-plugins-base, -good, -bad, -ugly.

Options: --loss SHARE (of the packets, on their way), --login (admin, secret), --address, --port, --transport.
"""

from __future__ import annotations

import argparse
import random
from pathlib import Path

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstRtsp", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import GLib, Gst, GstRtsp, GstRtspServer  # noqa: E402 - a version must be asked for first

ENCODERS = {
    "h264": "x264enc tune=zerolatency speed-preset=ultrafast bitrate=800 key-int-max={fps} ! rtph264pay {pay}",
    "h264-b": "x264enc bframes=3 b-adapt=false speed-preset=ultrafast bitrate=800 key-int-max={fps} rc-lookahead=5"
    " ! rtph264pay {pay}",
    "mjpeg": "jpegenc ! rtpjpegpay name=pay0",
    "h265": "x265enc tune=zerolatency speed-preset=ultrafast bitrate=800 key-int-max={fps} ! rtph265pay {pay}",
}
"""What follows the raw pictures, by codec; `h264-b` has three B-frames, which the decoder must hold back."""


PAY = "name=pay0 config-interval=1 pt=96"

TRANSPORTS = {"tcp": GstRtsp.RTSPLowerTrans.TCP, "udp": GstRtsp.RTSPLowerTrans.UDP}


class Factory(GstRtspServer.RTSPMediaFactory):
    """Makes one pipeline for all clients, and feeds it at the camera's pace."""

    def __init__(self, camera: argparse.Namespace, pictures: list[bytes]) -> None:
        super().__init__()
        self._fps, self._loss, self._pictures = camera.fps, camera.loss, pictures
        self._number = 0
        self._chance = random.Random(1)
        caps = f"video/x-raw,format=BGR,width={camera.width},height={camera.height},framerate={camera.fps}/1"
        self.set_launch(
            f"( appsrc name=source is-live=true format=time do-timestamp=true caps={caps} ! videoconvert"
            f" ! video/x-raw,format=I420 ! {ENCODERS[camera.codec].format(fps=camera.fps, pay=PAY)} )"
        )
        self.set_shared(True)
        if camera.transport:
            self.set_protocols(TRANSPORTS[camera.transport])
        self.connect("media-configure", self._configure)

    def _configure(self, _factory: Factory, media: GstRtspServer.RTSPMedia) -> None:
        pipeline = media.get_element()
        if self._loss:
            pad = pipeline.get_child_by_name("pay0").get_static_pad("src")
            pad.add_probe(Gst.PadProbeType.BUFFER | Gst.PadProbeType.BUFFER_LIST, self._lose)
        GLib.timeout_add(1000 // self._fps, self._push, pipeline.get_child_by_name("source"))

    def _lose(self, pad: Gst.Pad, info: Gst.PadProbeInfo) -> Gst.PadProbeReturn:
        if info.type & Gst.PadProbeType.BUFFER_LIST:
            # The packets of a picture; each comes by here again, and is lost alone.
            packets = info.get_buffer_list()
            for index in range(packets.length()):
                pad.push(packets.get(index))
            return Gst.PadProbeReturn.DROP
        return Gst.PadProbeReturn.DROP if self._chance.random() < self._loss else Gst.PadProbeReturn.OK

    def _push(self, source: Gst.Element) -> bool:
        picture = self._pictures[self._number % len(self._pictures)]
        self._number += 1
        return bool(source.emit("push-buffer", Gst.Buffer.new_wrapped(picture)) == Gst.FlowReturn.OK)


def guard(server: GstRtspServer.RTSPServer, factory: Factory) -> None:
    """Let in nobody but admin with the password secret."""
    auth = GstRtspServer.RTSPAuth()
    token = GstRtspServer.RTSPToken()
    token.set_string("media.factory.role", "user")
    auth.add_basic(GstRtspServer.RTSPAuth.make_basic("admin", "secret"), token)
    server.set_auth(auth)
    role = "user, media.factory.access=true, media.factory.construct=true"
    factory.add_role_from_structure(Gst.Structure.new_from_string(role))


def main(camera: argparse.Namespace) -> None:
    """Serve until killed."""
    Gst.init(None)
    data, size = camera.file.read_bytes(), camera.width * camera.height * 3
    pictures = [data[at : at + size] for at in range(0, len(data), size)]
    server, factory = GstRtspServer.RTSPServer(), Factory(camera, pictures)
    server.set_service(camera.port)
    server.set_address(camera.address)
    if camera.login:
        guard(server, factory)
    server.get_mount_points().add_factory("/live", factory)
    server.attach(None)
    print(server.get_bound_port(), flush=True)
    GLib.MainLoop().run()


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("codec", choices=ENCODERS)
    for number in ("width", "height", "fps"):
        parser.add_argument(number, type=int)
    parser.add_argument("file", type=Path)
    parser.add_argument("--loss", type=float, default=0.0)
    parser.add_argument("--login", action="store_true")
    parser.add_argument("--address", default="127.0.0.1")
    parser.add_argument("--port", default="0")
    parser.add_argument("--transport", choices=TRANSPORTS)
    main(parser.parse_args())
