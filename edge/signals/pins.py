"""Lines of the 40-pin header, opened through gpiozero; every failure names the role and the BCM number."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable, Mapping
from threading import Condition, Thread
from typing import TYPE_CHECKING, Literal, Protocol

from edge.errors import SignalError
from edge.host.gpio_chips import HEADER_LABELS, gpio_chips, header_chip

if TYPE_CHECKING:
    from gpiozero import Button, InputDevice
    from gpiozero.pins import Factory

log = logging.getLogger(__name__)

Driver = Literal["auto", "gpio", "mock"]
Pull = Literal["up", "down", "none"]

HEADER = range(28)
"""BCM numbers of the header's lines."""

_SOUNDING = 0.5
"""Duty cycle of a tone: a square wave is loudest."""


class Output(Protocol):
    """One output line: `write` takes 0 for off, 1 for on or a pitch in hertz."""

    def write(self, level: float) -> None: ...

    def close(self) -> None: ...


class _Switch:
    """A lamp, relay or buzzer that is on or off."""

    def __init__(self, gpio: int, active_high: bool, factory: Factory) -> None:
        from gpiozero import DigitalOutputDevice

        self._device = DigitalOutputDevice(gpio, active_high=active_high, pin_factory=factory)

    def write(self, level: float) -> None:
        self._device.value = bool(level)

    def close(self) -> None:
        self._device.close()


class _Tone:
    """A passive piezo, fed with a square wave."""

    def __init__(self, gpio: int, active_high: bool, factory: Factory) -> None:
        from gpiozero import PWMOutputDevice

        self._device = PWMOutputDevice(gpio, active_high=active_high, pin_factory=factory)

    def write(self, level: float) -> None:
        if level:
            self._device.frequency = level
        self._device.value = _SOUNDING if level else 0.0

    def close(self) -> None:
        self._device.close()


class Pulses:
    """A relay that holds only as long as its line keeps changing; on is a square wave, made here, pulse by pulse.

    Whatever stops this process stops the pulses (SIGSTOP, a kernel that hangs), and the circuit lets go of the relay: a
    retriggerable timer, or a charge pump, for which a line that stays high is as good as one that stays low.

    Args:
        line: driven by nobody else.
        hz: pulses a second.
        may_go_on: asked before each pulse.
    """

    def __init__(self, line: Output, *, hz: float, may_go_on: Callable[[], bool]) -> None:
        self._line = line
        self._half_s = 0.5 / hz
        self._may_go_on = may_go_on
        self._change = Condition()
        # Guarded by `_change`:
        self._on = self._closed = False
        self._error: Exception | None = None
        self._thread = Thread(target=self._run, name="relay pulses", daemon=True)
        self._thread.start()

    def write(self, level: float) -> None:
        """Begin or end the pulses; an error of an earlier one is raised now."""
        with self._change:
            self._on = bool(level)
            error, self._error = self._error, None
            if not self._on:
                self._line.write(0.0)
            self._change.notify()
        if error is not None:
            raise error

    def close(self) -> None:
        with self._change:
            self._on, self._closed = False, True
            self._change.notify()
        self._thread.join()
        self._line.close()

    def _run(self) -> None:
        level = 0.0
        with self._change:
            while not self._closed:
                if not self._on:
                    level = 0.0
                    self._change.wait()
                    continue
                level = 1.0 - level if self._may_go_on() else 0.0
                try:
                    self._line.write(level)
                except driver_errors() as error:
                    log.error("relay=stuck cause=%r", str(error))
                    self._on, self._error = False, error
                self._change.wait(self._half_s)


def check_pins(pins: Mapping[str, int], roles: tuple[str, ...]) -> None:
    """See that every role is known and every line exists and is used once.

    Raises:
        SignalError: naming the role, the line and what is wrong.
    """
    taken: dict[int, str] = {}
    for name, gpio in pins.items():
        if name not in roles:
            raise SignalError(f"GPIO {gpio} ({name}): no such role; choose from {', '.join(roles)}")
        if gpio not in HEADER:
            raise SignalError(f"GPIO {gpio} ({name}): no line of the 40-pin header (0 to 27); choose a free BCM pin")
        if gpio in taken:
            raise SignalError(f"GPIO {gpio} ({name}): already used for {taken[gpio]}; choose a free BCM pin")
        taken[gpio] = name


def open_factory(driver: Driver, *, chip: str | None, tonal: bool, warns: bool) -> Factory:
    """The maker of lines: the board's, or gpiozero's mock, which must be told if one of them is to sing.

    Args:
        chip: label of the GPIO chip to drive; None for the header of a Raspberry Pi.
        warns: whether to say that lines are only imagined, for want of a board; one of those who ask is enough.

    Raises:
        SignalError: if the board's lines cannot be had.
    """
    if driver == "mock" or (driver == "auto" and not _may_be_a_board(chip)):
        from gpiozero.pins.mock import MockFactory, MockPin, MockPWMPin

        if driver == "auto" and warns:
            log.warning("gpio=mock reason='this machine has no 40-pin header' effect='no lamp will light'")
        return MockFactory(pin_class=MockPWMPin if tonal else MockPin)
    chips = gpio_chips()
    if not any(each.label for each in chips):
        raise _no_board("this user may not open any GPIO chip" if chips else "no /dev/gpiochip*")
    try:
        return _board(header_chip(chips, chip).number)
    except ImportError as error:
        raise _no_board(error) from error
    except driver_errors() as error:
        raise _no_board(error) from error


def open_output(name: str, gpio: int, *, active_high: bool, tonal: bool, factory: Factory) -> Output:
    """Take a line as output and switch it off.

    Raises:
        SignalError: if it cannot be had.
    """
    try:
        return (_Tone if tonal else _Switch)(gpio, active_high, factory)
    except driver_errors() as error:
        raise _cannot_open(name, gpio, error) from error


def open_button(
    gpio: int,
    *,
    active_high: bool,
    debounce_s: float,
    hold_s: float,
    on_press: Callable[[], None],
    on_hold: Callable[[], None],
    factory: Factory,
) -> Button:
    """Take a line as input; a button that pulls it low gets the line's own pull-up, one that pulls it high a pull-down.

    Args:
        debounce_s: seconds for which the contact may bounce.
        hold_s: seconds after which a press is a hold; `on_press` has been called by then.
        on_press, on_hold: called from a thread of gpiozero's; what they raise is logged.

    Raises:
        SignalError: if it cannot be had.
    """
    from gpiozero import Button

    try:
        button = Button(gpio, pull_up=not active_high, bounce_time=debounce_s, hold_time=hold_s, pin_factory=factory)
    except driver_errors() as error:
        raise _cannot_open("button", gpio, error) from error
    button.when_pressed = _logged("pressed", gpio, on_press)
    button.when_held = _logged("held", gpio, on_hold)
    return button


def open_input(name: str, gpio: int, *, pull: Pull, factory: Factory) -> InputDevice:
    """Take a line as input; its value is 1 while the line is high or, if it is pulled up, while it is low.

    Raises:
        SignalError: if it cannot be had.
    """
    from gpiozero import InputDevice

    pull_up, active_state = {"up": (True, None), "down": (False, None), "none": (None, True)}[pull]
    try:
        return InputDevice(gpio, pull_up=pull_up, active_state=active_state, pin_factory=factory)
    except driver_errors() as error:
        raise _cannot_open(name, gpio, error) from error


def driver_errors() -> tuple[type[Exception], ...]:
    """What driving a line may raise; lgpio's own error is a bare Exception, and is known once lgpio is loaded."""
    from gpiozero import GPIOZeroError

    known = (GPIOZeroError, OSError, ValueError)
    lgpio = sys.modules.get("lgpio")
    return known if lgpio is None else (*known, lgpio.error)


def _may_be_a_board(chip: str | None) -> bool:
    """Whether there is a header, or a chip that may be one but cannot be asked by this user."""
    wanted = HEADER_LABELS if chip is None else (chip,)
    return any(each.label is None or each.label in wanted for each in gpio_chips())


def _board(chip: int) -> Factory:
    """The lines of a chip, each of which shows what it should from the first instant that it is driven.

    gpiozero's own first drive it low: a relay that is energised by going low would let somebody in meanwhile.
    """
    import lgpio
    from gpiozero.pins.lgpio import LGPIOFactory, LGPIOPin

    class Line(LGPIOPin):  # type: ignore[misc]  # gpiozero carries no types
        """A line of the board."""

        def output_with_state(self, state: float) -> None:
            lgpio.gpio_claim_output(self.factory._handle, self._number, int(state))

    factory = LGPIOFactory(chip=chip)
    factory.pin_class = Line
    return factory


def _logged(what: str, gpio: int, call: Callable[[], None]) -> Callable[[], None]:
    def guarded() -> None:
        try:
            call()
        except Exception:  # the border of gpiozero's thread
            log.exception("button=%s gpio=%d effect='the press is lost'", what, gpio)

    return guarded


def _no_board(error: Exception | str) -> SignalError:
    return SignalError(
        f"GPIO cannot be opened ({error}); install python3-lgpio and put this user into the group gpio, "
        "or set signals.driver to mock"
    )


def _cannot_open(name: str, gpio: int, error: Exception) -> SignalError:
    return SignalError(f"GPIO {gpio} ({name}): cannot be opened ({error}); choose a free BCM pin")
