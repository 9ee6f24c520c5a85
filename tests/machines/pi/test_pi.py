"""The package on an emulated Raspberry Pi 3: from the card to the levels in the registers of its GPIO lines."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path

import pytest

from edge.config.schema import load_config
from release.debian import package
from release.wheels import Lock, Wheel, fetch
from tests.machines.host import needs
from tests.machines.pi.board import Line, Pi
from tests.machines.pi.card import Flashed, flashed
from tests.machines.release import ROOT, build_wheel, copy_sources
from tests.machines.vm.door import Door

pytestmark = [
    pytest.mark.slow,
    pytest.mark.machine,
    needs(
        *(
            "aarch64-linux-gnu-gcc",
            "cpio",
            "debootstrap",
            "depmod",
            "dpkg-deb",
            "fdtput",
            "mkfs.ext4",
            "qemu-aarch64-static",
        ),
        *("qemu-system-aarch64", "swig", "unshare"),
    ),
]

MADE_AT = 1_700_000_000
PYTHON = "/opt/maskgate/current/bin/python"
CONFIG, LOW = "/etc/maskgate/maskgate.toml", "/etc/maskgate/low.toml"

SETTINGS = """\
[camera]
source = "usb:0"
width = 320
height = 180

[signals]
driver = "gpio"
amber = 6
relay = 5
active_low = ["buzzer"]
"""
"""vivid is the camera; the processor is too slow for larger pictures, being emulated."""

LIT: Mapping[str, tuple[str, ...]] = {
    "IDLE": (),
    "CHECKING": ("amber",),
    "PASS": ("green", "relay"),
    "ALERT": ("red", "buzzer"),
    "FAULT": ("red", "amber"),
}


@pytest.fixture(scope="session")
def card(tmp_path_factory: pytest.TempPathFactory) -> Flashed:
    """The package made of this checkout, or named by MASKGATE_PACKAGE, laid out on a card."""
    if made := os.environ.get("MASKGATE_PACKAGE"):
        return flashed(Path(made), SETTINGS)
    folder = tmp_path_factory.mktemp("package")
    sources = copy_sources(folder / "sources")
    wheel = build_wheel(sources, folder, made_at=MADE_AT)
    lock = Lock(ROOT / "systemd/locks/cp313-aarch64.txt")
    wheels = fetch(lock, ROOT / "build/wheels/cp313-aarch64")
    return flashed(package(ROOT, Wheel.read(wheel), wheels, lock, folder, made_at=MADE_AT), SETTINGS)


@pytest.fixture(scope="module")
def pins(tmp_path_factory: pytest.TempPathFactory) -> dict[str, int]:
    path = tmp_path_factory.mktemp("settings") / "maskgate.toml"
    path.write_text(SETTINGS, encoding="utf-8")
    return {role: gpio for role, gpio in load_config(path, {}).signals.pins.items() if role != "button"}


@pytest.fixture(scope="module")
def pi(card: Flashed, pins: dict[str, int], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pi]:
    """The board, switched on with the card, without the service."""
    with Pi(card.copy(tmp_path_factory.mktemp("card")), pins, "systemd.unit=basic.target") as board:
        low = SETTINGS.replace('["buzzer"]', '["buzzer", "relay"]')
        board.read("sh", "-c", f"cat >{LOW} <<'END'\n{low}\nEND\nmkdir -p /run/lg")
        yield board


class Table:
    """What was expected of each line in each state, and what the registers said."""

    def __init__(self, pi: Pi, active_low: tuple[str, ...]) -> None:
        self._pi, self._active_low = pi, active_low

    def driven(self, state: str, lit: tuple[str, ...], *, roles: tuple[str, ...]) -> None:
        """Every line is driven: on for those that are lit."""
        wanted = {role: f"out {int((role in lit) != (role in self._active_low))}" for role in roles}
        self._row(state, wanted, self._pi.wait_for_lines(wanted))

    def released(self, state: str, *, roles: tuple[str, ...]) -> None:
        """No line is driven: each goes where its resistor pulls it."""
        wanted = dict.fromkeys(roles, "in")
        self._row(state, wanted, self._pi.wait_for_lines(wanted))

    def _row(self, state: str, wanted: Mapping[str, str], found: Mapping[str, Line]) -> None:
        for role in wanted:
            print(f"| {state} | {role} | {wanted[role]} | {found[role]} |")


@pytest.mark.parametrize(("config", "active_low"), [(CONFIG, ("buzzer",)), (LOW, ("buzzer", "relay"))])
def test_every_state_reaches_the_registers(
    pi: Pi, pins: dict[str, int], config: str, active_low: tuple[str, ...]
) -> None:
    """Each state, a loop that hangs, and a process that is killed, with a relay that goes on high and on low."""
    roles, table = tuple(pins), Table(pi, active_low)
    assert pi.read("cat", "/sys/module/pinctrl_bcm2835/parameters/persist_gpio_outputs") == "N"
    command = ("env", "LG_WD=/run/lg", PYTHON, "/opt/guest/door.py", config)
    with closing(Door(pi, None, f"door-{len(active_low)}", command=command)) as door:
        for state, lit in LIT.items():
            door.tell(state)
            table.driven(state, lit, roles=roles)
        door.tell("PASS")
        table.driven("PASS", LIT["PASS"], roles=roles)
        assert pi.kill(door.unit) == "signal"
        table.released("kill -9 in PASS", roles=roles)
    with closing(Door(pi, None, f"hung-{len(active_low)}", "1", command=command)) as door:
        door.tell("PASS")
        table.driven("before a hang", LIT["PASS"], roles=roles)
        table.driven("a second later", (), roles=roles)
        assert pi.show(door.unit, "ActiveState") == "active"
