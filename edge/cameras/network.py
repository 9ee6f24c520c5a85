"""Network cameras: RTSP and other streams through FFmpeg (PyAV), Motion JPEG and single pictures through HTTP.

A camera is opened step by step, so that an error names its cause: the host is looked up, its port is tried, an HTTP
server is asked what it serves, and only then is the stream opened.
"""

from __future__ import annotations

import logging
import socket
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from edge.cameras.capture import CameraSettings, NetworkCapture, Shot
from edge.cameras.decoded import MISSING, FrameConverter, load_av
from edge.cameras.http import SnapshotCapture, open_http
from edge.errors import CameraError, CameraRefusedError

if TYPE_CHECKING:
    from av.container import InputContainer

log = logging.getLogger(__name__)

CONNECT_S = 5.0
"""A camera in the same building answers within milliseconds."""

OPEN_S = 10.0
"""From the first word to a described stream: a camera that was asleep takes some seconds."""

READ_S = 2.0
"""A camera that sends nothing for so long is lost: what comes later shows the past."""

PORTS = {"rtsp": 554, "rtsps": 322, "http": 80, "https": 443, "rtmp": 1935, "rtmps": 443}
"""Registered ports (IANA), for addresses that name none."""

TRANSPORTS = ("tcp", "udp")
"""RTP through the RTSP connection loses nothing; a few cameras offer only datagrams."""

BETWEEN_WAYS_S = 0.5
"""A camera that has just refused one transport is busy for a moment before it may be asked for the other."""

NOT_FOR_STREAMS = ("width", "height", "fps", "exposure_ms", "focus_m", "gain", "exposure_ev", "metering", "flicker_hz")


def open_network(url: str, name: str, settings: CameraSettings) -> NetworkCapture:
    """Open a camera by its address.

    Args:
        url: with user and password, if it wants them.
        name: the address as messages show it.
        settings: nothing of it can be asked of a network camera, but how often a single picture is fetched.

    Raises:
        CameraRefusedError: if it wants another password.
        CameraError: if it cannot be had now; names the cause.
    """
    reach(url, name)
    capture = open_http(url, name, settings) if url.startswith("http") else None
    is_fetched = isinstance(capture, SnapshotCapture)
    ignored = settings.asked_for(*(one for one in NOT_FOR_STREAMS if not (is_fetched and one == "fps")))
    if ignored:
        log.warning("camera=%s ignored=%s cause='a network camera does not support it'", name, ",".join(ignored))
    return capture or StreamCapture(url, name)


def reach(url: str, name: str) -> None:
    """Look up the host of an address, and see whether anybody listens there.

    Raises:
        CameraError: names the step that failed.
    """
    parts = urlsplit(url)
    host, port = parts.hostname or "", parts.port or PORTS[parts.scheme]
    try:
        addresses = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise CameraError(
            f"{name}: no host is called {host}; check the name, or write the address as numbers"
        ) from error
    cause: OSError = OSError("no address")
    for family, kind, protocol, _, address in addresses:
        with socket.socket(family, kind, protocol) as attempt:
            attempt.settimeout(CONNECT_S)
            try:
                attempt.connect(address)
            except OSError as error:
                cause = error
            else:
                return
    raise CameraError(f"{name}: {_why_unreached(cause, port)}") from cause


def _why_unreached(error: OSError, port: int) -> str:
    if isinstance(error, ConnectionRefusedError):
        return f"nothing listens on port {port}; check the port, and whether the camera serves this protocol"
    if isinstance(error, TimeoutError):
        return f"no answer on port {port} within {CONNECT_S:.0f} s; check the camera's power, address and firewall"
    return f"cannot be reached ({error.strerror or error}); check network, cable and address"


class StreamCapture:
    """Pictures of a stream, decoded by FFmpeg as they arrive.

    Raises:
        CameraRefusedError: if it wants another password.
        CameraError: if it cannot be opened now.
    """

    def __init__(self, url: str, name: str) -> None:
        self._name = name
        self._convert = FrameConverter()
        self._container = _open(url, name)
        self._shots = self._read()

    @property
    def about(self) -> str:
        stream = self._container.streams.video[0]
        rate = f", {float(stream.average_rate):.0f} a second" if stream.average_rate else ""
        return f"{stream.codec_context.name}, {stream.width}x{stream.height}{rate}, as the camera announces it"

    def read(self) -> Shot | None:
        return next(self._shots, None)

    def close(self) -> None:
        self._container.close()

    def _read(self) -> Iterator[Shot]:
        av = load_av()
        damaged, complaints = 0, _complaints()
        has_begun = False
        try:
            for packet in self._container.demux(video=0):
                try:
                    frames = packet.decode()
                except av.error.InvalidDataError:
                    # A picture of which packets were lost; the next key frame mends it.
                    frames = []
                # Before the first key frame there is nothing but complaints.
                damaged += has_begun and _complaints() != complaints
                complaints = _complaints()
                for frame in frames:
                    has_begun = True
                    yield Shot(self._convert(frame), stamp_s=frame.time, damaged=damaged)
                    damaged = 0
        except (av.error.ExitError, av.error.TimeoutError) as error:
            raise CameraError(
                f"{self._name}: sent nothing for {READ_S:.0f} s; check its power and the network"
            ) from error
        except (av.error.FFmpegError, OSError) as error:
            raise CameraError(f"{self._name}: the stream was interrupted ({_words(error)})") from error


def _complaints() -> int:
    """How many errors FFmpeg has told of: its decoders patch up a damaged picture, and say so nowhere else."""
    return int(load_av().logging.get_last_error()[0])


def _open(url: str, name: str) -> InputContainer:
    """Open a stream by the first way that it offers."""
    try:
        av = load_av()
    except ImportError as error:
        raise CameraError(f"{name}: {MISSING}") from error
    ways: list[dict[str, str]] = [{}]
    if url.startswith("rtsp"):
        ways = [{"rtsp_transport": transport} for transport in TRANSPORTS]
    for last, way in ((way is ways[-1], way) for way in ways):
        if way is not ways[0]:
            time.sleep(BETWEEN_WAYS_S)
        try:
            container: InputContainer = av.open(url, timeout=(OPEN_S, READ_S), options={"fflags": "nobuffer", **way})
        except (av.error.FFmpegError, OSError) as error:
            if last or isinstance(error, _final_errors(av)):
                raise _refusal(av, name, error) from error
            continue
        if not container.streams.video:
            container.close()
            raise CameraError(f"{name}: sends no video; check the path of the stream")
        stream = container.streams.video[0]
        stream.thread_type = "SLICE"  # Decoding whole frames side by side delays each of them.
        return container
    raise AssertionError("there is at least one way")


def _final_errors(av: Any) -> tuple[type[Exception], ...]:
    """What another transport would not change."""
    return (
        av.error.HTTPUnauthorizedError,
        av.error.HTTPForbiddenError,
        av.error.HTTPNotFoundError,
        av.error.InvalidDataError,
    )


def _refusal(av: Any, name: str, error: Exception) -> CameraError:
    """An error of FFmpeg in words."""
    if isinstance(error, av.error.HTTPUnauthorizedError):
        return CameraRefusedError(f"{name}: rejects the user name or password (401); check camera.source")
    if isinstance(error, av.error.HTTPForbiddenError):
        return CameraRefusedError(f"{name}: denies this user access to the stream (403); check the user's rights")
    if isinstance(error, av.error.HTTPNotFoundError):
        return CameraError(f"{name}: has no such stream (404); check the path in the camera's manual")
    if isinstance(error, av.error.ExitError | av.error.TimeoutError):
        return CameraError(f"{name}: started no stream within {OPEN_S:.0f} s; restart the camera, check the protocol")
    if isinstance(error, av.error.InvalidDataError):
        return CameraError(f"{name}: sends a stream that cannot be decoded; choose H.264 in the camera")
    return CameraError(f"{name}: refuses the stream ({_words(error)}); check path and protocol")


def _words(error: Exception) -> str:
    return str(getattr(error, "strerror", None) or type(error).__name__)
