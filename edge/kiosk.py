"""The chain with its memory, the signals that show its state, and everybody who is told."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import count

from edge.assembly.lines import RELAY_TIMEOUT_S, Buttons, Lines, Told
from edge.assembly.loading import tells_kinds
from edge.assembly.rehearsal import rehearse
from edge.assembly.stages import Networks, Notice, build_alarm, build_stages, notice_nobody, take_at_its_word
from edge.chain.census import Census
from edge.chain.darkness import DARK_S, Darkness
from edge.chain.liveness import FROZEN_S, Liveness
from edge.chain.one_colour import BLANK_S, OneColour
from edge.config.hours import is_open, parse_required, parse_span, required_at
from edge.config.in_use import ConfigInUse
from edge.config.schema import Config
from edge.controls import Controls
from edge.door.contract import Happening
from edge.door.latches import Latches
from edge.errors import CameraFrozenError, OrderRefusedError, SignalError
from edge.events.journal import Journal
from edge.health import HealthMonitor, Level, reason_of
from edge.host.memory import give_back
from edge.networks import kinds
from edge.signals.door import BUTTON, PinChange
from edge.sinks import GuardedSink
from edge.timing import TellTime
from edge.types import AlarmState, Doorway, Frame, Label, Observation, Required, Verdict

GAP_S = 1.0
"""After a second without a frame, or with one that is a second old, nobody knows who stands there now: the decision
begins anew. PASS needs readings no older than this."""


@dataclass(frozen=True, slots=True)
class StateChange:
    """The door now shows something else; `at` in stream seconds, `reason` that of an alert or a reminder."""

    before: AlarmState
    after: AlarmState
    at: float
    reason: Label | None = None


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
        latches: what a power cut must not end.
        notice: told every reading, before the sinks are told of its frame.
        live: whether frames come from a camera, so that clocks count: opening hours, the age of a picture, and the
            relay's release should the loop hang; and that a view without life is a stuck camera. A replay follows the
            clip's time alone.
        clock: monotonic seconds, by which a live camera's frames are stamped.

    Attributes:
        census: the account of the faces that do not count; asked from any thread.
        pressed_at: when the button was pressed last, by the clock; None if it never was.

    Raises:
        ConfigError: if the chain cannot work with the configuration.
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
        latches: Latches,
        notice: Notice = notice_nobody,
        live: bool,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._in_use = in_use
        self._load_networks = load_networks
        self._report = report
        self._sinks = sinks
        self._health = health
        self._journal = journal
        self._controls = controls
        self._tell_time = tell_time
        self._notice = notice
        self._live = live
        self._clock = clock
        config = in_use()
        rehearse(config)
        self._networks = load_networks(config)
        self._look_for_kinds(config)
        self._alarm = build_alarm(config)
        self.pressed_at: float | None = None
        self._is_locked_down = False
        self._lines = Lines(
            config,
            buttons=Buttons(self._press, self._hold, self._tell_silence),
            told=Told(self._tell_happening, self._show_doorway, latches.keep),
            health=health,
            latched=latches.load(),
            live=live,
            clock=clock,
        )
        self._shown = AlarmState.IDLE
        self._at = 0.0
        self._muted_until = 0.0
        self._has_ended = False
        self._ids = count(1)
        self._darkness = Darkness()
        self._one_colour = OneColour()
        self._liveness = Liveness()
        self.census = Census()
        self._began_at: float | None = None
        self._frame_at = 0.0

    def watch(self, frames: Iterator[Frame]) -> Iterator[Observation]:
        """Look at each frame, and show and tell what it means; yields when a frame is done with.

        Raises:
            CameraError: if the camera is lost.
            CameraFrozenError: if it has shown the same for so long that it must be stuck, and is to be opened again.
        """
        # The first pictures of a camera are often dark.
        self._darkness = Darkness()
        self._one_colour = OneColour()
        self._began_at = None
        while True:
            self._has_ended = False
            for observation in self._observe(frames):
                yield self._handle(observation)
                if self._has_ended:
                    break
            else:
                return
            # The chain of before has ended, and with it networks that were exchanged: tens of megabytes.
            give_back()

    def acknowledge(self, by: str) -> None:
        """Silence the present alert, and the door's warning; `by` tells the journal who wished it."""
        self._alarm.acknowledge()
        self._lines.acknowledge()
        self._journal.silence(by, "alert acknowledged")

    def mute(self, seconds: float, by: str) -> None:
        """Silence the buzzer for a while; 0 gives it its voice back."""
        self._muted_until = self._at + seconds
        self._alarm.mute(self._muted_until)
        self._lines.mute(self._muted_until)
        self._health.mute(seconds)
        if seconds:
            self._journal.silence(by, f"muted for {seconds:g} s")
        else:
            self._journal.audit(f"{by}: no longer muted")

    def lock_down(self, on: bool, by: str) -> None:
        """Begin or end a lock-down; one that is refused changes nothing.

        Raises:
            OrderRefusedError: if the switch at the door keeps it on.
        """
        done = self._lines.order_lockdown(on)
        ended = "off" if done else "not ended, its switch is on"
        self._journal.audit(f"{by}: lock-down {'on' if on else ended}")
        if not done:
            raise OrderRefusedError("the lock-down goes on: its switch at the door is on")

    def reset_fire(self, by: str) -> None:
        """The fire is over: the door is locked again.

        Raises:
            OrderRefusedError: while the fire contact is open.
        """
        done = self._lines.reset_fire()
        self._journal.audit(f"{by}: fire reset" if done else f"{by}: fire not reset, its contact is open")
        if not done:
            raise OrderRefusedError("the fire contact is open: reset the fire alarm first")

    def fail(self, at: float) -> None:
        """Show FAULT at `at` (stream seconds), without a frame: health knows why."""
        self._signal(AlarmState.FAULT, (), at)

    def replace_config(self, config: Config) -> None:
        """Use another configuration from now on; between two frames only. The camera is kept.

        Nothing changes if the new one cannot be used.

        Raises:
            MaskgateError: if a network or a line it names cannot be had, or the chain cannot work with it.
        """
        rehearse(config)
        networks = self._load_networks(config)
        self._lines.exchange(config, self._at, self._report)
        self._lines.begin_anew()
        self._networks = networks
        self._look_for_kinds(config)
        self._in_use.replace(config)
        self._alarm = build_alarm(config)
        self._alarm.mute(self._muted_until)
        self._has_ended = True

    def take_over_model(self) -> None:
        """Load the networks again if another version has gone live.

        Raises:
            MaskgateError: if one cannot be loaded; the old ones are kept.
        """
        self.replace_config(self._in_use())

    @property
    def pins(self) -> Mapping[str, int]:
        """BCM number of each line in use, by role."""
        return self._lines.pins

    def try_out(self, role: str) -> bool:
        """Blink an output, or click the relay, for two seconds at most, while the door is watched; from any thread.

        Returns:
            whether it was shown to the end; an alert, a fault or a lock-down ends what opens the door.

        Raises:
            SignalError: if there is no such output, or it cannot be driven.
        """
        return self._lines.try_out(role, may_open=lambda: not self._is_locked_down)

    def release_outputs(self) -> None:
        """Switch every output off for good, whatever the loop is doing; from any thread."""
        self._lines.release()

    def close(self) -> None:
        """Leave every output off; may be called again."""
        for change in self._lines.end(self._at):
            self._report(change)

    def _observe(self, frames: Iterator[Frame]) -> Iterator[Observation]:
        return build_stages(
            self._in_use(),
            self._networks,
            alarm=self._alarm,
            is_on_duty=self._is_on_duty,
            required=self._required,
            ids=self._ids,
            vouch=self._liveness if self._live else take_at_its_word,
            register=self.census,
            tell_time=self._tell_time,
            notice=self._notice,
        ).observe(frames)

    def _is_on_duty(self) -> bool:
        hours = self._in_use().alarm.hours
        if not self._live or not hours:
            return True
        return is_open([parse_span(text) for text in hours], datetime.now().astimezone(self._in_use().door.zone))

    def _required(self) -> Required:
        """Which masks let somebody in now; a recording knows no hour."""
        alarm = self._in_use().alarm
        if not self._live or not alarm.required_hours:
            return alarm.required
        now = None
        if self._lines.is_clock_set():
            now = datetime.now().astimezone(self._in_use().door.zone)
            self._health.recover("required")
        else:
            cause = "nobody vouches for the clock on the wall, so that the strictest of alarm.required_hours applies"
            self._health.fail("required", cause, "give the board a time server, or a clock with a battery")
        return required_at(alarm.required, [parse_required(text) for text in alarm.required_hours], now)

    def _look_for_kinds(self, config: Config) -> None:
        """A rule that nothing can keep lets nobody in."""
        if not config.alarm.required_hours:
            self._health.recover("required")
        if config.alarm.strictest is Required.ANY or tells_kinds(self._networks):
            self._health.recover("kinds")
            return
        cause = kinds.no_kinds(config.alarm.strictest, config.classifier.model)
        self._health.fail("kinds", cause, kinds.REMEDY, level=Level.FAULT)

    def _handle(self, observation: Observation) -> Observation:
        """Show and tell what was decided on a frame.

        A frame that finds the kiosk in FAULT can end that, and is not decided on itself: everything begins anew with
        the next one. So it does after a gap.
        """
        frame = observation.frame
        if self._is_broken_off(frame):
            self._has_ended = True
            self._lines.begin_anew()
            observation = replace(observation, verdicts=(), state=self._alarm.begin_anew())
        self._frame_at = frame.taken_at
        is_blind = self._health.standing() is not None
        is_blind = self._is_blank(frame) or self._is_dark(frame) or self._is_frozen(frame) or is_blind
        state = AlarmState.FAULT if is_blind else observation.state
        state = self._signal(state, observation.verdicts, frame.taken_at)
        observation = replace(observation, state=state)
        self._journal(observation)
        self._health.beat(observation)
        for sink in self._sinks:
            sink(observation)
        return observation

    def _is_broken_off(self, frame: Frame) -> bool:
        """Whether so long passed since the frame before, or since this one was taken, that nothing known counts."""
        if self._began_at is None:
            self._began_at = self._frame_at = frame.taken_at
        is_old = self._live and self._clock() - frame.taken_at > GAP_S
        return is_old or frame.taken_at - self._frame_at > GAP_S or self._lines.was_released

    def _is_blank(self, frame: Frame) -> bool:
        """Whether the pictures are none, while somebody might come: the stream is not decoded, or the camera is broken.

        Raises:
            CameraFrozenError: if the camera is to be opened again.
        """
        colour = self._one_colour(frame.least, frame.taken_at)
        if colour is None or not self._is_on_duty():
            return False
        cause = f"every picture has been {colour} all over for {BLANK_S:.0f} s: the stream is not decoded, or is none"
        remedy = "look at the camera with another program; choose H.264 or MJPEG in it, and restart it"
        self._health.fail("view", cause, remedy, level=Level.FAULT)
        if self._live:
            raise CameraFrozenError(f"{cause}; {remedy}")
        return True

    def _is_frozen(self, frame: Frame) -> bool:
        """Whether the camera is stuck; one that was opened again may still be, and is given time to show another view.

        Raises:
            CameraFrozenError: if it is to be opened again.
        """
        if not self._liveness.is_frozen:
            self._health.recover("view")
            return False
        cause = f"nothing has changed in the picture for {FROZEN_S:.0f} s or more"
        remedy = "restart the camera; if what it sees is a picture of a face, set zones.ignored"
        self._health.fail("view", cause, remedy, level=Level.FAULT)
        if self._began_at is not None and frame.taken_at - self._began_at >= FROZEN_S:
            raise CameraFrozenError(f"the camera is stuck: {cause}; {remedy}")
        return True

    def _is_dark(self, frame: Frame) -> bool:
        """Whether the camera shows nothing but darkness while somebody might come."""
        if not self._darkness(frame.least, frame.taken_at) or not self._is_on_duty():
            self._health.recover("light")
            return False
        cause = f"the picture has been black for {DARK_S:.0f} s"
        self._health.fail("light", cause, "uncover the lens, light the door, or set alarm.hours", level=Level.FAULT)
        return True

    def _signal(self, state: AlarmState, verdicts: tuple[Verdict, ...], at: float) -> AlarmState:
        """Drive the lines; a kiosk that cannot signal shows FAULT with what still works."""
        self._at = at
        if state is AlarmState.FAULT:
            self._alarm.fault()
        try:
            changes = self._lines.show(state, verdicts, at, audible=self._alarm.audible)
            self._health.recover("signals")
        except SignalError as error:
            self._health.fail("signals", str(error), "check the wiring, then restart", level=Level.FAULT)
            state = self._alarm.fault()
            changes = self._lines.show_what_works(state, at)
        if state is not self._shown:
            self._report(StateChange(self._shown, state, at, reason_of(state, verdicts)))
            self._shown = state
        for change in changes:
            self._report(change)
        return state

    def _show_doorway(self, doorway: Doorway | None) -> None:
        self._is_locked_down = doorway is not None and doorway.lockdown
        self._health.show_doorway(doorway)

    def _press(self) -> None:
        self.pressed_at = self._clock()
        self._controls.acknowledge(BUTTON)

    def _hold(self) -> None:
        self._controls.mute(self._in_use().alarm.mute_s, BUTTON)

    def _tell_silence(self) -> None:
        cause = f"nothing has been decided for {RELAY_TIMEOUT_S:.0f} s"
        self._health.fail("frames", cause, "see the camera's fault, or restart the service", level=Level.FAULT)

    def _tell_happening(self, happening: Happening) -> None:
        self._journal.happen(happening.kind, happening.detail)
