"""Lamps and buzzer at the door, through gpiozero."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Self

from edge.errors import SignalError
from edge.types import AlarmState

if TYPE_CHECKING:
    from gpiozero import DigitalOutputDevice
    from gpiozero.pins import Factory

log = logging.getLogger(__name__)

Driver = Literal["auto", "gpio", "mock"]

BEEP_S = 0.5
"""Seconds the buzzer sounds and rests in turn: a broken tone is told from the hum of a machine."""


@dataclass(frozen=True, slots=True)
class PinChange:
    """One output line went on or off: its role, its BCM number, its logical value, and when (stream seconds)."""

    name: str
    gpio: int
    value: bool
    at: float


class DoorSignals:
    """Green lamp on PASS; red lamp on ALERT and FAULT; buzzer on ALERT; everything off otherwise and on close.

    Outputs follow the stream's own time, so that a replayed clip gives the same pin changes on every machine.

    Args:
        pins: BCM number of each of `green`, `red`, `buzzer`.
        driver: `gpio` for the board's lines, `mock` for gpiozero's mock pins, `auto` for whichever is there.
        active_high: False where the lines switch their loads by going low.

    Raises:
        SignalError: if a line cannot be had.
    """

    def __init__(self, *, pins: Mapping[str, int], driver: Driver = "auto", active_high: bool = True) -> None:
        self._factory = _pin_factory(driver)
        self._devices: dict[str, DigitalOutputDevice] = {}
        self._since: tuple[AlarmState, float] | None = None
        try:
            for name, gpio in pins.items():
                self._devices[name] = _open_output(name, gpio, active_high, self._factory)
        except SignalError:
            self.close()
            raise
        self._pins = dict(pins)

    def show(self, state: AlarmState, at: float) -> tuple[PinChange, ...]:
        """Drive the lines for `state` at stream time `at` (seconds); returns what changed.

        Raises:
            SignalError: if a line cannot be driven.
        """
        if self._since is None or self._since[0] is not state:
            self._since = (state, at)
        wanted = _levels(state, at - self._since[1])
        changes = tuple(
            PinChange(name, self._pins[name], wanted[name], at)
            for name, device in self._devices.items()
            if bool(device.value) != wanted[name]
        )
        for change in changes:
            self._drive(change)
        return changes

    def close(self) -> None:
        """Switch everything off and give the lines back; may be called again."""
        for device in self._devices.values():
            device.close()
        self._devices = {}
        self._factory.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _drive(self, change: PinChange) -> None:
        from gpiozero import GPIOZeroError

        try:
            self._devices[change.name].value = change.value
        except (GPIOZeroError, OSError) as error:
            raise SignalError(f"GPIO {change.gpio} ({change.name}): cannot be driven ({error})") from error


def _levels(state: AlarmState, elapsed_s: float) -> dict[str, bool]:
    """What each output shows `elapsed_s` seconds after `state` began."""
    sounding = int(elapsed_s / BEEP_S) % 2 == 0
    return {
        "green": state is AlarmState.PASS,
        "red": state in (AlarmState.ALERT, AlarmState.FAULT),
        "buzzer": state is AlarmState.ALERT and sounding,
    }


def _pin_factory(driver: Driver) -> Factory:
    if driver == "mock" or (driver == "auto" and not any(Path("/dev").glob("gpiochip*"))):
        from gpiozero.pins.mock import MockFactory

        if driver == "auto":
            log.warning("gpio=mock reason='no /dev/gpiochip* on this machine' effect='no lamp will light'")
        return MockFactory()
    from gpiozero import BadPinFactory

    try:
        from gpiozero.pins.lgpio import LGPIOFactory

        return LGPIOFactory()
    except (ImportError, OSError, BadPinFactory) as error:
        raise SignalError(
            f"GPIO cannot be opened ({error}); install python3-lgpio and put this user into the group gpio, "
            "or set signals.driver to mock"
        ) from error


def _open_output(name: str, gpio: int, active_high: bool, factory: Factory) -> DigitalOutputDevice:
    from gpiozero import LED, Buzzer, GPIOZeroError

    kind = Buzzer if name == "buzzer" else LED
    try:
        return kind(gpio, active_high=active_high, pin_factory=factory)
    except (GPIOZeroError, OSError, ValueError) as error:
        raise SignalError(f"GPIO {gpio} ({name}): cannot be opened ({error}); choose a free BCM pin") from error
