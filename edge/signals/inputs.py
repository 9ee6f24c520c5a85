"""Contacts and buttons of the door itself, as their lines read at this moment; `edge.door.debounce` believes them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING

from edge.errors import SignalError
from edge.signals.pins import Driver, Pull, check_pins, driver_errors, open_factory, open_input

if TYPE_CHECKING:
    from gpiozero import InputDevice

INPUTS = ("contact", "exit_button", "lockdown", "fire")
"""The roles an input line may have."""


class InputLines:
    """The lines of the door's contacts and buttons.

    They are read again and again rather than waited for: a level that was missed once is seen a moment later, and a
    contact that chatters costs no more than one that rests.

    Args:
        pins: BCM number of each role in use.
        driver, chip: as for `edge.signals.door.DoorSignals`.
        active_low: inputs that mean something while their line is low.
        pull: the lines' own resistors.

    Raises:
        SignalError: if a line does not exist, is used twice or cannot be had.
    """

    def __init__(
        self, pins: Mapping[str, int], *, driver: Driver, chip: str | None, active_low: Iterable[str], pull: Pull
    ) -> None:
        check_pins(pins, INPUTS)
        self._pins = dict(pins)
        self._low = frozenset(active_low)
        self._value_is_low = pull == "up"
        self._factory = open_factory(driver, chip=chip, tonal=False, warns=False)
        self._devices: dict[str, InputDevice] = {}
        try:
            for name, gpio in pins.items():
                self._devices[name] = open_input(name, gpio, pull=pull, factory=self._factory)
        except SignalError:
            self.close()
            raise

    @property
    def roles(self) -> frozenset[str]:
        """Which inputs there are."""
        return frozenset(self._pins)

    def read(self) -> dict[str, bool]:
        """Whether each input means something now: the door is open, a button down, a switch on, a fire told.

        Raises:
            SignalError: if a line cannot be read.
        """
        return {name: self._read(name, device) for name, device in self._devices.items()}

    def close(self) -> None:
        """Give the lines back; may be called again."""
        for device in self._devices.values():
            with suppress(*driver_errors()):
                device.close()
        self._devices = {}
        self._factory.close()

    def _read(self, name: str, device: InputDevice) -> bool:
        try:
            is_low = bool(device.value) is self._value_is_low
        except driver_errors() as error:
            raise SignalError(f"GPIO {self._pins[name]} ({name}): cannot be read ({error})") from error
        return is_low if name in self._low else not is_low
