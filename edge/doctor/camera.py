"""Can a picture be had?"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from edge.cameras.camera import Camera
from edge.cameras.network import reach
from edge.cameras.source import Kind, Source
from edge.chain.darkness import is_dark
from edge.doctor.account import Account
from edge.doctor.finding import Finding, fail, ok, warn
from edge.errors import CameraError, MaskgateError
from edge.host.board import ROOT
from edge.host.doors import the_door

NAME = "camera"


def look_at_camera(
    source: Source, open_camera: Callable[[], Camera], *, account: Account, in_use: bool, root: Path = ROOT
) -> Finding:
    """Open the source and take its first picture.

    Args:
        source: which.
        open_camera: opens it.
        account: whose rights count.
        in_use: the running service has it, so that nobody else can.
        root: prefix of /dev.
    """
    trouble = _device_trouble(source, account, root) or _network_trouble(source)
    if trouble is not None:
        return trouble
    if in_use:
        return ok(NAME, f"the running service uses it; see systemctl status {the_door().unit}")
    name, started = source.name, time.monotonic()
    try:
        with closing(open_camera()) as camera:
            frame = next(iter(camera.frames()), None)
    except MaskgateError as error:
        return fail(NAME, str(error), "correct camera.source, or check the camera's cable and power")
    if frame is None:
        return fail(NAME, f"{name}: contains no picture", "correct camera.source")
    height, width = frame.image.shape[:2]
    found = f"{name}: {width}x{height}, first picture after {time.monotonic() - started:.1f} s"
    if is_dark(frame.image):
        return warn(NAME, f"{found}, nearly black", "uncover the lens, or light the door")
    return ok(NAME, found)


def _device_trouble(source: Source, account: Account, root: Path) -> Finding | None:
    """Of a USB camera or camera module."""
    devices = root / "dev"
    if source.kind is Kind.PI:
        wanted = sorted((*devices.glob("media*"), *devices.glob("dma_heap/*")))
    elif source.kind is Kind.USB:
        named = source.path or Path(f"/dev/video{source.number}")
        wanted = [root / named.relative_to("/")]
        if not wanted[0].exists():
            there = ", ".join(f"usb:{path.name[5:]}" for path in sorted(devices.glob("video*"))) or "none"
            return fail(NAME, f"{source.name}: no such device; there: {there}", "plug it in, or correct camera.source")
    else:
        return None
    for device in wanted:
        if not account.may_use(device):
            return fail(NAME, f"{account.name} may not use /{device.relative_to(root)}", account.join("video"))
    return None


def _network_trouble(source: Source) -> Finding | None:
    """Of a network camera, whether anybody answers: opening a stream takes much longer to find out."""
    if source.url is None:
        return None
    try:
        reach(source.url, source.name)
    except CameraError as error:
        return fail(NAME, str(error), "check network, address and the camera's power")
    return None
