"""The door's lines as a configuration wants them: opened, exchanged for others, and opened again when lost."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from edge.config.hours import is_open, parse_span
from edge.config.schema import Config
from edge.door.contract import Contract, Happening, Rules
from edge.door.keeper import EARLY_S, DoorKeeper, Listeners
from edge.door.latches import Latched, LatchWriter
from edge.errors import ConfigError, SignalError
from edge.health import HealthMonitor
from edge.host.wall_clock import WallClock
from edge.signals.door import DoorSignals, PinChange
from edge.signals.inputs import InputLines
from edge.types import AlarmState, Doorway, Verdict

RELAY_TIMEOUT_S = 0.9
"""A loop that shows nothing for this long must not hold the door open; a tenth of a second less than a gap between two
pictures after which the decision begins anew, because the picture that was shown last was not taken at that moment."""


@dataclass(frozen=True, slots=True)
class Told:
    """Who is told of the door itself; each must return at once, and may be called from another thread.

    Attributes:
        happened: something is worth telling.
        shown: the door is another than before; None where it has neither lock nor contacts.
        latched: writes down what a power cut must not end; on a thread of its own, may raise OSError.
    """

    happened: Callable[[Happening], None]
    shown: Callable[[Doorway | None], None]
    latched: Callable[[Latched], None]


@dataclass(frozen=True, slots=True)
class Buttons:
    """What is called when the button of the alarm is pressed and held, and when relay and green lamp were released."""

    on_press: Callable[[], None]
    on_hold: Callable[[], None]
    on_release: Callable[[], None]


class Lines:
    """Lamps, buzzer, relay and the door's inputs.

    Args:
        config: says which lines, and how the door is kept.
        buttons, told: who is told.
        health: told of inputs that cannot be believed.
        latched: what stood when the process before ended.
        live: whether the clock on the wall counts.
        clock: monotonic seconds.
        is_clock_set: whether the clock on the wall is right, as far as anybody knows; default: see `WallClock`.

    Raises:
        SignalError: if a line cannot be had.
    """

    def __init__(
        self,
        config: Config,
        *,
        buttons: Buttons,
        told: Told,
        health: HealthMonitor,
        latched: Latched,
        live: bool,
        clock: Callable[[], float],
        is_clock_set: Callable[[], bool] | None = None,
    ) -> None:
        self._buttons = buttons
        self._told = told
        self._health = health
        self._write_down = LatchWriter(told.latched, health, latched)
        self._live = live
        self._clock = clock
        self._is_clock_set = is_clock_set or WallClock()
        self._config = config
        self._lost: SignalError | None = None
        self._outputs: DoorSignals | None = None
        self._inputs: InputLines | None = None
        outputs, inputs = self._open_missing(config)
        self._keeper = DoorKeeper(
            # A recording has no past, and nobody was let in before it.
            Contract(_rules(config), lockdown=latched.lockdown, fire=latched.fire, armed=not live),
            outputs,
            inputs,
            debounce_s=config.inputs.debounce_s,
            is_open_hour=self._is_open_hour,
            listeners=Listeners(told.happened, self._show_if_there, self._write_down),
            health=health,
            silence_s=RELAY_TIMEOUT_S if live else None,
            clock=clock,
        )
        self._start_if_needed()

    @property
    def was_released(self) -> bool:
        """Whether relay and green lamp were taken off because nothing was shown, and no other state has been since."""
        return self._keeper.was_released

    def show(
        self, state: AlarmState, verdicts: tuple[Verdict, ...], at: float, *, audible: bool
    ) -> tuple[PinChange, ...]:
        """Drive the lines for `state`; lines that were lost are tried again first. Returns what changed.

        Raises:
            SignalError: if one cannot be had, or driven.
        """
        if self._lost is not None:
            self._reopen(at)
        if self._lost is not None:
            raise self._lost
        return self._keeper.show(state, verdicts, at, audible=audible)

    def show_what_works(self, state: AlarmState, at: float) -> tuple[PinChange, ...]:
        """Drive the lines that can be driven, and say which changed."""
        try:
            return self._keeper.show(state, (), at, audible=False)
        except SignalError:
            return self._keeper.take_unreported()

    @property
    def pins(self) -> Mapping[str, int]:
        """BCM number of each output that is driven, and of the button."""
        return _driven(self._config)

    def try_out(self, role: str, *, may_open: Callable[[], bool]) -> bool:
        """Blink an output, or click the relay; from any thread, see `DoorSignals.try_out`.

        Raises:
            SignalError: if there is no such output, or it cannot be driven.
        """
        if self._outputs is None:
            raise self._lost or SignalError(f"{role}: its line is not open")
        return self._keeper.try_out(role, may_open=may_open)

    def order_lockdown(self, on: bool) -> bool:
        """Begin or end a lock-down; False, and nothing changes, if the switch at the door keeps it on."""
        return self._keeper.order_lockdown(on)

    def reset_fire(self) -> bool:
        """The fire is over; False, and nothing changes, while its contact is open."""
        return self._keeper.reset_fire()

    def acknowledge(self) -> None:
        """Silence the door's present warning."""
        self._keeper.acknowledge()

    def mute(self, until: float) -> None:
        """No warning sounds before `until` (stream seconds)."""
        self._keeper.mute(until)

    def begin_anew(self) -> None:
        """Everybody is judged anew: nobody is known to be somebody else than before."""
        self._keeper.begin_anew()

    def exchange(self, config: Config, at: float, report: Callable[[PinChange], None]) -> None:
        """Use the lines and rules of another configuration; `report` is told what goes off.

        Lines that stay the same are not touched, and what is known of the door stands. A line can be opened only once,
        so those that differ go first, and come back if the new ones cannot be had.

        Raises:
            ConfigError: if it would take the lock from under a fire.
            SignalError: if the new ones cannot be had.
        """
        if _wiring(config) == _wiring(self._config) and self._lost is None:
            return
        changes: tuple[PinChange, ...] = ()
        try:
            with self._keeper.held():
                other_outputs = _output_wiring(config) != _output_wiring(self._config)
                if other_outputs and self._keeper.fire and self._config.drives_door:
                    raise ConfigError(
                        "the door is open because of a fire: signals and alarm.mode stay as they are until that is "
                        "reset; reset the fire, then reload"
                    )
                changes = self._let_go(at, outputs=other_outputs, inputs=_inputs_of(config) != _inputs_of(self._config))
                try:
                    self._take(config)
                except Exception:  # whatever it is, the old ones come back
                    self._reopen(at)
                    raise
        finally:
            for change in changes:
                report(change)

    def close(self, at: float) -> tuple[PinChange, ...]:
        """Give the lines back, off; returns which went off. May be called again."""
        return self._keeper.finish(at)

    def end(self, at: float) -> tuple[PinChange, ...]:
        """Close for good, once what a power cut must not end is written down."""
        changes = self.close(at)
        self._write_down.close()
        return changes

    def release(self) -> None:
        """Switch every output off for good; from any thread."""
        self._keeper.close()

    def _let_go(self, at: float, *, outputs: bool, inputs: bool) -> tuple[PinChange, ...]:
        changes = self._keeper.let_go(at, outputs=outputs, inputs=inputs)
        self._outputs = None if outputs else self._outputs
        self._inputs = None if inputs else self._inputs
        return changes

    def _take(self, config: Config) -> None:
        """Open what of a configuration's lines is not open, and have the door kept with them."""
        before, now = _inputs_of(self._config), _inputs_of(config)
        # A door contact that was moved to another line is still this door's.
        same = {role for role in now if before.get(role) == now[role] or (role == "contact" and role in before)}
        outputs, inputs = self._open_missing(config)
        self._config, self._lost = config, None
        self._keeper.take(outputs, inputs, _rules(config), debounce_s=config.inputs.debounce_s, same=same)
        self._start_if_needed()

    def _reopen(self, at: float) -> None:
        """Take the lines of the configuration in use again; what cannot be had is tried with every picture."""
        try:
            self._take(self._config)
        except SignalError as error:
            self._let_go(at, outputs=True, inputs=True)
            self._lost = error

    def _open_missing(self, config: Config) -> tuple[DoorSignals, InputLines]:
        outputs = self._outputs or self._open_outputs(config)
        try:
            inputs = self._inputs or _open_inputs(config)
        except Exception:
            if self._outputs is None:
                outputs.close()
            raise
        self._outputs, self._inputs = outputs, inputs
        return outputs, inputs

    def _open_outputs(self, config: Config) -> DoorSignals:
        signals = config.signals
        return DoorSignals(
            pins=_driven(config),
            driver=signals.driver,
            chip=signals.chip,
            active_high=dict.fromkeys(signals.active_low, False),
            sound=signals.sound,
            on_press=self._buttons.on_press,
            on_hold=self._buttons.on_hold,
            on_release=self._buttons.on_release,
            relay_timeout_s=RELAY_TIMEOUT_S if self._live else None,
            relay_pulse_hz=signals.relay_pulse_hz,
            clock=self._clock,
        )

    def _start_if_needed(self) -> None:
        """Contacts are looked at, and pulses end, between two pictures, too."""
        if self._live and (self._config.inputs.pins or self._config.relay.mode == "pulse"):
            self._keeper.start()

    def _show_if_there(self, doorway: Doorway) -> None:
        """Of a door without lock and contacts nothing is told."""
        is_there = self._config.signals.relay is not None or bool(self._config.inputs.pins)
        self._told.shown(doorway if is_there else None)

    def is_clock_set(self) -> bool:
        """Whether the clock on the wall is right, as far as anybody knows."""
        return self._is_clock_set()

    def _is_open_hour(self) -> bool:
        """Whether the door is unlocked for everybody now, by a clock that is known to be right."""
        hours = self._config.relay.open_hours
        if not self._live or not hours:
            self._health.recover("clock")
            return False
        if not self._is_clock_set():
            cause = "nobody vouches for the clock on the wall, so that relay.open_hours open nothing"
            self._health.fail("clock", cause, "give the board a time server, or a clock with a battery")
            return False
        self._health.recover("clock")
        return is_open([parse_span(text) for text in hours], datetime.now().astimezone(self._config.door.zone))


def _driven(config: Config) -> dict[str, int]:
    """Without a lock to drive the relay is left alone."""
    return {role: gpio for role, gpio in config.signals.pins.items() if config.drives_door or role != "relay"}


def _open_inputs(config: Config) -> InputLines:
    inputs, signals = config.inputs, config.signals
    return InputLines(
        inputs.pins, driver=signals.driver, chip=signals.chip, active_low=inputs.active_low, pull=inputs.pull
    )


def _rules(config: Config) -> Rules:
    relay, inputs = config.relay, config.inputs
    return Rules(
        drives=config.drives_door,
        mode=relay.mode,
        pulse_s=relay.pulse_s - EARLY_S,
        exit_s=relay.exit_s,
        grace_s=inputs.grace_s,
        held_open_s=inputs.held_open_s,
    )


def _output_wiring(config: Config) -> object:
    """What makes other outputs necessary."""
    return config.drives_door, config.signals


def _inputs_of(config: Config) -> dict[str, object]:
    """The inputs that there are, and what makes another line of each."""
    inputs, signals = config.inputs, config.signals
    common = inputs.pull, signals.driver, signals.chip
    return {role: (gpio, role in inputs.active_low, common) for role, gpio in inputs.pins.items()}


def _wiring(config: Config) -> object:
    """What makes other lines necessary, or other rules."""
    return config.drives_door, config.signals, config.relay, config.inputs
