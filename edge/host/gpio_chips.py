"""The machine's GPIO chips, told apart by label: their numbers differ from one kernel to the next.

A Raspberry Pi 5 has called its header's chip gpiochip4, gpiochip0 and gpiochip11 to 15 by now (raspberrypi/linux, pull
request 7341); the label is the driver's name and has stayed.
"""

from __future__ import annotations

import fcntl
import os
import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from edge.errors import SignalError
from edge.host.board import ROOT

HEADER_LABELS = ("pinctrl-rp1", "pinctrl-bcm2711", "pinctrl-bcm2835")
"""What the chip behind the 40-pin header is called: on a Raspberry Pi 5, on a 4, and on those before."""

_CHIP_INFO = struct.Struct("32s32sI")
"""`struct gpiochip_info` of <linux/gpio.h>: name, label, number of lines."""

_GET_CHIP_INFO = 0x8044B401
"""GPIO_GET_CHIPINFO_IOCTL: _IOR(0xB4, 0x01, struct gpiochip_info)."""


@dataclass(frozen=True, slots=True)
class GpioChip:
    """A GPIO chip: N of `/dev/gpiochipN`, and its label; None where this user may not ask for it."""

    number: int
    label: str | None

    def __str__(self) -> str:
        return f"gpiochip{self.number} ({self.label or 'access denied'})"


AskLabel = Callable[[Path], str]
"""The label of the chip at a path; raises OSError if it cannot be told."""


def ask_label(path: Path) -> str:
    """Ask the kernel; changes nothing.

    Raises:
        OSError: if the chip cannot be opened, or is none.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        answer = fcntl.ioctl(descriptor, _GET_CHIP_INFO, bytes(_CHIP_INFO.size))
    finally:
        os.close(descriptor)
    _, label, _ = _CHIP_INFO.unpack(answer)
    return bytes(label).partition(b"\0")[0].decode(errors="replace")


def gpio_chips(*, root: Path = ROOT, ask: AskLabel = ask_label) -> tuple[GpioChip, ...]:
    """Every chip, by number; a second name of a chip (Raspberry Pi OS links gpiochip4 to gpiochip0) is left out.

    Args:
        root: prefix of /dev.
        ask: how to learn a label.
    """
    found = []
    for path in (root / "dev").glob("gpiochip*"):
        number = path.name.removeprefix("gpiochip")
        if not number.isdigit() or path.is_symlink():
            continue
        try:
            label = ask(path)
        except OSError:
            label = None
        found.append(GpioChip(int(number), label))
    return tuple(sorted(found, key=lambda chip: chip.number))


def header_chip(chips: Sequence[GpioChip], label: str | None = None) -> GpioChip:
    """The chip whose lines are those of the header.

    Args:
        chips: all there are.
        label: of the chip to take; None for the header of a Raspberry Pi.

    Raises:
        SignalError: if there is none, or more than one: the lines of another chip drive who knows what.
    """
    wanted = HEADER_LABELS if label is None else (label,)
    fit = [chip for chip in chips if chip.label in wanted]
    if len(fit) == 1:
        return fit[0]
    there = ", ".join(map(str, chips)) or "none"
    if fit:
        raise SignalError(
            f"{len(fit)} GPIO chips may be the header: {', '.join(map(str, fit))}; name one: signals.chip"
        )
    raise SignalError(f"no GPIO chip is called {' or '.join(wanted)}; there are: {there}; to use another: signals.chip")
