"""The lines of a virtual machine's board, read past whoever drives them: as a meter on the header would."""

from __future__ import annotations

import re
from collections.abc import Mapping
from copy import copy
from dataclasses import dataclass
from typing import Literal

from tests.machines.vm.vm import VirtualMachine

GUEST = "/repository/tests/machines/guest"

TRACE = "/sys/kernel/tracing/trace"
DRIVEN = re.compile(r" (?P<at>\d+\.\d+): gpio_value: (?P<number>\d+) set (?P<level>[01])$", re.MULTILINE)
REST_S = 0.2
"""After a button was let go: longer than its contact may bounce."""


@dataclass(frozen=True)
class Driven:
    """A line was driven to a level, or again to the same: when (seconds since the machine was switched on)."""

    at: float
    level: int


class Board:
    """54 simulated lines of a Raspberry Pi, behind chips of others: theirs is gpiochip11.

    Like a Raspberry Pi with `dtparam=strict_gpiod`, the simulator gives a line that nobody holds back to its resistor.

    Args:
        pins: BCM number of each role.
        label: of the chip.
    """

    def __init__(self, machine: VirtualMachine, pins: Mapping[str, int], label: str = "pinctrl-rp1") -> None:
        self._machine = machine
        self._lines, first = machine.read("sh", f"{GUEST}/board.sh", label).splitlines()
        self._first = int(first)
        """The kernel's own number of the first line."""
        self._pins = dict(pins)

    def levels(self) -> dict[str, int]:
        """The voltage of each line: 1 is 3.3 V."""
        names = [f"{self._lines}sim_gpio{gpio}/value" for gpio in self._pins.values()]
        return dict(zip(self._pins, map(int, self._machine.read("cat", *names).split()), strict=True))

    def wait_for(self, wanted: Mapping[str, int]) -> None:
        """Until the lines have these levels."""
        seen: dict[str, int] = {}

        def settled() -> bool:
            seen.update(self.levels())
            return seen == wanted

        try:
            self._machine.wait_for(settled)
        except AssertionError as error:
            raise AssertionError(f"{error}\nwanted {wanted}\n   got {seen}") from error

    @property
    def chip(self) -> str:
        """Its name below /dev."""
        return self._lines.rstrip("/").rpartition("/")[2]

    def forget(self) -> None:
        """What was traced until now."""
        self._machine.read("sh", "-c", f"echo >{TRACE}")

    def driven(self) -> int:
        """How often any line of any chip was driven."""
        return len(DRIVEN.findall(self._machine.read("cat", TRACE)))

    def traced(self, role: str) -> list[Driven]:
        """Every level that a line was driven to, by the kernel's own trace: also those that none had time to see."""
        found = DRIVEN.finditer(self._machine.read("cat", TRACE))
        wanted = self._pins[role] + self._first
        return [Driven(float(one["at"]), int(one["level"])) for one in found if int(one["number"]) == wanted]

    def pull(self, role: str, where: Literal["up", "down"]) -> None:
        """Fit a resistor."""
        self._machine.read("sh", "-c", f"echo pull-{where} >{self.resistor(role)}")

    def resistor(self, role: str) -> str:
        """The file that fits a resistor to a line."""
        return f"{self._lines}sim_gpio{self._pins[role]}/pull"

    def also(self, pins: Mapping[str, int]) -> Board:
        """The same board, of which further lines are used."""
        made = copy(self)
        made._pins = {**self._pins, **pins}
        return made

    def press(self, role: str, seconds: float) -> None:
        """Hold a button down for so long, by the machine's own clock, and let it go until its contact rests."""
        line = self.resistor(role)
        press = f"echo pull-down >{line}; sleep {seconds:g}; echo pull-up >{line}; sleep {REST_S:g}"
        self._machine.read("sh", "-c", press)

    def pulled(self, role: str) -> str:
        """The resistor at a line: the one fitted, or the line's own that its user asked for."""
        return self._machine.read("cat", self.resistor(role))
