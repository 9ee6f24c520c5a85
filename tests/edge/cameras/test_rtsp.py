"""RTSP cameras as they are: GStreamer's server, each way of refusing, and what is lost on the way."""

from __future__ import annotations

import socket
from contextlib import closing
from itertools import islice
from pathlib import Path

import pytest

from edge.cameras.camera import open_camera
from edge.cameras.capture import CameraSettings, Shot
from edge.cameras.network import open_network
from edge.errors import CameraError, CameraRefusedError
from edge.types import Image
from tests import rtsp_camera
from tests.network_camera import free_port, read

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def pictures(shared: Path) -> list[Image]:
    rtsp_camera.need_gstreamer()
    return list(islice(read(shared / "data/videos/unmasked_1.mp4"), 60))


def watch(address: str, count: int) -> list[Shot]:
    """What the driver gives, however slow the machine; that lateness is a fault is shown elsewhere."""
    with closing(open_network(address, "cam", CameraSettings())) as capture:
        return list(islice(iter(capture.read, None), count))


@pytest.mark.parametrize("codec", ["h264", "h264-b", "h265", "mjpeg"])
@pytest.mark.parametrize("transport", ["tcp", "udp"])
def test_every_codec_by_either_transport(codec: str, transport: str, pictures: list[Image], tmp_path: Path) -> None:
    """Whole pictures, none of them grey or damaged, whichever way the camera offers."""
    with rtsp_camera.serving(pictures, tmp_path, "--transport", transport, codec=codec) as camera:
        shots = watch(camera.address, 20)
    assert [shot.image.shape for shot in shots] == [(rtsp_camera.HEIGHT, rtsp_camera.WIDTH, 3)] * 20
    assert min(float(shot.image.std()) for shot in shots) > 20
    if transport == "tcp":
        assert sum(shot.damaged for shot in shots) == 0


@pytest.mark.parametrize("codec", ["h264", "h265", "mjpeg"])
def test_lost_packets_are_counted(codec: str, pictures: list[Image], tmp_path: Path) -> None:
    """Four in a hundred packets: more than one picture in fifty is damaged or missing, and the camera says so."""
    with rtsp_camera.serving(pictures, tmp_path, "--loss", "0.04", codec=codec) as camera:
        shots = watch(camera.address, 75)
    assert sum(shot.damaged for shot in shots) >= 0.02 * len(shots)


REFUSALS = [
    ("rtsp://admin:wrong@127.0.0.1:{port}/live", CameraRefusedError, r"rejects the user name or password \(401\)"),
    ("rtsp://127.0.0.1:{port}/live", CameraRefusedError, r"rejects the user name or password \(401\)"),
    ("rtsp://admin:secret@127.0.0.1:{port}/other", CameraError, r"has no such stream \(404\)"),
]


def test_a_refusal_names_its_cause(pictures: list[Image], tmp_path: Path) -> None:
    """Wrong password, none, another path; the right one is let in."""
    with rtsp_camera.serving(pictures, tmp_path, "--login", codec="h264") as camera:
        port = camera.address.rpartition(":")[2].partition("/")[0]
        for address, kind, cause in REFUSALS:
            with pytest.raises(CameraError, match=cause) as refusal:
                watch(address.format(port=port), 1)
            assert type(refusal.value) is kind, address
            assert "wrong" not in str(refusal.value)
            assert "secret" not in str(refusal.value)
        assert len(watch(f"rtsp://admin:secret@127.0.0.1:{port}/live", 3)) == 3


def test_nobody_listens() -> None:
    """A closed port is told from a host that is not there."""
    with pytest.raises(CameraError, match="nothing listens on port"):
        watch(f"rtsp://127.0.0.1:{free_port()}/live", 1)


def test_ipv6(pictures: list[Image], tmp_path: Path) -> None:
    """An address in brackets."""
    try:
        with socket.create_server(("::1", 0), family=socket.AF_INET6):
            pass
    except OSError:
        pytest.skip("this machine has no IPv6")
    with rtsp_camera.serving(pictures, tmp_path, "--address", "::1", codec="h264") as camera:
        port = camera.address.rpartition(":")[2]
        assert len(watch(f"rtsp://[::1]:{port}", 5)) == 5


def test_a_camera_that_restarts_is_lost_and_found(pictures: list[Image], tmp_path: Path) -> None:
    """Its stream ends at once, and the same address serves again."""
    port = str(free_port())
    with (
        rtsp_camera.serving(pictures, tmp_path, "--port", port, codec="h264") as camera,
        closing(open_camera(camera.address, replay=False)) as opened,
    ):
        frames = opened.frames()
        next(frames)
        camera.process.kill()
        with pytest.raises(CameraError):
            list(frames)
    with rtsp_camera.serving(pictures, tmp_path, "--port", port, codec="h264") as camera:
        assert len(watch(camera.address, 3)) == 3
