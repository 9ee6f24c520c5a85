"""A Raspberry Pi 3 Model B as QEMU has it, and the registers of its system on a chip.

What a Raspberry Pi's own loader does before the kernel, this does: it gives the kernel the board's device tree and
command line.
"""

from __future__ import annotations

import json
import socket
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.machines.pi.card import LISTENS, Flashed
from tests.machines.vm.vm import Emulated

PERIPHERALS = 0x3F000000
"""Where the peripherals lie for a processor's core; BCM2835 ARM Peripherals, page 6, with the BCM2837's base."""
GPFSEL0, GPLEV0 = PERIPHERALS + 0x200000, PERIPHERALS + 0x200034
"""Page 90: what each line is (three bits a line, ten lines a word), and its level (one bit)."""

FUNCTIONS = {0: "in", 1: "out"}

COMMAND_LINE = "console=ttyS1,115200 root=/dev/mmcblk0 rw cgroup_enable=memory"
"""What docs/installation.md has for cmdline.txt; QEMU's second serial line is this board's console."""
STRICT = "pinctrl_bcm2835.persist_gpio_outputs=n"
"""What the loader makes of `dtparam=strict_gpiod`, which the installer sets in config.txt."""

NO_VIDEOCORE = "module_blacklist=vchiq,vc4"
"""QEMU has no VideoCore: the driver of the messages to it falls over its own memory."""

LOOK_S = 0.3
"""From one look at the registers to the next, which costs the board nothing."""

WATCHDOG_OFF = "systemd.watchdog_sec=0"
"""QEMU takes the start of the board's watchdog for its end, and restarts the board."""


@dataclass(frozen=True)
class Line:
    """One line of the header: `in`, `out` or another function's number, and its bit in GPLEV."""

    function: str
    level: int

    def __str__(self) -> str:
        return f"{self.function} {self.level}"


class Pi(Emulated):
    """A board switched on with a card in it, which is written to.

    Args:
        card: with a system.
        pins: BCM number of each role.
        options: more of the kernel's command line.
    """

    poll_s = 5.0
    """A question takes a second of work."""

    def __init__(self, card: Flashed, pins: Mapping[str, int], *options: str) -> None:
        self._pins = dict(pins)
        self._monitor: Monitor | None = None
        words = [COMMAND_LINE, STRICT, NO_VIDEOCORE, WATCHDOG_OFF, *options]

        def command(folder: Path) -> list[str]:
            agent = f"socket,path={folder / 'agent'},server=on,wait=off,id=agent"
            return [
                *("qemu-system-aarch64", "-M", "raspi3b", "-accel", "tcg", "-icount", "shift=0"),
                *("-display", "none", "-no-reboot", "-no-shutdown"),
                *("-kernel", str(card.kernel), "-initrd", str(card.initrd), "-dtb", str(card.device_tree)),
                *("-append", " ".join(words)),
                *("-drive", f"file={card.image},format=raw,if=sd,cache=unsafe"),
                *("-chardev", agent, "-serial", "chardev:agent"),
                *("-serial", f"file:{folder / 'console.log'}"),
                *("-qmp", f"unix:{folder / 'monitor'},server=on,wait=off"),
            ]

        super().__init__(command, ready=LISTENS)

    @property
    def monitor(self) -> Monitor:
        if self._monitor is None:
            self._monitor = Monitor(self.folder / "monitor")
        return self._monitor

    def lines(self) -> dict[str, Line]:
        """Every line in use, by its role, as the registers have it."""
        functions = self.monitor.words(GPFSEL0, 6)
        levels = self.monitor.words(GPLEV0, 2)
        return {role: _line(gpio, functions, levels) for role, gpio in self._pins.items()}

    def wait_for_lines(self, wanted: Mapping[str, str]) -> dict[str, Line]:
        """Until the lines are as wanted: `out 1`, `in`; the registers then.

        Raises:
            AssertionError: if they do not become so in time.
        """
        seen: dict[str, Line] = {}

        def settled() -> bool:
            seen.update(self.lines())
            return all(str(seen[role]).startswith(line) for role, line in wanted.items())

        try:
            self.wait_for(settled, poll_s=LOOK_S)
        except AssertionError as error:
            raise AssertionError(f"{error}\nwanted {wanted}\n   got {seen}") from error
        return dict(seen)

    def close(self) -> None:
        if self._monitor is not None:
            self._monitor.close()
        super().close()


def _line(gpio: int, functions: Sequence[int], levels: Sequence[int]) -> Line:
    function = functions[gpio // 10] >> (gpio % 10 * 3) & 7
    return Line(FUNCTIONS.get(function, f"function {function}"), levels[gpio // 32] >> (gpio % 32) & 1)


class Monitor:
    """QEMU's own view of the board, which no program on it can colour; see qemu-qmp-ref(7)."""

    def __init__(self, path: Path) -> None:
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.settimeout(60.0)
        self._socket.connect(str(path))
        self._lines = self._socket.makefile("rw", encoding="utf-8")
        self._lines.readline()
        self._ask("qmp_capabilities")

    def words(self, address: int, count: int) -> list[int]:
        """Of 32 bits, from an address of the processor's."""
        told = self._ask("human-monitor-command", **{"command-line": f"xp /{count}wx {address:#x}"})
        return [int(word, 16) for line in told.splitlines() for word in line.partition(":")[2].split()]

    def _ask(self, what: str, **arguments: object) -> Any:
        self._lines.write(json.dumps({"execute": what, "arguments": arguments}) + "\n")
        self._lines.flush()
        while "return" not in (answer := json.loads(self._lines.readline())):
            assert "event" in answer, f"{what}: {answer}"
        return answer["return"]

    def close(self) -> None:
        self._lines.close()
        self._socket.close()
