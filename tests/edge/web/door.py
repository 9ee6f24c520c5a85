"""A kiosk that watches a door with the networks it ships: a real process, before a camera that a test directs."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack, closing
from pathlib import Path

import cv2
import httpx
import numpy as np

from edge.cameras.demo import FPS, SCENE_S, demo_pictures
from edge.types import Image
from tests.kiosk_process import Kiosk
from tests.network_camera import Scene, free_port, serving

DEMO = [image for image, _ in demo_pictures()]
LENGTH = round(SCENE_S * FPS)
BARE, MASKED, CHIN = (DEMO[LENGTH * scene : LENGTH * (scene + 1)] for scene in range(3))
ROOM = [np.asarray(cv2.resize(image[:, 300:], image.shape[1::-1]), np.uint8) for image in BARE]
"""What stands behind the person, as large as the rest: a camera's pictures are all of one size."""


class WatchedDoor:
    """A kiosk, its camera, and where its pages are."""

    def __init__(self, folder: Path, password_hash: str, settings: str, room: list[Image], web: str = "") -> None:
        self.scene = Scene(fps=FPS)
        self.scene.show_pictures(room)
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.folder = folder
        self._web = f'{settings}\n[web]\nlisten = "127.0.0.1:{self.port}"\nopen_door_screen = true\n{web}'
        self._stack = ExitStack()
        self._address = self._stack.enter_context(serving(self.scene))
        (folder / "access.json").write_text(password_hash)
        self.start()

    def start(self) -> None:
        """Also again, after the process has ended."""
        self.kiosk = self._stack.enter_context(closing(Kiosk(self.folder, self._address, self._web)))
        self.kiosk.wait_until(self._answers)

    def _answers(self) -> bool:
        try:
            return bool(httpx.get(f"{self.url}/healthz").json()["state"] != "fault")
        except (httpx.TransportError, KeyError):
            return False

    def show(self, images: list[Image], state: str) -> None:
        """Somebody else is at the door; waits until the kiosk has decided so."""
        self.scene.show_pictures(images)
        self.kiosk.wait_for(state)

    def close(self) -> None:
        self._stack.close()
        assert "Traceback" not in self.kiosk.log.read_text()


Start = Callable[..., WatchedDoor]
