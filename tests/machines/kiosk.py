"""The kiosk's service in a booted machine, as somebody sees it who is logged in there."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, TypeVar

from tests.machines.boot.container import PATIENCE_S

Found = TypeVar("Found")

UNIT = "maskgate.service"


class Machine(Protocol):
    """A container or a virtual machine."""

    def read(self, *command: str | Path) -> str: ...

    def wait_for(self, find: Callable[[], Found | None], patience_s: float = ...) -> Found: ...


@dataclass(frozen=True)
class Line:
    """One line of the log: when it came (seconds since 1970), from which process, and what it says."""

    at: float
    process: int
    text: str


class Kiosk:
    """The service maskgate of a machine, or that of one of its doors."""

    def __init__(self, machine: Machine, door: str = "") -> None:
        self._machine = machine
        self._unit = f"maskgate@{door}.service" if door else UNIT
        self._door = ["--door", door] if door else []

    def show(self, name: str) -> str:
        """A property of the unit, as systemd has it."""
        return self._machine.read("systemctl", "show", "--value", f"--property={name}", self._unit)

    @property
    def pid(self) -> int:
        """Of its process, by the machine's count; 0 while there is none."""
        return int(self.show("MainPID"))

    @property
    def frames(self) -> int:
        """Pictures it has looked at, by its own status line."""
        found = re.search(r" frames=(\d+) ", self.show("StatusText"))
        return int(found[1]) if found else 0

    def wait_until_watching(self, *, other_than: int = 0, patience_s: float = PATIENCE_S) -> int:
        """Once it is active, all is well by its own word, and it has looked at pictures; its process.

        Args:
            other_than: a process that is gone.
        """

        def watching() -> int:
            state, pid, status = self.show("ActiveState"), self.pid, self.show("StatusText")
            is_well = state == "active" and status.startswith("level=ok") and self.frames > 0
            return pid if is_well and pid != other_than else 0

        try:
            return self._machine.wait_for(watching, patience_s)
        except AssertionError as error:
            told = "\n".join(line.text for line in self.log()[-30:])
            raise AssertionError(f"{error}\nstatus: {self.show('StatusText')}\n{told}") from error

    def wait_for_line(self, pattern: str, *, after: int = 0, patience_s: float = PATIENCE_S) -> Line:
        """The first line of the log that matches, not counting the first `after` ones."""

        def find() -> Line | None:
            return next((line for line in self.log()[after:] if re.search(pattern, line.text)), None)

        return self._machine.wait_for(find, patience_s)

    def log(self) -> list[Line]:
        """What the service and systemd say of it, since the machine was switched on."""
        return read_log(self._machine.read("journalctl", "--boot", "--output=json", f"--unit={self._unit}"))

    def events(self, *kinds: str) -> list[dict[str, str]]:
        """What `maskgate events` lists of some kinds, oldest first."""
        options = [option for kind in kinds for option in ("--kind", kind)]
        return [
            json.loads(line)
            for line in self._machine.read("maskgate", "events", "--json", *self._door, *options).splitlines()
        ]

    def pins(self) -> dict[str, bool]:
        """How the lines were left, by the log of the process that drove them last.

        But for the buzzer: of its beats the log tells the first of each alert alone.
        """
        lines = self.log()
        changes = [(line.process, re.search(r"GPIO\d+ +(\w+) +(on|off)$", line.text)) for line in lines]
        driven = [(process, change) for process, change in changes if change]
        assert driven, "no line was ever driven"
        last = driven[-1][0]
        return {change[1]: change[2] == "on" for process, change in driven if process == last and change[1] != "buzzer"}


def read_log(text: str) -> list[Line]:
    """Of the journal's JSON lines; a text that is no text would be a list there, and fails."""
    records = [json.loads(line) for line in text.splitlines()]
    for record in records:
        assert isinstance(record["MESSAGE"], str), f"not readable: {record['MESSAGE']}"
    return [Line(int(r["__REALTIME_TIMESTAMP"]) / 1e6, int(r["_PID"]), r["MESSAGE"]) for r in records]


def transitions(lines: list[Line]) -> list[tuple[float, int, str]]:
    """The door's changes that were told: when, by which process, and in the words of the events."""
    found = ((line, re.fullmatch(r"\s*[\d:.]+(?: s)?  (\w+ -> \w+)", line.text)) for line in lines)
    return [(line.at, line.process, match[1].lower()) for line, match in found if match]


def followed(path: Path) -> list[Line]:
    """What was kept by `follow` of a log; a last line that was cut short is left out."""
    whole, _, _ = path.read_text(encoding="utf-8", errors="replace").rpartition("\n")
    return read_log(whole)
