"""What the machine is, and what of it is in use: memory, disk, time since it was switched on."""

from __future__ import annotations

import platform
import shutil
from dataclasses import dataclass
from pathlib import Path

from edge.host.board import ROOT

KILOBYTE = 1024


@dataclass(frozen=True, slots=True)
class Resources:
    """In bytes and seconds; None where the system does not tell.

    Attributes:
        used_by_us: memory of this process.
        memory, memory_left: of the machine.
        disk, disk_left: where this program keeps what it keeps.
        up_s: since the machine was started.
    """

    used_by_us: int | None
    memory: int | None
    memory_left: int | None
    disk: int | None
    disk_left: int | None
    up_s: float | None


def read_resources(folder: Path | None, *, root: Path = ROOT) -> Resources:
    """Look at the machine now; takes about a millisecond.

    Args:
        folder: on the disk that is asked for; None: nothing is kept.
        root: prefix of /proc.
    """
    memory = _kilobytes(root / "proc/meminfo")
    disk = _disk(folder)
    return Resources(
        used_by_us=_kilobytes(root / "proc/self/status").get("VmRSS"),
        memory=memory.get("MemTotal"),
        memory_left=memory.get("MemAvailable"),
        disk=disk and disk[0],
        disk_left=disk and disk[1],
        up_s=_up_s(root / "proc/uptime"),
    )


def system_name() -> str:
    """Such as `Debian GNU/Linux 13 (trixie)`."""
    try:
        return platform.freedesktop_os_release().get("PRETTY_NAME", platform.system())
    except OSError:
        return platform.system()


def _kilobytes(path: Path) -> dict[str, int]:
    """The lines `Name:   123 kB` of a file of the kernel's, in bytes."""
    found: dict[str, int] = {}
    try:
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return found
    for line in lines:
        name, _, value = line.partition(":")
        number, _, unit = value.strip().partition(" ")
        if unit == "kB" and number.isdigit():
            found[name] = int(number) * KILOBYTE
    return found


def _disk(folder: Path | None) -> tuple[int, int] | None:
    try:
        usage = shutil.disk_usage(folder) if folder is not None else None
    except OSError:
        return None
    return usage and (usage.total, usage.free)


def _up_s(path: Path) -> float | None:
    try:
        return float(path.read_text(encoding="utf-8").split()[0])
    except (OSError, ValueError, IndexError):
        return None
