"""The lines of a virtual machine's board, read past whoever drives them: as a meter on the header would."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from tests.machines.vm import VirtualMachine

GUEST = "/repository/tests/machines/guest"


class Board:
    """54 simulated lines of a Raspberry Pi 4.

    Like a Raspberry Pi with `dtparam=strict_gpiod`, the simulator gives a line that nobody holds back to its resistor.

    Args:
        pins: BCM number of each role.
    """

    def __init__(self, machine: VirtualMachine, pins: Mapping[str, int]) -> None:
        self._machine = machine
        self._lines = machine.read("sh", f"{GUEST}/board.sh")
        self._pins = dict(pins)

    def levels(self) -> dict[str, int]:
        """The voltage of each line: 1 is 3.3 V."""
        names = [f"{self._lines}sim_gpio{gpio}/value" for gpio in self._pins.values()]
        return dict(zip(self._pins, map(int, self._machine.read("cat", *names).split()), strict=True))

    def pull(self, role: str, where: Literal["up", "down"]) -> None:
        """Fit a resistor, or hold a button down (`down`) and let it go (`up`)."""
        self._machine.read("sh", "-c", f"echo pull-{where} >{self._lines}sim_gpio{self._pins[role]}/pull")

    def pulled(self, role: str) -> str:
        """The resistor at a line: the one fitted, or the line's own that its user asked for."""
        return self._machine.read("cat", f"{self._lines}sim_gpio{self._pins[role]}/pull")
