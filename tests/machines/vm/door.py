"""The lines of a virtual machine in the kiosk's hands, without a camera."""

from __future__ import annotations

from collections.abc import Sequence

from tests.machines.vm.board import GUEST, Board
from tests.machines.vm.disk import PATHS
from tests.machines.vm.service import CONFIG
from tests.machines.vm.vm import Emulated, VirtualMachine

COMMAND = ("env", *PATHS, "LG_WD=/run", "python3", f"{GUEST}/door.py", CONFIG)

DARK = {"green": 0, "amber": 0, "red": 0, "buzzer": 1, "relay": 0, "button": 1}
"""Everything off: the buzzer's line is high, and the button's is held high by its pull-up."""


class Door:
    """A process that holds the lines and shows the states it is told."""

    def __init__(
        self, machine: Emulated, board: Board | None, unit: str, *arguments: str, command: Sequence[str] = COMMAND
    ) -> None:
        self._machine, self._board, self.unit = machine, board, unit
        machine.read("sh", "-c", "rm -f /run/presses; test -p /run/door || mkfifo /run/door")
        machine.start(unit, *command, *arguments)
        machine.wait_for(lambda: "open" in machine.log(unit).splitlines())

    def show(self, state: str, **lit: int) -> None:
        """Show a state; the lines then are dark, but for some."""
        self.tell(state)
        assert self._board
        self._board.wait_for(DARK | lit)

    def tell(self, state: str) -> None:
        self._machine.read("sh", "-c", f"echo {state} >/run/door")

    def close(self) -> None:
        if self._machine.show(self.unit, "ActiveState") == "active":
            self._machine.kill(self.unit)


class Doorway:
    """A process that keeps the door with its contacts, and shows the states it is told."""

    unit = "doorway"

    def __init__(self, machine: VirtualMachine, config: str) -> None:
        self._machine = machine
        self._config = config
        machine.read("sh", "-c", "rm -rf /run/happened /run/latches; test -p /run/doorway || mkfifo /run/doorway")

    def start(self) -> None:
        """Returns once it keeps the door."""
        before = self._machine.log(self.unit).splitlines().count("open")
        self._machine.start(self.unit, "env", *PATHS, "LG_WD=/run", "python3", f"{GUEST}/doorway.py", self._config)
        self._machine.wait_for(lambda: self._machine.log(self.unit).splitlines().count("open") > before)

    def script(self, board: Board, *steps: str | float | tuple[str, str]) -> None:
        """One after the other, by the machine's clock: words for the process, pauses, (role, level) of an input."""
        lines = [
            f"sleep {step:g}"
            if isinstance(step, float)
            else f"echo {step} >/run/doorway"
            if isinstance(step, str)
            else f"echo pull-{step[1]} >{board.resistor(step[0])}"
            for step in steps
        ]
        self._machine.read("sh", "-c", "\n".join(lines))

    def happened(self) -> list[str]:
        """What was told, oldest first: the kind of each event, and what it says."""
        told = self._machine.run("cat", "/run/happened").stdout.splitlines()
        return [line.rstrip() for line in told]

    def wait_for(self, *told: str) -> None:
        """Until this was told, and nothing else."""
        self._machine.wait_for(lambda: len(self.happened()) >= len(told))
        assert self.happened() == list(told)

    def cut_power(self) -> None:
        """End the process without a word."""
        assert self._machine.kill(self.unit) == "signal"
        self._machine.read("systemctl", "reset-failed", self.unit)

    def close(self) -> None:
        if self._machine.show(self.unit, "ActiveState") == "active":
            self._machine.kill(self.unit)
