"""The door's lines as a configuration wants them: opened, exchanged for others, and opened again when lost."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from edge.config.hours import is_open, parse_span
from edge.config.schema import Config
from edge.door.contract import Contract, Happening
from edge.door.keeper import EARLY_S, DoorKeeper, Listeners
from edge.door.latches import Latched, LatchWriter
from edge.errors import SignalError
from edge.health import HealthMonitor
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
    ) -> None:
        self._buttons = buttons
        self._told = told
        self._health = health
        self._latched = latched
        self._write_down = LatchWriter(told.latched, health, latched)
        self._live = live
        self._clock = clock
        self._config = config
        self._muted_until = float("-inf")
        self._lost: SignalError | None = None
        self._keeper = self._open(config)

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
            self._reopen()
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
        return self._outputs.try_out(role, may_open=may_open)

    def order_lockdown(self, on: bool) -> bool:
        """Begin or end a lock-down; False if the switch at the door keeps it on."""
        return self._keeper.order_lockdown(on)

    def reset_fire(self) -> bool:
        """The fire is over; False, and nothing changes, while its contact is open."""
        return self._keeper.reset_fire()

    def acknowledge(self) -> None:
        """Silence the door's present warning."""
        self._keeper.acknowledge()

    def mute(self, until: float) -> None:
        """No warning sounds before `until` (stream seconds)."""
        self._muted_until = until
        self._keeper.mute(until)

    def exchange(self, config: Config, at: float, report: Callable[[PinChange], None]) -> None:
        """Use the lines of another configuration, if they differ; `report` is told what goes off.

        A line can be opened only once, so the old ones go first and come back if the new ones cannot be had.

        Raises:
            SignalError: if the new ones cannot be had.
        """
        if _wiring(config) == _wiring(self._config):
            return
        for change in self.close(at):
            report(change)
        try:
            self._keeper = self._open(config)
        except Exception:  # whatever it is, the old ones come back
            self._reopen()
            raise
        self._config, self._lost = config, None

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

    def _reopen(self) -> None:
        """Take the lines of the configuration in use again; what cannot be had is tried with every picture."""
        try:
            self._keeper = self._open(self._config)
            self._lost = None
        except SignalError as error:
            self._lost = error

    def _open(self, config: Config) -> DoorKeeper:
        signals = config.signals
        outputs = DoorSignals(
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
        try:
            inputs = _open_inputs(config)
        except SignalError:
            outputs.close()
            raise
        self._outputs = outputs
        keeper = DoorKeeper(
            self._contract(config),
            outputs,
            inputs,
            debounce_s=config.inputs.debounce_s,
            is_open_hour=lambda: self._live and _is_open_hour(config),
            listeners=Listeners(self._told.happened, self._show_if_there(config), self._latch),
            health=self._health,
            silence_s=RELAY_TIMEOUT_S if self._live else None,
            clock=self._clock,
        )
        keeper.mute(self._muted_until)
        if self._live and (config.inputs.pins or config.relay.mode == "pulse"):
            keeper.start()
        return keeper

    def _contract(self, config: Config) -> Contract:
        relay, inputs = config.relay, config.inputs
        return Contract(
            drives=config.drives_door,
            mode=relay.mode,
            pulse_s=relay.pulse_s - EARLY_S,
            exit_s=relay.exit_s,
            grace_s=inputs.grace_s,
            held_open_s=inputs.held_open_s,
            lockdown=self._latched.lockdown,
            fire=self._latched.fire,
        )

    def _show_if_there(self, config: Config) -> Callable[[Doorway], None]:
        """Of a door without lock and contacts nothing is told."""
        is_there = config.signals.relay is not None or bool(config.inputs.pins)
        return lambda doorway: self._told.shown(doorway if is_there else None)

    def _latch(self, latched: Latched) -> None:
        self._latched = latched
        self._write_down(latched)


def _driven(config: Config) -> dict[str, int]:
    """Without a lock to drive the relay is left alone."""
    return {role: gpio for role, gpio in config.signals.pins.items() if config.drives_door or role != "relay"}


def _open_inputs(config: Config) -> InputLines:
    inputs, signals = config.inputs, config.signals
    return InputLines(
        inputs.pins, driver=signals.driver, chip=signals.chip, active_low=inputs.active_low, pull=inputs.pull
    )


def _is_open_hour(config: Config) -> bool:
    hours = config.relay.open_hours
    return bool(hours) and is_open([parse_span(text) for text in hours], datetime.now().astimezone())


def _wiring(config: Config) -> object:
    """What makes other lines necessary, or another contract."""
    return config.drives_door, config.signals, config.relay, config.inputs
