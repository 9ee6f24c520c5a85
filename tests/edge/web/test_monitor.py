"""The door screen on a monitor: the command of maskgate-door.service, run in cage on a screen that is not there."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import cv2
import pytest

from edge.types import Image
from tests.edge.web.door import BARE, MASKED, ROOM, Start, WatchedDoor
from tests.ownership import open_folder
from tests.release import serving

UNIT = Path(__file__).resolve().parents[3] / "systemd/maskgate-door.service"
NEEDED = ("cage", "chromium", "grim", "Xwayland")
NOBODY = 65534
"""cage refuses to run as root, as does Chromium with its sandbox."""

GROUNDS = {"idle": 0x101820, "alert": 0x8C1D00, "pass": 0x00553F, "fault": 0x000000}
"""Colours of door.css."""

PATIENCE_S = 30.0
START_S = 180.0
"""For a browser on a machine that does much besides."""

LOCKED = ["/usr/bin/python3", str(Path(__file__).with_name("locked.py")), str(UNIT)]

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        not all(map(shutil.which, NEEDED)) or os.geteuid() != 0,
        reason=f"NOT TESTED: needs root and {', '.join(NEEDED)} (apt install cage chromium grim xwayland)",
    ),
]


class Monitor:
    """cage with Chromium, as the unit starts them, but for the screen.

    Args:
        folder: readable for everybody.
        address: of the door screen.
        locked: whether under the unit's locks, see `locked.py`.
    """

    def __init__(self, folder: Path, address: str, *, locked: bool = False) -> None:
        self._runtime = folder / "runtime"
        self._runtime.mkdir(mode=0o700)
        os.chown(self._runtime, NOBODY, NOBODY)
        self._log = folder / "cage.log"
        self._picture = folder / "screen.png"
        self._environment = os.environ | {
            "XDG_RUNTIME_DIR": str(self._runtime),
            "HOME": str(self._runtime),
            "MASKGATE_DOOR": address,
            "WLR_BACKENDS": "headless",
            "WLR_RENDERER": "pixman",
            "WAYLAND_DISPLAY": "wayland-0",
        }
        locks = LOCKED if locked else []
        with self._log.open("w") as log:
            self._cage = subprocess.Popen(
                [*locks, *self._command(address)], env=self._environment, stdout=log, stderr=log,
                user=NOBODY, group=NOBODY, extra_groups=[], start_new_session=True,
            )  # fmt: skip

    def _command(self, address: str) -> list[str]:
        [command] = re.findall(r"^ExecStart=(.*)", UNIT.read_text(encoding="utf-8").replace("\\\n", " "), re.MULTILINE)
        command = command.replace("%t/maskgate-door", str(self._runtime)).replace("${MASKGATE_DOOR}", address)
        # Upside down nothing is scanned out directly, which a screen that is not there cannot do.
        return shlex.split(command.replace("cage -d", "cage -d -r -r"))

    def look(self) -> Image | None:
        """What the screen shows now; None before it shows anything."""
        assert self._cage.poll() is None, self._log.read_text()
        done = subprocess.run(["grim", self._picture], env=self._environment, capture_output=True, check=False)
        return cv2.imread(str(self._picture)) if done.returncode == 0 else None  # type: ignore[return-value]

    def wait_for(self, state: str, patience_s: float = PATIENCE_S) -> Image:
        """Until the whole screen, from corner to corner, has the colour of a state."""
        wanted = [GROUNDS[state] & 255, GROUNDS[state] >> 8 & 255, GROUNDS[state] >> 16]
        until = time.monotonic() + patience_s
        while True:
            screen = self.look()
            if screen is not None and all((screen[y, x] == wanted).all() for y in (2, -3) for x in (2, -3)):
                return screen
            assert time.monotonic() < until, (
                f"{state}: {None if screen is None else screen[2, 2]}\n{self._log.read_text()}"
            )
            time.sleep(0.1)

    def close(self) -> None:
        os.killpg(self._cage.pid, signal.SIGKILL)
        self._cage.wait()


@pytest.fixture
def door(start: Start) -> WatchedDoor:
    """An empty room."""
    return start()


@pytest.fixture
def monitor(door: WatchedDoor, tmp_path: Path) -> Iterator[Monitor]:
    """Before that door."""
    for folder in (tmp_path, *tmp_path.parents[:2]):
        folder.chmod(0o755)
    opened = Monitor(tmp_path, f"{door.url}/door")
    yield opened
    opened.close()


def test_the_monitor_shows_the_door(door: WatchedDoor, monitor: Monitor) -> None:
    """Every state fills it, with a white sign on it; the kiosk may be killed and come back, the browser stays."""
    monitor.wait_for("idle")
    for images, state in ((BARE, "alert"), (MASKED, "pass"), (ROOM, "idle"), (MASKED, "pass")):
        door.show(images, state)
        screen = monitor.wait_for(state)
        assert 0.01 < (screen.min(axis=2) > 200).mean() < 0.5
    door.kiosk.process.kill()
    door.kiosk.process.wait()
    monitor.wait_for("fault")
    door.start()
    door.kiosk.wait_for("pass")
    screen = monitor.wait_for("pass")
    assert screen.shape[:2] == (720, 1280)


PAGE = """<!doctype html><style>div {{ width: 200px; height: 200px; background: #fff }}</style><div></div>
<script>document.documentElement.style.background = "#{colour:06x}"</script>"""


def test_the_unit_s_locks_let_the_page_through(tmp_path: Path) -> None:
    """Chromium, its own sandbox on, starts and runs a script under the unit's filter of system calls and namespaces."""
    (tmp_path / "door.html").write_text(PAGE.format(colour=GROUNDS["pass"]), encoding="utf-8")
    with open_folder() as place, serving(tmp_path) as address:
        monitor = Monitor(place, f"{address}/door.html", locked=True)
        try:
            screen = monitor.wait_for("pass", START_S)
            assert 0.01 < (screen.min(axis=2) > 200).mean() < 0.5
        finally:
            monitor.close()
