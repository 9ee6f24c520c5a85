"""The kiosk as a process, as systemd runs it: clips served by a network camera, real networks, mock pins."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event, Thread
from typing import Any

import cv2
import pytest

pytestmark = pytest.mark.slow

PATIENCE_S = 90.0
"""For a machine that does something else besides."""

FPS = 10


class Scene:
    """What the network camera shows: a clip over and over, or nothing because it is unplugged."""

    def __init__(self) -> None:
        self.pictures: list[bytes] = []
        self.plugged = Event()
        self.plugged.set()

    def show(self, clip: Path) -> None:
        """Another person stands at the door."""
        capture = cv2.VideoCapture(str(clip))
        pictures: list[bytes] = []
        while len(pictures) < 60:
            ok, image = capture.read()
            if not ok:
                break
            pictures.append(cv2.imencode(".jpg", image)[1].tobytes())
        capture.release()
        self.pictures = pictures


@pytest.fixture
def scene() -> Scene:
    return Scene()


@pytest.fixture
def address(scene: Scene) -> Iterator[str]:
    """A camera that serves Motion JPEG over HTTP."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if not scene.plugged.is_set():
                self.send_error(503)
                return
            self.send_response(200)
            self.send_header("Content-Type", "multipart/x-mixed-replace; boundary=frame")
            self.end_headers()
            number = 0
            while scene.plugged.is_set():
                picture = scene.pictures[number % len(scene.pictures)]
                head = f"--frame\r\nContent-Type: image/jpeg\r\nContent-Length: {len(picture)}\r\n\r\n"
                try:
                    self.wfile.write(head.encode() + picture + b"\r\n")
                except OSError:
                    return
                number += 1
                time.sleep(1 / FPS)

        def log_message(self, *_: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}/"
    scene.plugged.clear()
    server.shutdown()
    server.server_close()


class Kiosk:
    """The process, what it told, and what it told systemd."""

    def __init__(self, folder: Path, address: str, weights: Path) -> None:
        self.changes: list[dict[str, Any]] = []
        self.told_systemd: list[str] = []
        self._seen = 0
        config = folder / "maskgate.toml"
        config.write_text('[signals]\ndriver = "mock"\nrelay = 5\namber = 6\n')
        self._manager = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._manager.bind(str(folder / "notify"))
        self.log = folder / "log"
        environment = os.environ | {
            "MASKGATE_CAMERA__SOURCE": address,
            "MASKGATE_WEIGHTS": str(weights),
            "NOTIFY_SOCKET": str(folder / "notify"),
            "WATCHDOG_USEC": "2000000",
            "STATE_DIRECTORY": str(folder),
        }
        command = [sys.executable, "-m", "edge", "run", "--json", "--config", str(config)]
        with self.log.open("w") as log:
            self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True, env=environment)
        self._listeners = [Thread(target=self._listen), Thread(target=self._listen_as_systemd, daemon=True)]
        for listener in self._listeners:
            listener.start()

    def _listen(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.changes.append(json.loads(line))

    def _listen_as_systemd(self) -> None:
        while message := self._manager.recv(4096):
            self.told_systemd.append(message.decode())

    def wait_for(self, state: str) -> None:
        """Until this state was shown since the last call."""
        self.wait_until(lambda: state in self._shown[self._seen :])
        self._seen += self._shown[self._seen :].index(state) + 1

    def wait_until(self, is_so: Callable[[], bool]) -> None:
        """Look again and again, as long as the process is alive."""
        until = time.monotonic() + PATIENCE_S
        while not is_so():
            assert time.monotonic() < until, f"{self.changes}\n{self.log.read_text()}"
            assert self.process.poll() is None, self.log.read_text()
            time.sleep(0.02)

    @property
    def _shown(self) -> list[str]:
        return [change["to"] for change in self.changes if change["event"] == "state"]

    @property
    def on(self) -> set[str]:
        """Outputs that are on, as far as was told."""
        lines: dict[str, int] = {}
        for change in self.changes:
            if change["event"] == "pin":
                lines[change["pin"]] = change["value"]
        return {name for name, value in lines.items() if value}

    def terminate(self) -> float:
        """SIGTERM; seconds until the process has ended."""
        asked = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(PATIENCE_S)
        took_s = time.monotonic() - asked
        self._listeners[0].join()
        return took_s

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        assert self.process.stdout is not None
        self._listeners[0].join()
        self.process.stdout.close()
        self._manager.shutdown(socket.SHUT_RD)
        self._listeners[1].join(5)
        self._manager.close()


def test_a_day_of_the_service(shared: Path, tmp_path: Path, scene: Scene, address: str) -> None:
    """A bare face alerts, a mask lets in, an unplugged camera is FAULT and comes back, SIGTERM leaves nothing lit."""
    videos = shared / "data" / "videos"
    scene.show(videos / "unmasked_1.mp4")
    with closing(Kiosk(tmp_path, address, shared / "weights")) as kiosk:
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


def test_a_service_ends_at_once_and_leaves_nothing_lit(tmp_path: Path, shared: Path) -> None:
    """SIGTERM is obeyed within two seconds while a network camera takes the connection and says nothing."""
    with closing(socket.create_server(("127.0.0.1", 0))) as mute:
        address = f"http://127.0.0.1:{mute.getsockname()[1]}/"
        with closing(Kiosk(tmp_path, address, shared / "weights")) as kiosk:
            kiosk.wait_until(lambda: any("READY=1" in message for message in kiosk.told_systemd))
            time.sleep(0.5)
            assert kiosk.terminate() < 2
            assert kiosk.process.returncode == 0
            assert kiosk.on == set()
