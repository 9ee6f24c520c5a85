"""The lines of a virtual machine in the kiosk's hands, without a camera."""

from __future__ import annotations

from tests.machines.vm.board import GUEST, Board
from tests.machines.vm.disk import PATHS
from tests.machines.vm.service import CONFIG
from tests.machines.vm.vm import VirtualMachine

DARK = {"green": 0, "amber": 0, "red": 0, "buzzer": 1, "relay": 0, "button": 1}
"""Everything off: the buzzer's line is high, and the button's is held high by its pull-up."""


class Door:
    """A process that holds the lines and shows the states it is told."""

    def __init__(self, machine: VirtualMachine, board: Board, unit: str, *arguments: str) -> None:
        self._machine, self._board, self.unit = machine, board, unit
        machine.read("sh", "-c", "rm -f /run/presses; test -p /run/door || mkfifo /run/door")
        machine.start(unit, "env", *PATHS, "LG_WD=/run", "python3", f"{GUEST}/door.py", CONFIG, *arguments)
        machine.wait_for(lambda: "open" in machine.log(unit).splitlines())

    def show(self, state: str, **lit: int) -> None:
        """Show a state; the lines then are dark, but for some."""
        self.tell(state)
        self._board.wait_for(DARK | lit)

    def tell(self, state: str) -> None:
        self._machine.read("sh", "-c", f"echo {state} >/run/door")

    def close(self) -> None:
        if self._machine.show(self.unit, "ActiveState") == "active":
            self._machine.kill(self.unit)
