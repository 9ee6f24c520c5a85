"""Lamps, buzzer, door relay and button at the door; `edge/signals/patterns.py` says what each output shows when."""

from __future__ import annotations

import atexit
import logging
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from threading import Event as CloseEvent
from threading import RLock, Thread
from typing import TYPE_CHECKING, Self

from edge.errors import SignalError
from edge.signals.patterns import BEEP_HZ, OUTPUTS, Sound, levels
from edge.signals.pins import Driver, Pulses, check_pins, driver_errors, open_button, open_factory, open_output
from edge.signals.trial import OPENS, Tried, steps
from edge.types import AlarmState

if TYPE_CHECKING:
    from gpiozero import Button

log = logging.getLogger(__name__)

BUTTON = "button"
ROLES = (*OUTPUTS, BUTTON)

INVITING = ("relay", "green")
"""Outputs that let somebody in."""

OVERSLEEP_S = 0.01
"""By which the thread that watches over them wakes too late rather than too early."""


@dataclass(frozen=True, slots=True)
class PinChange:
    """One output line went on or off: its role, its BCM number, its logical value, and when (stream seconds)."""

    name: str
    gpio: int
    value: bool
    at: float


@dataclass(frozen=True, slots=True)
class LockOrder:
    """What the door's contract wants of the relay, and of the buzzer while no alert sounds.

    Attributes:
        unlocked: energise the relay, as long as it is watched over and every lamp can be lit.
        unconditional: energise it whatever happens: fire.
        closed: nobody is to come in, whatever is worn; the lamps say so.
        pitch: of the buzzer, hertz; 0 is silence.
    """

    unlocked: bool = False
    unconditional: bool = False
    closed: bool = False
    pitch: float = 0.0


def _nothing() -> None:
    """What a button does that nobody listens to."""


class DoorSignals:
    """Drives the outputs as the door's state calls for; everything is off before, after, and when in doubt.

    Outputs follow the stream's own time, so that a replayed clip gives the same pin changes on every machine. Those
    that let somebody in also obey the clock on the wall: see `relay_timeout_s`.

    Raspberry Pi OS leaves a line driven when its process is killed (SIGKILL): a door needs `dtparam=strict_gpiod` in
    config.txt, which returns the lines of a dead process to inputs, or a stop command that opens and closes these
    signals once. An ordinary exit, a crash and SIGTERM are seen to here.

    Args:
        pins: BCM number of each role in use: `green`, `amber`, `red`, `buzzer`, `relay`, `button`.
        driver: `gpio` for the board's lines, `mock` for gpiozero's mock pins, `auto` for whichever is there.
        chip: label of the GPIO chip that has the lines; None for the header of a Raspberry Pi.
        active_high: False where all output lines switch their loads by going low; or a value for each role that
            differs, as in `{"relay": False}`. A button pulls its line low unless `{"button": True}`.
        sound: the buzzer's pattern; `tonal` needs a passive piezo, the others a buzzer with its own oscillator.
        on_release: called, from another thread, when relay and green lamp were taken off because nothing was shown for
            `relay_timeout_s`.
        on_press, on_hold: called when the button goes down, and when it has been down for `hold_s`; from another
            thread, so they should set a flag and return.
        debounce_s: seconds for which the button's contact may bounce.
        hold_s: seconds after which a press is a hold.
        on_release: called when the relay or the green lamp was released because nothing was shown for too long; from
            another thread.
        relay_timeout_s: release the relay, and put out the green lamp, when nothing was shown for this long by the
            monotonic clock, because a loop that hangs must let nobody in; None for a replay, which may be as slow as
            it likes. They come on again only by a new decision: once another state was shown.
        relay_pulse_hz: pulses a second of a relay that is held by pulses, see `Pulses`; None for a steady level.

    Raises:
        SignalError: if a role is unknown, or a line does not exist, is used twice or cannot be had.
    """

    def __init__(
        self,
        *,
        pins: Mapping[str, int],
        driver: Driver,
        chip: str | None,
        active_high: bool | Mapping[str, bool],
        sound: Sound,
        on_press: Callable[[], None] = _nothing,
        on_hold: Callable[[], None] = _nothing,
        on_release: Callable[[], None] = _nothing,
        debounce_s: float = 0.05,
        hold_s: float = 2.0,
        relay_timeout_s: float | None = None,
        relay_pulse_hz: float | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        check_pins(pins, ROLES)
        self._pins = dict(pins)
        self._sound = sound
        self._on_release = on_release
        self._relay_timeout_s = relay_timeout_s
        self._relay_pulse_hz = relay_pulse_hz
        self._clock = clock
        self._lock = RLock()
        self._closing = CloseEvent()
        self._outputs: dict[str, Tried] = {}
        self._levels: dict[str, float] = {}
        self._broken: set[str] = set()
        self._button: Button | None = None
        self._since: tuple[AlarmState, float] | None = None
        self._shown_at = (0.0, clock())
        self._released = False
        self._order: LockOrder | None = None
        self._unreported: list[PinChange] = []
        self._factory = open_factory(driver, chip=chip, tonal=sound == "tonal", warns=True)
        atexit.register(self.close)
        try:
            self._open(active_high)
            if BUTTON in pins:
                self._button = open_button(
                    pins[BUTTON],
                    active_high=isinstance(active_high, Mapping) and active_high.get(BUTTON, False),
                    debounce_s=debounce_s,
                    hold_s=hold_s,
                    on_press=on_press,
                    on_hold=on_hold,
                    factory=self._factory,
                )
        except SignalError:
            self.close()
            raise
        if relay_timeout_s is not None:
            Thread(target=self._guard, args=(relay_timeout_s,), name="relay guard", daemon=True).start()

    @property
    def was_released(self) -> bool:
        """Whether relay and green lamp were taken off because nothing was shown, and no other state has been since."""
        return self._released

    def show(
        self, state: AlarmState, at: float, *, audible: bool = True, order: LockOrder | None = None
    ) -> tuple[PinChange, ...]:
        """Drive the lines for `state` at stream time `at` (seconds); returns what changed.

        Lines that go off do so before others go on, and one that fails does not keep the others from changing.

        Args:
            audible: False while the buzzer is muted.
            order: what the door's contract wants; without one the relay is energised on PASS alone.

        Raises:
            SignalError: if a line cannot be driven.
        """
        with self._lock:
            self._shown_at = (at, self._clock())
            if self._since is None or self._since[0] is not state:
                self._since = (state, at)
            closed = order is not None and order.closed
            wanted = levels(state, at - self._since[1], sound=self._sound, audible=audible, closed=closed)
            self._order = order
            self._released = self._released and state is AlarmState.PASS
            if order is not None:
                wanted |= {"relay": float(order.unlocked), "buzzer": wanted["buzzer"] or order.pitch}
            if self._released:
                wanted |= dict.fromkeys(INVITING, 0.0)
            wanted["relay"] = max(wanted["relay"], float(self._is_unconditional))
            changes, self._unreported = self._unreported, []
            failures: list[SignalError] = []
            # The relay comes last of OUTPUTS, and opens no door while a lamp cannot show why.
            for name in sorted(self._outputs, key=lambda name: wanted[name] > 0):
                try:
                    is_safe = not failures or name != "relay" or self._is_unconditional
                    changes += self._drive(name, wanted[name] if is_safe else 0.0, at)
                except SignalError as error:
                    failures.append(error)
            if failures:
                self._unreported = changes
                raise failures[0]
            return tuple(changes)

    def keep(self, order: LockOrder, at: float) -> None:
        """Drive relay and buzzer between two states that are shown, from any thread; the next `show` reports it.

        A green lamp goes off at once where nobody is to come in any more.

        Raises:
            SignalError: if one of them cannot be driven.
        """
        with self._lock:
            self._order = order
            is_watched = not (self._released or self._broken - {"relay"} or self._is_silent())
            wanted = {"relay": float(order.unconditional or (order.unlocked and is_watched))}
            if self._since is None or self._since[0] is not AlarmState.ALERT:
                wanted["buzzer"] = order.pitch
            if order.closed:
                wanted["green"] = 0.0
            for name in wanted.keys() & self._outputs.keys():
                self._unreported += self._drive(name, wanted[name], at)

    def try_out(self, role: str, *, may_open: Callable[[], bool] = lambda: True) -> bool:
        """Blink one output, or click the relay, for two seconds at most, whatever is shown; from any thread.

        An alert or a fault ends a trial that opens the door, and none begins during one: a door that is not watched
        stays shut. It is no change of a pin that is told.

        Args:
            role: which.
            may_open: asked again and again, too, while the door is open for it, or else would be.

        Returns:
            whether it was shown to the end.

        Raises:
            SignalError: if there is no such output, or it cannot be driven.
        """
        output = self._outputs.get(role)
        if output is None:
            raise SignalError(f"{role}: no such output; there are: {', '.join(self._outputs) or 'none'}")

        def may_go_on() -> bool:
            stays_shut = self._since is not None and self._since[0] in (AlarmState.ALERT, AlarmState.FAULT)
            return role not in OPENS or (not stays_shut and not self._is_silent() and may_open())

        try:
            return may_go_on() and output.try_out(steps(role, BEEP_HZ if role == "buzzer" else 1.0), may_go_on)
        except driver_errors() as error:
            raise SignalError(f"GPIO {self._pins[role]} ({role}): cannot be driven ({error})") from error

    def take_unreported(self) -> tuple[PinChange, ...]:
        """What has changed since the last `show` that did not fail."""
        with self._lock:
            changes, self._unreported = self._unreported, []
            return tuple(changes)

    def release_if_silent(self) -> None:
        """Wave nobody through if nothing was shown for `relay_timeout_s`: relay and green lamp go off.

        The next `show` reports it.

        Raises:
            SignalError: if a line cannot be driven.
        """
        try:
            released = self._release_if_silent()
        except SignalError:
            self._on_release()
            raise
        if released:
            self._on_release()

    def _release_if_silent(self) -> bool:
        with self._lock:
            at, _ = self._shown_at
            # Fire opens the door whether or not anybody watches.
            kept = {"relay"} if self._is_unconditional else set()
            waving = [name for name in INVITING if self._levels.get(name) and name not in kept]
            if not waving or not self._is_silent():
                return False
            log.error("%s=released cause='nothing shown for %g s'", ",".join(waving), self._relay_timeout_s)
            self._released = True
            failures: list[SignalError] = []
            for name in waving:
                try:
                    self._unreported += self._drive(name, 0.0, at)
                except SignalError as error:
                    failures.append(error)
            if failures:
                raise failures[0]
            return True

    def close(self) -> None:
        """Switch everything off and give the lines back; may be called again."""
        atexit.unregister(self.close)
        self._closing.set()
        with self._lock:
            for output in self._outputs.values():
                # A line that cannot be switched off must not keep the others on.
                with suppress(*driver_errors()):
                    output.write(0.0)
            for device in (*self._outputs.values(), *([self._button] if self._button else [])):
                with suppress(*driver_errors()):
                    device.close()
            self._outputs, self._levels, self._button = {}, {}, None
            self._factory.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def _is_unconditional(self) -> bool:
        return self._order is not None and self._order.unconditional

    def _is_silent(self) -> bool:
        """Whether nothing was shown for `relay_timeout_s`."""
        _, shown = self._shown_at
        return self._relay_timeout_s is not None and self._clock() - shown > self._relay_timeout_s

    def _open(self, active_high: bool | Mapping[str, bool]) -> None:
        for name in OUTPUTS:
            if name in self._pins:
                high = active_high.get(name, True) if isinstance(active_high, Mapping) else active_high
                tonal = name == "buzzer" and self._sound == "tonal"
                gpio = self._pins[name]
                output = open_output(name, gpio, active_high=high, tonal=tonal, factory=self._factory)
                if name == "relay" and self._relay_pulse_hz is not None:
                    output = Pulses(output, hz=self._relay_pulse_hz, may_go_on=self._may_pulse)
                self._outputs[name] = Tried(output)
                self._levels[name] = 0.0

    def _may_pulse(self) -> bool:
        return self._is_unconditional or not self._is_silent()

    def _drive(self, name: str, level: float, at: float) -> list[PinChange]:
        """Write a level that differs from the last; a change of pitch alone is no change of the pin.

        A line that could not be driven is written each time until it can be.
        """
        before = self._levels[name]
        if level == before and name not in self._broken:
            return []
        try:
            self._outputs[name].write(level)
            self._broken.discard(name)
        except driver_errors() as error:
            self._broken.add(name)
            raise SignalError(f"GPIO {self._pins[name]} ({name}): cannot be driven ({error})") from error
        self._levels[name] = level
        if bool(level) == bool(before):
            return []
        return [PinChange(name, self._pins[name], bool(level), at)]

    def _guard(self, timeout_s: float) -> None:
        """Sleep until what was shown last is too old; it may have been shown anew meanwhile."""
        wait_s = timeout_s
        while not self._closing.wait(wait_s):
            try:
                self.release_if_silent()
            except SignalError as error:
                log.error("relay=stuck cause=%r", str(error))
            left_s = self._shown_at[1] + timeout_s - self._clock()
            # What is shown from now on is not too old before a whole timeout is over.
            wait_s = left_s + OVERSLEEP_S if left_s > 0 else timeout_s
