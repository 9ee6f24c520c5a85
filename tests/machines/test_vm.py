"""A kernel of its own: simulated GPIO lines and cameras under the kiosk, where a Raspberry Pi has real ones."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from edge.config import load_config
from tests.machines.host import needs
from tests.machines.vm import VirtualMachine
from tests.machines.vm_board import GUEST, Board
from tests.machines.vm_cameras import (
    LOOPBACK,
    VIVID,
    WatchingKiosk,
    plug_in_loopback,
    plug_in_vivid,
    show_scene,
    write_scenes,
)
from tests.machines.vm_disk import made_disk

pytestmark = [pytest.mark.slow, pytest.mark.machine, needs("debootstrap", "mkfs.ext4", "qemu-system-x86_64", "unshare")]

CONFIG = "/media/maskgate.toml"

SETTINGS = """\
[signals]
driver = "gpio"
amber = 6
relay = 5
button = 13
active_low = ["buzzer"]
"""

SLOWLY = (
    *("MASKGATE_PEOPLE__WINDOW_S=60", "MASKGATE_PEOPLE__MEMORY_S=20", "MASKGATE_DETECTOR__STILL_S=0"),
    "MASKGATE_SIGNALS__SOUND=beep",
)
"""An emulated processor looks at few pictures a second: votes must count for longer than on a Pi."""

DARK = {"green": 0, "amber": 0, "red": 0, "buzzer": 1, "relay": 0, "button": 1}
"""Everything off: the buzzer's line is high, and the button's is held high by its pull-up."""


@pytest.fixture(scope="module")
def media(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What is plugged into the machine: the settings, and pictures for its camera."""
    folder = tmp_path_factory.mktemp("media")
    write_scenes(folder)
    (folder / "maskgate.toml").write_text(SETTINGS, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def machine(media: Path) -> Iterator[VirtualMachine]:
    with VirtualMachine(made_disk(), media) as switched_on:
        yield switched_on


@pytest.fixture(scope="module")
def board(machine: VirtualMachine, media: Path) -> Board:
    """The header, with the resistor that keeps an active-low buzzer silent while nobody drives it."""
    made = Board(machine, load_config(media / "maskgate.toml", {}).signals.pins)
    made.pull("buzzer", "up")
    return made


@pytest.fixture
def door(machine: VirtualMachine, board: Board, request: pytest.FixtureRequest) -> Iterator[Door]:
    """The lines in the kiosk's hands."""
    opened = Door(machine, board, f"door-{request.node.name}")
    yield opened
    opened.close()


class Door:
    """A process that holds the lines and shows the states it is told."""

    def __init__(self, machine: VirtualMachine, board: Board, unit: str) -> None:
        self._machine, self._board, self.unit = machine, board, unit
        machine.read("sh", "-c", "rm -f /run/presses; test -p /run/door || mkfifo /run/door")
        environment = "PYTHONPATH=/opt/site:/repository PYTHONPYCACHEPREFIX=/var/cache/python LG_WD=/run"
        machine.start(unit, "env", *environment.split(), "python3", f"{GUEST}/door.py", CONFIG)
        machine.wait_for(lambda: "open" in machine.log(unit).splitlines())

    def show(self, state: str, **lit: int) -> None:
        """Show a state; the lines then are dark, but for some."""
        self._machine.read("sh", "-c", f"echo {state} >/run/door")
        self._machine.wait_for(lambda: self._board.levels() == DARK | lit)

    def close(self) -> None:
        if self._machine.show(self.unit, "ActiveState") == "active":
            self._machine.stop(self.unit, "KILL")


def test_lamps_buzzer_and_relay_follow_the_door(board: Board, door: Door) -> None:
    """Each state lights its lamps; an active-low buzzer sounds by going low; the relay is energised on PASS alone."""
    assert board.levels() == DARK
    door.show("CHECKING", amber=1)
    door.show("PASS", green=1, relay=1)
    door.show("ALERT", red=1, buzzer=0)
    door.show("FAULT", red=1, amber=1)
    door.show("IDLE")


def test_a_press_of_the_button_is_noticed(machine: VirtualMachine, board: Board, door: Door) -> None:
    """The line has its own pull-up; contact to ground is a press, and after two seconds a hold."""
    assert board.pulled("button") == "pull-up"
    board.pull("button", "down")
    machine.wait_for(lambda: machine.run("cat", "/run/presses").stdout == "held\n")
    board.pull("button", "up")
    machine.wait_for(lambda: board.levels() == DARK)
    machine.read("rm", "/run/presses")
    board.pull("button", "down")
    machine.wait_for(lambda: machine.run("cat", "/run/presses").stdout == "pressed\n")
    board.pull("button", "up")


def test_a_line_in_use_is_one_clear_error(machine: VirtualMachine, door: Door) -> None:
    """Whoever comes second is told which line is taken, and what for; the first goes on."""
    second = machine.run("maskgate", "pins-off", "--config", CONFIG)
    assert second.returncode == 78
    assert second.stderr == "maskgate: GPIO 17 (green): cannot be opened ('GPIO busy'); choose a free BCM pin\n"
    door.show("PASS", green=1, relay=1)


def test_a_killed_process_lets_nobody_in(machine: VirtualMachine, board: Board, door: Door) -> None:
    """After SIGKILL the lines go back to their resistors: the relay is released, and the lamps are dark."""
    door.show("PASS", green=1, relay=1)
    assert machine.stop(door.unit, "KILL") == "signal"
    machine.wait_for(lambda: board.levels() == DARK)
    machine.read("maskgate", "pins-off", "--config", CONFIG)
    assert board.levels() == DARK


def test_a_usb_camera_that_is_pulled_out_comes_back(machine: VirtualMachine, board: Board) -> None:
    """Pictures arrive; without the camera the kiosk shows FAULT, and once it is back looks at pictures again."""
    kiosk = WatchingKiosk(machine, "vivid", plug_in_vivid(machine), CONFIG)
    machine.wait_for(lambda: kiosk.frames > 0)
    assert board.levels() == DARK
    machine.read("sh", "-c", f"echo vivid.0 >{VIVID}/unbind")
    machine.wait_for(lambda: board.levels() == DARK | {"red": 1, "amber": 1})
    assert kiosk.states()[-1] == "fault"
    seen = kiosk.frames
    machine.read("sh", "-c", f"echo vivid.0 >{VIVID}/bind")
    machine.wait_for(lambda: board.levels() == DARK)
    machine.wait_for(lambda: kiosk.frames > seen)
    assert kiosk.states()[-1] == "idle"
    assert kiosk.stop() == "success"
    machine.read("modprobe", "--remove", "vivid")


def test_from_camera_to_lamp(machine: VirtualMachine, board: Board) -> None:
    """A masked face opens the door; a bare one closes it and lights red; the next masked one opens it again."""
    plug_in_loopback(machine, "masked")
    kiosk = WatchingKiosk(machine, "chain", LOOPBACK, CONFIG, *SLOWLY)
    machine.wait_for(lambda: board.levels() == DARK | {"green": 1, "relay": 1})
    show_scene(machine, "bare")
    machine.wait_for(lambda: (now := board.levels())["red"] == 1 and now["relay"] == now["green"] == 0)
    assert kiosk.states()[-1] == "alert"
    machine.wait_for(lambda: board.levels() == DARK | {"red": 1})
    show_scene(machine, "masked")
    machine.wait_for(lambda: board.levels() == DARK | {"green": 1, "relay": 1})
    assert kiosk.stop() == "success"
    assert board.levels() == DARK


def test_the_camera_module_s_stack(machine: VirtualMachine) -> None:
    """picamera2 and libcamera hand the kernel's virtual camera to the kiosk, twice; its script tells what it lacks."""
    machine.read("modprobe", "vimc")
    environment = "PYTHONPATH=/opt/site:/repository PYTHONPYCACHEPREFIX=/var/cache/python"
    told = machine.read("env", *environment.split(), "python3", f"{GUEST}/pi_camera.py")
    found = json.loads(told.splitlines()[-1])
    assert "vimc" in found["camera"]
    assert found["shapes"] == [[480, 640, 3]]
    assert found["types"] == ["uint8"]
    assert found["colours"] > 1
