"""The doors of this board: one that has no name (maskgate.service), or several that have one (maskgate@NAME.service).

systemd tells a service its folders. A command learns from `--door` whose it works with.
"""

from __future__ import annotations

import re
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from edge.errors import UsageError

ETC, STATE, RUN = Path("/etc/maskgate"), Path("/var/lib/maskgate"), Path("/run")

WANTS = Path("/etc/systemd/system/multi-user.target.wants")
"""Where systemd links the units that start with the machine."""

NAME = re.compile(r"[a-z0-9](-?[a-z0-9]){0,23}")
RESERVED = frozenset({"maskgate"})
"""Its settings would be those of the door without a name."""


@dataclass(frozen=True, slots=True, order=True)
class Door:
    """Where one door's service has its things.

    Attributes:
        name: empty for the door of maskgate.service.
    """

    name: str = ""

    def __str__(self) -> str:
        return f"the door {self.name}" if self.name else "the door without a name"

    @property
    def unit(self) -> str:
        """What systemd calls its service."""
        return f"maskgate@{self.name}" if self.name else "maskgate"

    @property
    def config_file(self) -> Path:
        return ETC / f"{self.name or 'maskgate'}.toml"

    @property
    def state(self) -> Path:
        """What systemd gives its service (StateDirectory). A folder below, so that no name meets another folder."""
        return STATE / "doors" / self.name if self.name else STATE

    @property
    def runtime(self) -> Path:
        """What systemd gives its service (RuntimeDirectory). Not below /run/maskgate, which is removed with its own."""
        return RUN / "maskgate-doors" / self.name if self.name else RUN / "maskgate"

    @property
    def network_name(self) -> str:
        """The host's name and the door's, fit for a topic."""
        short = socket.gethostname().partition(".")[0]
        host = "".join(c if c.isascii() and (c.isalnum() or c in "_-") else "-" for c in short)[:39] or "kiosk"
        return f"{host}-{self.name}" if self.name else host


def parse_door(name: str) -> Door:
    """The door of that name.

    Raises:
        UsageError: if no door can be called so.
    """
    if not NAME.fullmatch(name) or name in RESERVED:
        raise UsageError(f"door {name!r}: expected up to 24 letters (a to z), digits and single dashes, not 'maskgate'")
    return Door(name)


def door_of_file(path: Path) -> Door | None:
    """The door whose settings a file holds; None for any other file."""
    if path.parent != ETC or path.suffix != ".toml":
        return None
    return Door() if path == Door().config_file else Door(path.stem) if NAME.fullmatch(path.stem) else None


def doors_here() -> tuple[Door, ...]:
    """The doors whose services start with this machine, by name."""
    found = [Door()] if (WANTS / "maskgate.service").is_symlink() else []
    for link in WANTS.glob("maskgate@*.service"):
        name = link.name.removeprefix("maskgate@").removesuffix(".service")
        if NAME.fullmatch(name) and name not in RESERVED:
            found.append(Door(name))
    return tuple(sorted(found))


class _Choice:
    """Of this process, for all its threads."""

    door = Door()


def the_door() -> Door:
    """The one that this process works with."""
    return _Choice.door


@contextmanager
def choosing(door: Door) -> Iterator[None]:
    """Work with a door in the block."""
    before, _Choice.door = _Choice.door, door
    try:
        yield
    finally:
        _Choice.door = before
