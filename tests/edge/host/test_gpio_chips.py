"""GPIO chips by label, on a made-up /dev; the kernel's own answers are looked at in `tests/machines/vm`."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from edge.errors import SignalError
from edge.host.gpio_chips import HEADER_LABELS, GpioChip, ask_label, gpio_chips, header_chip


def test_chips_in_the_order_of_their_numbers(tmp_path: Path) -> None:
    """A second name of a chip is left out; one that may not be asked has no label."""
    dev = tmp_path / "dev"
    dev.mkdir()
    labels = {"gpiochip11": "pinctrl-rp1", "gpiochip2": "gpio-brcmstb@107d508500"}
    for name in (*labels, "gpiochip10", "gpiochip-old"):
        (dev / name).touch()
    (dev / "gpiochip4").symlink_to("gpiochip11")

    def ask(path: Path) -> str:
        if path.name not in labels:
            raise PermissionError
        return labels[path.name]

    chips = gpio_chips(root=tmp_path, ask=ask)
    assert chips == (GpioChip(2, "gpio-brcmstb@107d508500"), GpioChip(10, None), GpioChip(11, "pinctrl-rp1"))
    assert header_chip(chips) == GpioChip(11, "pinctrl-rp1")
    assert header_chip(chips, "gpio-brcmstb@107d508500").number == 2


@pytest.mark.parametrize("label", HEADER_LABELS)
def test_every_raspberry_pi_has_a_header(label: str) -> None:
    """By whichever of its three names."""
    assert header_chip((GpioChip(0, "raspberrypi-exp-gpio"), GpioChip(13, label))).number == 13


def test_what_is_no_chip_cannot_be_asked(tmp_path: Path) -> None:
    """A plain file knows no GPIO: the kernel's own refusal."""
    path = tmp_path / "gpiochip0"
    path.touch()
    with pytest.raises(OSError, match=os.strerror(errno.ENOTTY)):
        ask_label(path)


def test_a_machine_without_chips() -> None:
    """The error says so."""
    with pytest.raises(SignalError, match="there are: none"):
        header_chip(())
