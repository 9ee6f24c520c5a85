"""Facts about the board: model, temperature, and whether its power supply and cooling are up to the work."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import IntFlag
from math import ceil
from pathlib import Path

HOT_C = 80.0
"""From here on a Raspberry Pi slows itself down (Raspberry Pi documentation, "Frequency management")."""

FIRMWARE_TIMEOUT_S = 2.0
"""The firmware answers within milliseconds, or not at all."""

ROOT = Path("/")


class Throttling(IntFlag):
    """Answer of `vcgencmd get_throttled`: what is wrong now, and what was wrong at some time since the last start."""

    UNDER_VOLTAGE = 1 << 0
    FREQUENCY_CAPPED = 1 << 1
    THROTTLED = 1 << 2
    SOFT_TEMPERATURE_LIMIT = 1 << 3
    UNDER_VOLTAGE_OCCURRED = 1 << 16
    FREQUENCY_CAPPED_OCCURRED = 1 << 17
    THROTTLED_OCCURRED = 1 << 18
    SOFT_TEMPERATURE_LIMIT_OCCURRED = 1 << 19

    @property
    def now(self) -> Throttling:
        """Only what is wrong at this moment."""
        return self & Throttling(0xFFFF)

    @property
    def names(self) -> tuple[str, ...]:
        """As people read them: `under-voltage`, `throttled-occurred`; bits nobody has named are left out."""
        return tuple(flag.name.lower().replace("_", "-") for flag in Throttling if flag in self and flag.name)


@dataclass(frozen=True, slots=True)
class Board:
    """What the board says of itself; None where it cannot tell, as on an ordinary computer.

    Attributes:
        model: such as `Raspberry Pi 5 Model B Rev 1.0`.
        temperature_c: of the processor, degrees Celsius.
        throttling: power and heat problems.
    """

    model: str | None = None
    temperature_c: float | None = None
    throttling: Throttling | None = None

    @property
    def is_hot(self) -> bool:
        return self.temperature_c is not None and self.temperature_c >= HOT_C

    @property
    def is_strained(self) -> bool:
        """Whether it is hot, short of power, or slowed down at this moment."""
        return self.is_hot or bool((self.throttling or Throttling(0)).now)

    @property
    def is_raspberry_pi(self) -> bool:
        return self.model is not None and self.model.startswith("Raspberry Pi")


Firmware = Callable[[], str | None]
"""Asks the firmware `get_throttled`; its answer is `throttled=0x50005`, None if it cannot be asked."""


def read_board(*, root: Path = ROOT, firmware: Firmware | None = None) -> Board:
    """Look at the board now; takes about a millisecond without the firmware.

    The firmware tells the most, but needs /dev/vcio, which also changes clocks and voltages: the service keeps its
    hands off it and reads the kernel's voltage monitor, which knows under-voltage only. (The kernel's own copy of the
    firmware's answer, `soc:firmware/get_throttled` below /sys, was removed in 6.12.)

    Args:
        root: prefix of /sys and /proc.
        firmware: how to ask the firmware; None for not at all.
    """
    answer = firmware() if firmware else None
    return Board(
        model=_model(root),
        temperature_c=_temperature(root),
        throttling=_from_voltage_monitor(root) if answer is None else parse_throttled(answer),
    )


def board_threads(*, doors: int = 1) -> int:
    """Threads that a network may have: all cores of a Raspberry Pi but one, which is left to everybody else.

    Args:
        doors: kiosks that share the board; each has its part of the cores, rounded up.
    """
    return max(1, min(3, ceil((len(os.sched_getaffinity(0)) - 1) / max(1, doors))))


def ask_firmware() -> str | None:
    """Run `vcgencmd get_throttled`; None where there is no such program, or it may not ask."""
    program = shutil.which("vcgencmd")
    if program is None:
        return None
    try:
        answer = subprocess.run(  # noqa: S603 - a fixed command
            [program, "get_throttled"], capture_output=True, text=True, timeout=FIRMWARE_TIMEOUT_S, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return answer.stdout if answer.returncode == 0 else None


def parse_throttled(answer: str) -> Throttling | None:
    """Read `throttled=0x50005`; None if it says anything else."""
    name, _, value = answer.strip().partition("=")
    try:
        return Throttling(int(value, 16)) if name == "throttled" else None
    except ValueError:
        return None


def _model(root: Path) -> str | None:
    """The device tree's model, which ends with a NUL byte."""
    return _read(root / "proc/device-tree/model") or None


def _temperature(root: Path) -> float | None:
    """The processor's thermal zone if one is called so, otherwise the hottest of all."""
    zones = _below(root / "sys/class/thermal", "thermal_zone*")
    processor = [zone for zone in zones if (_read(zone / "type") or "").startswith("cpu")]
    return max(_degrees(processor or zones), default=None)


def _degrees(zones: list[Path]) -> Iterator[float]:
    for zone in zones:
        try:
            yield int(_read(zone / "temp") or "") / 1000
        except ValueError:
            continue


def _from_voltage_monitor(root: Path) -> Throttling | None:
    for monitor in _below(root / "sys/class/hwmon", "hwmon*"):
        if _read(monitor / "name") == "rpi_volt":
            alarm = _read(monitor / "in0_lcrit_alarm")
            return {"0": Throttling(0), "1": Throttling.UNDER_VOLTAGE}.get(alarm or "")
    return None


def _below(folder: Path, pattern: str) -> list[Path]:
    """None where the folder cannot be read, as when the process has run out of files."""
    try:
        return sorted(folder.glob(pattern))
    except OSError:
        return []


def _read(path: Path) -> str | None:
    try:
        return path.read_text(encoding="utf-8", errors="replace").strip().rstrip("\0")
    except OSError:
        return None
