"""A kernel of its own: simulated GPIO lines and cameras under the kiosk, where a Raspberry Pi has real ones."""

from __future__ import annotations

import json
import platform
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from edge.config.schema import load_config
from edge.door.contract import FOUND_S
from edge.host.gpio_chips import HEADER_LABELS
from edge.signals.trial import BLINK_S, LONGEST_S
from tests.machines.host import needs
from tests.machines.vm.board import GUEST, Board
from tests.machines.vm.cameras import LOOPBACK, VIVID, plug_in_loopback, plug_in_vivid, show_scene, write_scenes
from tests.machines.vm.disk import COMPILE, PATHS, made_disk
from tests.machines.vm.door import DARK, Door, Doorway
from tests.machines.vm.service import CONFIG, Service
from tests.machines.vm.vm import PATIENCE_S, VirtualMachine

pytestmark = [
    pytest.mark.slow,
    pytest.mark.machine,
    needs("debootstrap", "mkfs.ext4", "qemu-system-x86_64", "unshare"),
    pytest.mark.skipif(platform.machine() != "x86_64", reason="NOT TESTED: it makes an x86 machine"),
]

BEEP_S = 0.5
"""How long the buzzer sounds and rests, in turn."""

PICTURE_S = 0.25
"""From one picture that is looked at to the next: the pattern of the buzzer goes by pictures."""

PRESS_S, HOLD_S = 0.3, 2.5
"""A press of the button is longer than its contact may bounce and far from a hold, which takes two seconds."""

BARS = [
    *([191, 191, 191], [0, 191, 191], [191, 191, 0], [0, 191, 0]),
    *([191, 0, 191], [0, 0, 191], [191, 0, 0], [0, 0, 0]),
]
"""What vimc shows (BGR): white, yellow, cyan, green, magenta, red, blue and black, at three quarters of full light."""

SETTINGS = """\
[people]
window_s = 2.0
min_votes = 3
memory_s = 1.5

[signals]
driver = "gpio"
amber = 6
relay = 5
button = 13
active_low = ["buzzer"]
"""

PULSE_S, EXIT_S = 2.0, 3.0
BLINKS = round(LONGEST_S / BLINK_S / 2)
"""Of an output that is tried."""

DOORWAY = f"""\
{SETTINGS}
[relay]
mode = "pulse"
pulse_s = {PULSE_S}
exit_s = {EXIT_S}

[inputs]
contact = 16
exit_button = 19
lockdown = 20
fire = 21
# The lines' own resistors pull them up: at rest, then.
active_low = ["contact", "exit_button", "lockdown", "fire"]
grace_s = 1.0
held_open_s = 4.0
"""


@pytest.fixture(scope="module")
def media(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What is plugged into the machine: the settings, and pictures for its camera."""
    folder = tmp_path_factory.mktemp("media")
    write_scenes(folder)
    (folder / "maskgate.toml").write_text(SETTINGS, encoding="utf-8")
    (folder / "doorway.toml").write_text(DOORWAY, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def machine(media: Path) -> Iterator[VirtualMachine]:
    with VirtualMachine(made_disk(), media) as switched_on:
        # Once for all, as the service has no right to keep what it compiles.
        switched_on.read(*COMPILE, "/repository/edge")
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


@pytest.fixture
def service(machine: VirtualMachine) -> Iterator[Service]:
    """The installed service, not yet started."""
    made = Service(machine)
    yield made
    # For the report of a test that failed.
    print("\n".join(line.text for line in made.log()))
    machine.read("systemctl", "stop", "maskgate")


@pytest.fixture
def somebody(machine: VirtualMachine) -> Iterator[None]:
    """Somebody masked before a camera, in a machine whose clock knows nothing of the host's."""
    machine.keep_busy()
    plug_in_loopback(machine, "masked")
    yield
    machine.read("systemctl", "stop", "busy")
    machine.read("systemctl", "stop", "feeder")
    machine.read("modprobe", "--remove", "v4l2loopback")


@pytest.mark.parametrize("label", [*HEADER_LABELS, "another board"])
def test_only_the_header_is_driven(machine: VirtualMachine, media: Path, label: str) -> None:
    """By its label, whatever its number; any other chip only if the configuration names it."""
    board = Board(machine, load_config(media / "maskgate.toml", {}).signals.pins, label)
    assert board.chip == "gpiochip11"
    board.forget()
    named: tuple[str, ...] = ()
    pins_off = ("maskgate", "pins-off", "--config", CONFIG)
    if label not in HEADER_LABELS:
        refused = machine.run(*pins_off)
        assert refused.returncode == 78
        assert "no GPIO chip is called pinctrl-rp1" in refused.stderr
        assert "gpiochip0 (gpio-brcmstb@0)" in refused.stderr
        assert board.driven() == 0
        named = (f"MASKGATE_SIGNALS__CHIP={label}",)
    machine.read("env", *named, *pins_off)
    driven = {role: [each.level for each in board.traced(role)] for role in ("green", "relay")}
    assert all(levels and set(levels) == {0} for levels in driven.values()), driven
    told = json.loads(machine.run("env", *named, "maskgate", "doctor", "--json", "--config", CONFIG).stdout)
    gpio = next(finding for finding in told["findings"] if finding["name"] == "gpio")
    assert gpio["text"].endswith(f"gpiochip11 ({label})"), gpio


def test_lamps_buzzer_and_relay_follow_the_door(board: Board, door: Door) -> None:
    """Each state lights its lamps; an active-low buzzer sounds by going low; the relay is energised on PASS alone."""
    assert board.levels() == DARK
    door.show("CHECKING", amber=1)
    door.show("PASS", green=1, relay=1)
    door.show("ALERT", red=1, buzzer=0)
    door.show("FAULT", red=1, amber=1)
    door.show("IDLE")


def test_nothing_is_on_before_it_should_be(machine: VirtualMachine, board: Board) -> None:
    """By the kernel's trace: from its first instant a line is driven as it should be; a crash switches it off."""
    board.forget()
    with closing(Door(machine, board, "door-traced")) as door:
        door.show("PASS", green=1, relay=1)
        door.show("ALERT", red=1, buzzer=0)
        door.tell("CRASH")
        machine.wait_for(lambda: machine.show("door-traced", "ActiveState") == "failed")
    board.wait_for(DARK)
    traced = {role: [driven.level for driven in board.traced(role)] for role in ("green", "relay", "red", "buzzer")}
    assert traced == {"green": [0, 1, 0, 0], "relay": [0, 1, 0, 0], "red": [0, 1, 0], "buzzer": [1, 0, 1]}
    assert "crashed on purpose" in machine.log("door-traced")


def test_a_hung_loop_lets_nobody_in(machine: VirtualMachine, board: Board) -> None:
    """A second after it was last shown anything the door closes by itself, although its process lives on."""
    board.forget()
    with closing(Door(machine, board, "door-hung", "1")) as door:
        door.tell("PASS")
        machine.wait_for(lambda: len(board.traced("relay")) == 3)
        board.wait_for(DARK)
        _, opened, closed = board.traced("relay")
        assert (opened.level, closed.level) == (1, 0)
        assert 1.0 <= closed.at - opened.at < 2.0
        assert machine.show("door-hung", "ActiveState") == "active"


def test_a_press_of_the_button_is_noticed(machine: VirtualMachine, board: Board, door: Door) -> None:
    """The line has its own pull-up; contact to ground is a press, and after two seconds a hold."""
    assert board.pulled("button") == "pull-up"
    board.press("button", PRESS_S)
    machine.wait_for(lambda: machine.run("cat", "/run/presses").stdout == "pressed\n")
    board.press("button", HOLD_S)
    machine.wait_for(lambda: machine.run("cat", "/run/presses").stdout == "held\n")
    assert board.levels() == DARK


def test_a_line_in_use_is_one_clear_error(machine: VirtualMachine, door: Door) -> None:
    """Whoever comes second is told which line is taken, and what for; the first goes on."""
    second = machine.run("maskgate", "pins-off", "--config", CONFIG)
    assert second.returncode == 78
    assert second.stderr == "maskgate: GPIO 17 (green): cannot be opened ('GPIO busy'); choose a free BCM pin\n"
    door.show("PASS", green=1, relay=1)


def test_each_line_is_tried_without_a_service(machine: VirtualMachine, board: Board) -> None:
    """`maskgate pins test`: lamps blink, the buzzer beeps, the relay clicks once, a press is seen; then all is dark."""
    board.forget()
    tested = ("maskgate", "pins", "test", "green", "red", "buzzer", "relay", "--yes", "--config", CONFIG)
    told = machine.read("env", "LG_WD=/run", *tested, "--state", "/run")
    assert "green (GPIO 17): the green lamp blinks for two seconds" in told
    blinks = {role: [driven.level for driven in board.traced(role)] for role in ("green", "red", "buzzer", "relay")}
    # The buzzer's line is on while it is low.
    counted = {role: levels.count(int(role != "buzzer")) for role, levels in blinks.items()}
    assert counted == {"green": BLINKS, "red": BLINKS, "buzzer": BLINKS, "relay": 1}
    assert board.levels() == DARK
    pressing = ("maskgate", "pins", "test", "button", "--config", CONFIG, "--state", "/run")
    machine.start("pins-test", "env", "LG_WD=/run", *pressing)
    machine.wait_for(lambda: "press the button" in machine.log("pins-test"))
    board.press("button", PRESS_S)
    machine.wait_for(lambda: "  pressed" in machine.log("pins-test"))


@pytest.mark.usefixtures("somebody")
def test_a_killed_process_lets_nobody_in(machine: VirtualMachine, board: Board, door: Door) -> None:
    """After SIGKILL the lines go back to their resistors: the relay is released, and the lamps are dark."""
    door.show("PASS", green=1, relay=1)
    assert machine.kill(door.unit) == "signal"
    board.wait_for(DARK)
    machine.read("maskgate", "pins-off", "--config", CONFIG)
    assert board.levels() == DARK


def test_the_door_s_own_contacts(machine: VirtualMachine, board: Board, media: Path) -> None:
    """Entry by one pulse, forced, held open, exit button, lock-down, fire, and a power cut in the fire."""
    board = board.also(load_config(media / "doorway.toml", {}).inputs.pins)
    doorway = Doorway(machine, "/media/doorway.toml")
    with closing(doorway):
        doorway.start()
        board.forget()
        # Whoever is found so soon after a start may have been let in before.
        entry = ("PASS", 0.5, ("contact", "down"), 0.5, ("contact", "up"), PULSE_S + 2.0, "IDLE", 1.0)
        doorway.script(board, FOUND_S + 1.0, *entry)
        opened, closed = board.traced("relay")
        assert (opened.level, closed.level) == (1, 0)
        assert PULSE_S - 0.2 < closed.at - opened.at <= PULSE_S
        told = ["door_entry", "door_closed"]
        doorway.wait_for(*told)

        doorway.script(board, ("contact", "down"), 5.0, ("contact", "up"), 0.5)
        told += ["door_forced opened while it was locked", "door_held_open for 4 s", "door_closed"]
        doorway.wait_for(*told)
        assert len(board.traced("buzzer")) > 10

        board.forget()
        doorway.script(board, "ALERT", 0.5, ("exit_button", "down"), 0.3, ("exit_button", "up"), EXIT_S + 1.0, "IDLE")
        opened, closed = board.traced("relay")
        assert closed.at - opened.at == pytest.approx(EXIT_S, abs=0.2)
        told += ["exit_button the door is unlocked"]
        doorway.wait_for(*told)

        board.forget()
        doorway.script(board, ("lockdown", "down"), 0.5, "2", "PASS", 1.0)
        told += ["lockdown begins"]
        doorway.wait_for(*told)
        assert board.traced("relay") == []
        doorway.script(board, ("fire", "down"), 1.0, ("fire", "up"), 0.5)
        told += ["fire begins"]
        doorway.wait_for(*told)
        assert board.levels()["relay"] == 1

        doorway.cut_power()
        assert board.levels()["relay"] == 0
        doorway.start()
        machine.wait_for(lambda: board.levels()["relay"] == 1)
        # A contact that has not been read yet resets no fire.
        doorway.script(board, 1.0, "RESET", 0.5)
        assert board.levels()["relay"] == 0
    for role in ("contact", "exit_button", "lockdown", "fire"):
        board.pull(role, "down")


def test_a_usb_camera_that_is_pulled_out_comes_back(machine: VirtualMachine, board: Board, service: Service) -> None:
    """Pictures arrive; without the camera the service shows FAULT, and once it is back looks at pictures again."""
    service.watch(plug_in_vivid(machine))
    service.start()
    machine.wait_for(lambda: service.frames > 0)
    process = service.pid
    assert board.levels() == DARK
    machine.read("sh", "-c", f"echo vivid.0 >{VIVID}/unbind")
    board.wait_for(DARK | {"red": 1, "amber": 1})
    service.wait_for_line("fault=begins component=camera", patience_s=PATIENCE_S)
    machine.read("sh", "-c", f"echo vivid.0 >{VIVID}/bind")
    board.wait_for(DARK)
    service.wait_for_line("fault=ends component=camera", patience_s=PATIENCE_S)
    assert service.pid == process


def test_a_usb_camera_gives_the_size_asked_for(machine: VirtualMachine) -> None:
    """Its own size, a larger and a smaller one, through Video4Linux."""
    source, sizes = f"usb:{plug_in_vivid(machine)}", ("own", "1280x720", "320x180")
    told = machine.read("env", *PATHS, "python3", f"{GUEST}/look.py", source, *sizes)
    assert told.splitlines() == [
        '{"own": [[480, 640, 3]]}',
        '{"1280x720": [[720, 1280, 3]]}',
        '{"320x180": [[180, 320, 3]]}',
    ]


@pytest.mark.usefixtures("somebody")
def test_the_service_from_camera_to_lamp(machine: VirtualMachine, board: Board, service: Service) -> None:
    """A masked face opens the door, a bare one closes it; red light and sound, which a press of the button silences."""
    board.forget()
    service.watch(LOOPBACK)
    service.start()
    board.wait_for(DARK | {"green": 1, "relay": 1})
    show_scene(machine, "bare")
    board.wait_for(DARK | {"red": 1, "buzzer": 0})
    machine.wait_for(lambda: len(board.traced("buzzer")) >= 6)
    opened, *beeps = board.traced("buzzer")[:6]
    assert (opened.level, [driven.level for driven in beeps]) == (1, [0, 1, 0, 1, 0])
    since = [driven.at - beeps[0].at for driven in beeps]
    assert since == pytest.approx([BEEP_S * number for number in range(5)], abs=2 * PICTURE_S)
    board.press("button", PRESS_S)
    machine.wait_for(lambda: is_silent(machine, board))
    assert board.levels() == DARK | {"red": 1}
    machine.read("systemctl", "stop", "maskgate")
    assert [event["detail"] for event in service.events("audit")] == ["button: alert acknowledged"]


def is_silent(machine: VirtualMachine, board: Board) -> bool:
    """Whether the buzzer's line is left alone for as long as two beeps take."""
    board.forget()
    machine.read("sleep", str(4 * BEEP_S))
    return board.traced("buzzer") == []


@pytest.mark.usefixtures("somebody")
def test_the_service_is_killed_while_the_door_is_open(machine: VirtualMachine, board: Board, service: Service) -> None:
    """Nobody gets in until another process has seen the mask; `systemctl stop` leaves everything off."""
    service.watch(LOOPBACK)
    service.start()
    board.wait_for(DARK | {"green": 1, "relay": 1})
    killed = service.pid
    service.kill()
    board.wait_for(DARK)
    board.wait_for(DARK | {"green": 1, "relay": 1})
    assert service.pid != killed
    board.forget()
    machine.read("systemctl", "stop", "maskgate")
    assert board.levels() == DARK
    # It was driven, not only let go.
    assert next(driven.level for driven in board.traced("relay")) == 0
    assert service.show("Result") == "success"


@pytest.mark.usefixtures("somebody")
def test_the_service_is_ended_when_it_takes_too_much_memory(
    machine: VirtualMachine, board: Board, service: Service
) -> None:
    """The unit's limits are the kernel's own; at the limit the process is ended, and the open door closes."""
    service.watch(LOOPBACK)
    service.start()
    board.wait_for(DARK | {"green": 1, "relay": 1})
    total = int(machine.read("sh", "-c", "awk '/^MemTotal/ { print $2 * 1024 }' /proc/meminfo"))
    for name, share in (("high", 0.70), ("max", 0.85)):
        assert int(service.memory(name)) == pytest.approx(share * total, rel=0.01)
    service.limit_memory("16M")
    board.wait_for(DARK)
    service.wait_for_line("Failed with result 'oom-kill'", patience_s=PATIENCE_S)
    service.limit_memory("85%")
    machine.read("systemctl", "stop", "maskgate")


def test_the_camera_module_s_stack(machine: VirtualMachine) -> None:
    """Through picamera2 and libcamera: both sizes in true colours, more than once; what cannot be had is told."""
    machine.read("modprobe", "vimc")
    done = machine.run("env", *PATHS, "python3", f"{GUEST}/pi_camera.py")
    assert done.returncode == 0, done.stderr
    modes, number, held, first, second = map(json.loads, done.stdout.splitlines())
    assert "it has no sensor modes" in modes["why"]
    assert "No camera number 7 found" in number["why"]
    assert "camera cannot be opened" in held["why"]
    assert (first["shape"], first["small"]) == ([1080, 1920, 3], [360, 640, 3])
    assert (second["shape"], second["small"]) == ([360, 640, 3], None)
    assert first["bars"] == second["bars"] == BARS
    assert np.abs(np.subtract(first["small_bars"], BARS)).max() <= 2
    assert "ignored=AfMode,LensPosition,ExposureTime cause='this camera module has no such control'" in done.stderr
