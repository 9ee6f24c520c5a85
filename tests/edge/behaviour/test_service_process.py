"""The kiosk as a process, as systemd runs it: clips served by a network camera, real networks, mock pins."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.kiosk_process import Kiosk
from tests.network_camera import Scene, serving

pytestmark = pytest.mark.slow


@pytest.fixture
def scene() -> Scene:
    return Scene()


@pytest.fixture
def address(scene: Scene) -> Iterator[str]:
    """Of a camera that shows the scene."""
    with serving(scene) as served:
        yield served


def test_a_day_of_the_service(shared: Path, tmp_path: Path, scene: Scene, address: str) -> None:
    """A bare face alerts, a mask lets in, an unplugged camera is FAULT and comes back, SIGTERM leaves nothing lit."""
    videos = shared / "data" / "videos"
    scene.show(videos / "unmasked_1.mp4")
    with closing(Kiosk(tmp_path, address)) as kiosk:
        kiosk.wait_for("alert")
        kiosk.wait_until(lambda: "red" in kiosk.on)
        scene.show(videos / "masked_man_1.mp4")
        kiosk.wait_for("pass")
        scene.plugged.clear()
        kiosk.wait_for("fault")
        kiosk.wait_until(lambda: kiosk.on == {"red", "amber"})
        scene.plugged.set()
        kiosk.wait_for("pass")
        kiosk.wait_until(lambda: kiosk.on == {"green", "relay"})
        assert kiosk.terminate() < 2
        assert kiosk.process.returncode == 0
        assert kiosk.on == set()
        told = "\n".join(kiosk.told_systemd)
        assert told.startswith("READY=1")
        assert "WATCHDOG=1" in told
        assert "fault=camera" in told
        assert told.rstrip().endswith("STOPPING=1")
        assert "Traceback" not in kiosk.log.read_text()


def test_a_service_ends_at_once_and_leaves_nothing_lit(tmp_path: Path) -> None:
    """SIGTERM is obeyed within two seconds while a network camera takes the connection and says nothing."""
    with closing(socket.create_server(("127.0.0.1", 0))) as mute:
        address = f"http://127.0.0.1:{mute.getsockname()[1]}/"
        with closing(Kiosk(tmp_path, address)) as kiosk:
            kiosk.wait_until(lambda: any("READY=1" in message for message in kiosk.told_systemd))
            time.sleep(0.5)
            assert kiosk.terminate() < 2
            assert kiosk.process.returncode == 0
            assert kiosk.on == set()
