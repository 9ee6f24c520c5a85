"""What the doctor says of one thing."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from enum import StrEnum


class Level(StrEnum):
    """`fail`: the kiosk cannot do its work; `warn`: it does it less well."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at: its name, how it is, what was found, and what to do (empty: nothing).

    Where a board has several doors, also which of them it belongs to (empty: all).
    """

    name: str
    level: Level
    text: str
    remedy: str = ""
    door: str = ""

    @property
    def full_name(self) -> str:
        """With the door's."""
        return f"{self.name} ({self.door})" if self.door else self.name

    def as_record(self) -> dict[str, str]:
        """For JSON."""
        return {key: value for key, value in asdict(self).items() if key != "door" or value}

    def as_text(self) -> str:
        """For people: one line, and a second one for the remedy."""
        line = f"{self.level:4} {self.name:11} {self.text}"
        return f"{line}\n{'':16} -> {self.remedy}" if self.remedy else line


def ok(name: str, text: str) -> Finding:
    """All is well."""
    return Finding(name, Level.OK, text)


def warn(name: str, text: str, remedy: str) -> Finding:
    """It will do, but not well."""
    return Finding(name, Level.WARN, text, remedy)


def fail(name: str, text: str, remedy: str) -> Finding:
    """It will not do."""
    return Finding(name, Level.FAIL, text, remedy)
