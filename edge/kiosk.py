"""The chain with its memory, the signals that show its state, and everybody who is told."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import count

from edge.chain.darkness import DARK_S, Darkness
from edge.config.hours import is_open, parse_span
from edge.config.in_use import ConfigInUse
from edge.config.schema import Config
from edge.controls import Controls
from edge.errors import SignalError
from edge.events.journal import Journal
from edge.health import HealthMonitor, Level
from edge.host.memory import give_back
from edge.signals.door import BUTTON, DoorSignals, PinChange
from edge.sinks import GuardedSink
from edge.stages import Networks, build_alarm, build_stages
from edge.timing import TellTime
from edge.types import AlarmState, Frame, Observation

RELAY_TIMEOUT_S = 3.0
"""A loop that shows nothing for this long must not hold the door open."""


@dataclass(frozen=True, slots=True)
class StateChange:
    """The door now shows something else; `at` in stream seconds."""

    before: AlarmState
    after: AlarmState
    at: float


Report = Callable[[StateChange | PinChange], None]
"""Told every change of state and of a pin."""

LoadNetworks = Callable[[Config], Networks]


class Kiosk:
    """Looks at frames, decides, signals and tells; driven by one thread.

    Args:
        in_use: the configuration in use, which the kiosk replaces.
        load_networks: makes the two networks a configuration names, or gives those it made before.
        report, sinks, health, journal: who is told.
        controls: asked by the button.
        tell_time: told how long each call of a network took, by stage.
        live: whether frames come from a camera, so that the clock on the wall counts: opening hours, and the relay's
            release should the loop hang. A replay follows the clip's time alone.

    Raises:
        ModelError: if a network cannot be loaded.
        SignalError: if a line cannot be had.
    """

    def __init__(
        self,
        in_use: ConfigInUse,
        *,
        load_networks: LoadNetworks,
        report: Report,
        sinks: tuple[GuardedSink, ...],
        health: HealthMonitor,
        journal: Journal,
        controls: Controls,
        tell_time: TellTime,
        live: bool,
    ) -> None:
        self._in_use = in_use
        self._load_networks = load_networks
        self._report = report
        self._sinks = sinks
        self._health = health
        self._journal = journal
        self._controls = controls
        self._tell_time = tell_time
        self._live = live
        config = in_use()
        self._networks = load_networks(config)
        self._alarm = build_alarm(config)
        self._signals = self._open_signals(config)
        self._shown = AlarmState.IDLE
        self._at = 0.0
        self._muted_until = 0.0
        self._replaced = False
        self._ids = count(1)
        self._darkness = Darkness()

    def watch(self, frames: Iterator[Frame]) -> Iterator[Observation]:
        """Look at each frame, and show and tell what it means; yields when a frame is done with.

        Raises:
            CameraError: if the camera is lost.
        """
        # The first pictures of a camera are often dark.
        self._darkness = Darkness()
        while True:
            self._replaced = False
            for observation in self._observe(frames):
                yield self._handle(observation)
                if self._replaced:
                    break
            else:
                return
            # The chain of before has ended, and with it networks that were exchanged: tens of megabytes.
            give_back()

    def acknowledge(self, by: str) -> None:
        """Silence the present alert; `by` tells the journal who wished it."""
        self._alarm.acknowledge()
        self._journal.audit(f"{by}: alert acknowledged")

    def mute(self, seconds: float, by: str) -> None:
        """Silence the buzzer for a while; 0 gives it its voice back."""
        self._muted_until = self._at + seconds
        self._alarm.mute(self._muted_until)
        self._health.mute(seconds)
        self._journal.audit(f"{by}: muted for {seconds:g} s" if seconds else f"{by}: no longer muted")

    def fail(self, at: float) -> None:
        """Show FAULT at `at` (stream seconds), without a frame: health knows why."""
        self._signal(AlarmState.FAULT, at)

    def replace_config(self, config: Config) -> None:
        """Use another configuration from now on; between two frames only. The camera is kept.

        Nothing changes if the new one cannot be used.

        Raises:
            MaskgateError: if a network or a line it names cannot be had.
        """
        networks = self._load_networks(config)
        if config.signals != self._in_use().signals:
            self._exchange_signals(config)
        self._networks = networks
        self._in_use.replace(config)
        self._alarm = build_alarm(config)
        self._alarm.mute(self._muted_until)
        self._replaced = True

    def take_over_model(self) -> None:
        """Load the networks again if another version has gone live.

        Raises:
            MaskgateError: if one cannot be loaded; the old ones are kept.
        """
        self.replace_config(self._in_use())

    def release_outputs(self) -> None:
        """Switch every output off for good, whatever the loop is doing; from any thread."""
        self._signals.close()

    def close(self) -> None:
        """Leave every output off; may be called again."""
        self._close_signals()

    def _observe(self, frames: Iterator[Frame]) -> Iterator[Observation]:
        return build_stages(
            self._in_use(),
            self._networks,
            alarm=self._alarm,
            is_on_duty=self._is_on_duty,
            ids=self._ids,
            tell_time=self._tell_time,
        ).observe(frames)

    def _is_on_duty(self) -> bool:
        hours = self._in_use().alarm.hours
        if not self._live or not hours:
            return True
        return is_open([parse_span(text) for text in hours], datetime.now().astimezone())

    def _handle(self, observation: Observation) -> Observation:
        """Show and tell what was decided on a frame.

        A frame that finds the kiosk in FAULT can end that, and is not decided on itself: everything begins anew with
        the next one.
        """
        at = observation.frame.taken_at
        is_blind = self._health.standing() is not None
        is_blind = self._is_dark(observation.frame) or is_blind
        state = self._signal(AlarmState.FAULT if is_blind else observation.state, at)
        observation = replace(observation, state=state)
        self._journal(observation)
        self._health.beat(observation)
        for sink in self._sinks:
            sink(observation)
        return observation

    def _is_dark(self, frame: Frame) -> bool:
        """Whether the camera shows nothing but darkness while somebody might come."""
        if not self._darkness(frame.least, frame.taken_at) or not self._is_on_duty():
            self._health.recover("light")
            return False
        cause = f"the picture has been black for {DARK_S:.0f} s"
        self._health.fail("light", cause, "uncover the lens, light the door, or set alarm.hours", level=Level.FAULT)
        return True

    def _signal(self, state: AlarmState, at: float) -> AlarmState:
        """Drive the lines; a kiosk that cannot signal shows FAULT with what still works."""
        self._at = at
        if state is AlarmState.FAULT:
            self._alarm.fault()
        try:
            changes = self._signals.show(state, at, audible=self._alarm.audible)
            self._health.recover("signals")
        except SignalError as error:
            self._health.fail("signals", str(error), "check the wiring, then restart", level=Level.FAULT)
            state = self._alarm.fault()
            changes = self._show_what_works(state)
        if state is not self._shown:
            self._report(StateChange(self._shown, state, at))
            self._shown = state
        for change in changes:
            self._report(change)
        return state

    def _show_what_works(self, state: AlarmState) -> tuple[PinChange, ...]:
        """Drive the lines that can be driven, and tell which changed."""
        try:
            return self._signals.show(state, self._at, audible=False)
        except SignalError:
            return self._signals.take_unreported()

    def _open_signals(self, config: Config) -> DoorSignals:
        signals = config.signals
        return DoorSignals(
            pins=signals.pins,
            driver=signals.driver,
            chip=signals.chip,
            active_high=dict.fromkeys(signals.active_low, False),
            sound=signals.sound,
            on_press=self._press,
            on_hold=self._hold,
            on_release=self._tell_silence,
            relay_timeout_s=RELAY_TIMEOUT_S if self._live else None,
            relay_pulse_hz=signals.relay_pulse_hz,
        )

    def _press(self) -> None:
        self._controls.acknowledge(BUTTON)

    def _hold(self) -> None:
        self._controls.mute(self._in_use().alarm.mute_s, BUTTON)

    def _tell_silence(self) -> None:
        cause = f"nothing has been decided for {RELAY_TIMEOUT_S:.0f} s"
        self._health.fail("frames", cause, "see the camera's fault, or restart the service", level=Level.FAULT)

    def _close_signals(self) -> None:
        """Give the lines back, off, and tell which went off."""
        for change in self._show_what_works(AlarmState.IDLE):
            self._report(change)
        self._signals.close()

    def _exchange_signals(self, config: Config) -> None:
        """A line can be opened only once, so the old ones go first and come back if the new ones cannot be had."""
        self._close_signals()
        try:
            self._signals = self._open_signals(config)
        except SignalError:
            self._signals = self._open_signals(self._in_use())
            raise
