"""A network camera, step by step: what fails first is the cause, and has its remedy."""

from __future__ import annotations

import socket
import ssl
import time
from collections.abc import Iterator
from contextlib import closing
from urllib.parse import urlsplit

import numpy as np

from edge.cameras.capture import CameraSettings, Capture, Shot
from edge.cameras.network import CONNECT_S, PORTS, open_network, reach
from edge.cameras.source import Source
from edge.chain.darkness import is_dark
from edge.chain.one_colour import colour_of, name_of
from edge.doctor.finding import Finding, fail, ok, warn
from edge.errors import CameraError, CameraRefusedError
from edge.types import Image

WATCHED_S = 2.0
"""A second's pictures, and one more for those that a camera sends late at first."""

FEW_FPS = 5.0
"""With fewer a second people wait longer than a second for a decision."""

TLS_SCHEMES = ("https", "rtsps", "rtmps")


def look_at_network_camera(source: Source, settings: CameraSettings) -> Iterator[Finding]:
    """Address, name, port, TLS, login, what is served, the first picture and those of a second; up to what fails.

    Args:
        source: with a URL.
        settings: what is asked of the camera.
    """
    assert source.url is not None
    parts = urlsplit(source.url)
    host, port = parts.hostname or "", parts.port or PORTS[parts.scheme]
    user = "with a user" if parts.username else "without a user"
    yield ok("address", f"{source.name}: {parts.scheme}, host {host}, port {port}, {user}")
    try:
        yield ok("name", f"{host} is {', '.join(_addresses(host, port))}")
        started = time.monotonic()
        reach(source.url, source.name)
    except CameraError as error:
        yield _failed("connect", error)
        return
    except OSError:
        yield fail("name", f"no host is called {host}", "check the name, or write the address as numbers")
        return
    yield ok("connect", f"port {port} answers after {1000 * (time.monotonic() - started):.0f} ms")
    if parts.scheme in TLS_SCHEMES:
        finding = _look_at_tls(host, port)
        yield finding
        if finding.remedy:
            return
    yield from _look_at_stream(source, settings, bool(parts.username))


def _look_at_stream(source: Source, settings: CameraSettings, has_user: bool) -> Iterator[Finding]:
    assert source.url is not None
    try:
        capture = open_network(source.url, source.name, settings)
    except CameraRefusedError as error:
        yield _failed("login", error)
        return
    except CameraError as error:
        yield _failed("stream", error)
        return
    with closing(capture):
        yield ok("login", "user and password are accepted" if has_user else "none is wanted")
        yield ok("stream", capture.about)
        try:
            yield from _look_at_pictures(capture)
        except CameraError as error:
            yield _failed("pictures", error)


def _look_at_pictures(capture: Capture) -> Iterator[Finding]:
    started = time.monotonic()
    first = capture.read()
    if first is None:
        yield fail("picture", "the stream ended before its first picture", "restart the camera")
        return
    yield _look_at_first(first.image, time.monotonic() - started)
    shots = [first]
    started = time.monotonic()
    while time.monotonic() - started < WATCHED_S and (shot := capture.read()) is not None:
        shots.append(shot)
    yield _look_at_some(shots, time.monotonic() - started)


def _look_at_first(image: Image, took_s: float) -> Finding:
    height, width = image.shape[:2]
    found = f"{width}x{height}, after {took_s:.1f} s"
    colour = colour_of(image)
    if colour is not None:
        remedy = "look at the camera with another program; choose H.264 or MJPEG in it, and restart it"
        return warn("picture", f"{found}: {name_of(colour)} all over", remedy)
    if is_dark(image):
        return warn("picture", f"{found}, nearly black", "uncover the lens, or light the door")
    return ok("picture", found)


def _look_at_some(shots: list[Shot], seconds: float) -> Finding:
    rate, damaged = (len(shots) - 1) / seconds, sum(shot.damaged for shot in shots)
    found = f"{rate:.1f} a second, {damaged} of {len(shots)} damaged"
    if rate < FEW_FPS:
        return warn("pictures", found, f"set the camera to {FEW_FPS:.0f} or more pictures a second")
    if damaged > 1:
        return warn("pictures", found, "use a cable in place of Wi-Fi, or a lower bit rate in the camera")
    if all(np.array_equal(shot.image, shots[0].image) for shot in shots):
        return warn(
            "pictures", f"{found}, all the same to the bit", "move before the camera; restart it if that helps not"
        )
    return ok("pictures", found)


def _look_at_tls(host: str, port: int) -> Finding:
    context = ssl.create_default_context()
    # What cameras sign themselves is taken, as the kiosk does.
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    try:
        with (
            socket.create_connection((host, port), CONNECT_S) as connection,
            context.wrap_socket(connection, server_hostname=host) as secured,
        ):
            return ok("tls", f"{secured.version()}; whose certificate it is, is not checked")
    except OSError as error:
        cause = getattr(error, "reason", None) or error.strerror or type(error).__name__
        return fail("tls", f"no encryption that is understood ({cause})", "try http:// or rtsp:// in place of the s")


def _addresses(host: str, port: int) -> list[str]:
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


def _failed(step: str, error: CameraError) -> Finding:
    """Our errors hold cause and remedy, parted by a semicolon."""
    cause, _, remedy = str(error).partition("; ")
    return fail(step, cause, remedy or "check the camera, and look at it with another program")
