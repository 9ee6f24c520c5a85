"""The kiosk as a process that is denied what it needs: it shows FAULT, lives, and comes back with what it is given."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from itertools import islice
from pathlib import Path
from resource import RLIMIT_NOFILE, prlimit

import httpx
import pytest

from edge.cameras.demo import FPS, demo_pictures
from tests.kiosk_process import Kiosk
from tests.network_camera import Scene, free_port, serving

pytestmark = pytest.mark.slow

SLOW_CLIENTS = 280


@pytest.fixture
def scene() -> Scene:
    scene = Scene(fps=FPS)
    scene.show_pictures(image for image, _ in islice(demo_pictures(), 60))
    return scene


@pytest.fixture
def address(scene: Scene) -> Iterator[str]:
    """Of a camera that shows somebody without a mask."""
    with serving(scene) as served:
        yield served


def files(kiosk: Kiosk) -> int:
    """How many the process has open."""
    return len(list(Path(f"/proc/{kiosk.process.pid}/fd").iterdir()))


def hold(kiosk: Kiosk, condition: Callable[[], bool], seconds: float) -> None:
    """It is so all the time, and the process is alive."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        assert condition()
        assert kiosk.process.poll() is None, kiosk.log.read_text()
        time.sleep(0.05)


def test_slow_clients_of_the_metrics_cost_no_camera(tmp_path: Path, scene: Scene, address: str) -> None:
    """However many connect and say little: the camera comes back, and Prometheus reads on."""
    port = free_port()
    with closing(Kiosk(tmp_path, address, f'[metrics]\nlisten = "127.0.0.1:{port}"\n')) as kiosk, ExitStack() as stack:
        kiosk.wait_for("alert")
        # As many as the unit's limits leave for threads and files of a crowd.
        before = files(kiosk)
        prlimit(kiosk.process.pid, RLIMIT_NOFILE, (before + 100, before + 100))
        for _ in range(SLOW_CLIENTS):
            client = stack.enter_context(socket.create_connection(("127.0.0.1", port), timeout=10))
            client.sendall(b"GET /metr")
        assert files(kiosk) < before + 80
        scene.plugged.clear()
        kiosk.wait_for("fault")
        kiosk.wait_until(lambda: "red" in kiosk.on and "relay" not in kiosk.on)
        scene.plugged.set()
        kiosk.wait_for("alert")
        assert "maskgate_camera_up 1.0" in httpx.get(f"http://127.0.0.1:{port}/metrics").text
        assert kiosk.terminate() < 2
        assert "Traceback" not in kiosk.log.read_text()


def test_a_process_without_files_lives(tmp_path: Path, scene: Scene, address: str) -> None:
    """It can open nothing, not even its camera: that is FAULT, and ends when there are files again."""
    settings = f'[web]\nlisten = "127.0.0.1:{free_port()}"\n[metrics]\nlisten = "127.0.0.1:{free_port()}"\n'
    with closing(Kiosk(tmp_path, address, settings)) as kiosk:
        kiosk.wait_for("alert")
        pid = kiosk.process.pid
        _, most = prlimit(pid, RLIMIT_NOFILE)
        prlimit(pid, RLIMIT_NOFILE, (3, most))
        scene.plugged.clear()
        kiosk.wait_for("fault")
        scene.plugged.set()
        hold(kiosk, lambda: kiosk.states[-1]["to"] == "fault" and "relay" not in kiosk.on, 8)
        prlimit(pid, RLIMIT_NOFILE, (most, most))
        kiosk.wait_for("alert")
        assert kiosk.terminate() < 2
        assert "Traceback" not in kiosk.log.read_text()
