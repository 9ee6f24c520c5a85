"""The kiosk as a process, as systemd runs it: clips served by a network camera, real networks, mock pins."""

from __future__ import annotations

import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from edge.host.interpreter import own_command, own_environment
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


@pytest.mark.parametrize(
    "address",
    [
        "http://127.0.0.1:9/flv?port=1935&stream=main&user=admin&password=S3cretPW",
        "rtsp://admin:S3cretPW@127.0.0.1:9/1",
        "rtsps://admin:S3cretPW@127.0.0.1:9/1",
        "rtmp://127.0.0.1:9/user=admin&password=S3cretPW/live",
        "rtps://admin:S3cretPW@127.0.0.1:9/1",
        "rtsp://admin:S3cretPW/x@127.0.0.1:9/1",
    ],
)
def test_a_password_stays_in_the_configuration(address: str, tmp_path: Path) -> None:
    """By service, doctor and check-config: neither log nor events nor answers hold it, and only one file does."""
    config = tmp_path / "maskgate.toml"
    config.write_text(f'camera.source = "{address}"\nsignals.driver = "mock"\n')
    state = tmp_path / "state"
    state.mkdir()
    environment = own_environment(STATE_DIRECTORY=str(state))
    told = ""
    for words in (["check-config"], ["run", "--config"], ["doctor", "--json", "--config"]):
        command = own_command("edge", "-v", *words, str(config))
        process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=environment, text=True
        )
        try:
            told += process.communicate(timeout=8 if words[0] == "run" else 60)[0]
        except subprocess.TimeoutExpired:
            process.terminate()
            told += process.communicate()[0]
    assert "127.0.0.1:9" in told or "..." in told
    assert "S3cretPW" not in told
    holding = {path.name for path in state.rglob("*") if b"S3cretPW" in path.read_bytes()}
    assert holding <= {"accepted-config.json"}
