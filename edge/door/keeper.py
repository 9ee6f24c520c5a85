"""Keeps the door: reads its contacts, asks its contract, drives its relay, and tells what happened."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Collection
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from threading import Event as CloseEvent
from threading import RLock, Thread

from edge.door.contract import Contacts, Contract, Happening, Rules
from edge.door.debounce import Debounced
from edge.door.latches import Latched
from edge.errors import SignalError
from edge.health import HealthMonitor, Level
from edge.signals.door import DoorSignals, LockOrder, PinChange
from edge.signals.inputs import InputLines
from edge.signals.patterns import WARNINGS
from edge.types import AlarmState, DoorWarning, Doorway, Ruling, Verdict

log = logging.getLogger(__name__)

TICK_S = 0.02
"""How often contacts are read, and the longest by which a relay that is due goes off."""

EARLY_S = 2 * TICK_S
"""By which a pulse is shortened: it may be late by a tick, and is never longer than was set."""

FIRE_STEADY_S = 0.5
"""A fire is told by a contact that opens for good; what is shorter is a disturbance on a long wire."""

STUCK_S = 30.0
"""Nobody leans on an exit button for longer."""

AGAIN_S = 1.0
"""After an error that nobody expected, until the door is kept again."""

HOURS_S = 1.0
"""How often the clock on the wall is looked at."""


_CLOSED = frozenset({Ruling.FIRE, Ruling.LOCKDOWN, Ruling.FAULT})
"""Rulings under which nobody is asked in, whatever is worn."""


@dataclass(frozen=True, slots=True)
class Listeners:
    """Who is told of the door; each must return at once, and may be called from the keeper's thread.

    Attributes:
        happened: something is worth telling.
        shown: the door is another than before.
        latched: something stands that a power cut must not end, or does no more.
    """

    happened: Callable[[Happening], None]
    shown: Callable[[Doorway], None]
    latched: Callable[[Latched], None]


class DoorKeeper:
    """Has the door's contract drive the relay: with each state that is shown and, before a live camera, every TICK_S.

    Remembers what was shown last and when, what contacts are believed, since when the exit button is down, and since
    when a warning sounds. Lines may be exchanged for others, and rules too; what is known outlasts that.

    Args:
        contract: decides.
        signals: the outputs; closed with the keeper.
        inputs: the contacts; closed with it, too.
        debounce_s: how long a contact must be steady.
        is_open_hour: tells whether the clock on the wall unlocks the door.
        listeners: who is told.
        health: told of contacts that cannot be believed.
        silence_s: a state that was shown so long ago counts no more; None for a replay, which has no clock.
        clock: monotonic seconds.
    """

    def __init__(
        self,
        contract: Contract,
        signals: DoorSignals,
        inputs: InputLines,
        *,
        debounce_s: float,
        is_open_hour: Callable[[], bool],
        listeners: Listeners,
        health: HealthMonitor,
        silence_s: float | None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._contract = contract
        self._signals = signals
        self._inputs = inputs
        self._is_open_hour = is_open_hour
        self._listeners = listeners
        self._health = health
        self._silence_s = silence_s
        self._clock = clock
        self._lock = RLock()
        self._closing = CloseEvent()
        self._thread: Thread | None = None
        self._has_lines = True
        self._at = clock() if silence_s is not None else 0.0
        # Before anything was shown nobody watches: no hour opens the door to a kiosk whose camera may be missing.
        self._shown_at = float("-inf")
        self._later_s = 0.0
        self._muted_until = self._hours_due = float("-inf")
        self._open_hour = False
        self._doorway: Doorway | None = None
        self._latched = Latched(contract.lockdown_ordered, contract.fire)
        self._contacts = Contacts(settled="lockdown" not in inputs.roles)
        self._exit_down_since: float | None = None
        self._warning: tuple[DoorWarning, float] | None = None
        self._believe = _beliefs(debounce_s)

    def start(self) -> None:
        """Keep the door between two frames, too, on a thread of its own; may be called again."""
        if self._thread is None:
            self._thread = Thread(target=self._run, name="door keeper", daemon=True)
            self._thread.start()

    def held(self) -> AbstractContextManager[object]:
        """As long as this lasts nobody else moves the door; for an exchange of its lines in several steps."""
        return self._lock

    @property
    def fire(self) -> bool:
        """Whether a fire has the door open."""
        return self._contract.fire

    def let_go(self, at: float, *, outputs: bool, inputs: bool) -> tuple[PinChange, ...]:
        """Give outputs back, off, or inputs, or both; returns what went off. The door is not kept before `take`."""
        with self._lock:
            self._has_lines = False
            changes: tuple[PinChange, ...] = ()
            if outputs:
                changes = self._switch_off(at)
                self._signals.close()
            if inputs:
                self._inputs.close()
            return changes

    def take(
        self, signals: DoorSignals, inputs: InputLines, rules: Rules, *, debounce_s: float, same: Collection[str]
    ) -> None:
        """Keep the door with these lines, by these rules; everybody is judged anew.

        Args:
            signals, inputs, debounce_s: as for the keeper itself.
            rules: what is set for the door.
            same: inputs of which what was known still counts.
        """
        with self._lock:
            known = self._believe
            self._signals, self._inputs, self._believe = signals, inputs, _beliefs(debounce_s)
            for role in same:
                known[role].steady_s = self._believe[role].steady_s
                self._believe[role] = known[role]
            self._contract.follow(rules)
            self._contract.begin_anew()
            # Whether it is told of the door may have changed, too.
            self._doorway = None
            self._hours_due = float("-inf")
            self._has_lines = True

    def begin_anew(self) -> None:
        """What was seen counts no more: everybody is judged anew."""
        with self._lock:
            self._contract.begin_anew()

    @property
    def was_released(self) -> bool:
        """See `DoorSignals.was_released`."""
        return self._signals.was_released

    def show(
        self, state: AlarmState, verdicts: tuple[Verdict, ...], at: float, *, audible: bool
    ) -> tuple[PinChange, ...]:
        """Show what the kiosk decided at `at` (stream seconds), and keep the door accordingly; returns what changed.

        Raises:
            SignalError: if a line cannot be driven; the door is kept as in FAULT then.
        """
        with self._lock:
            if self._closing.is_set() or not self._has_lines:
                return ()
            now = self._shown_at = self._time_of(at)
            self._contract.see(state, verdicts, now)
            order = self._decide(now)
            try:
                return self._signals.show(state, at, audible=audible, order=order)
            except SignalError:
                self._contract.see(AlarmState.FAULT, (), now)
                raise

    def tick(self) -> None:
        """Keep the door at this moment; a state that is too old is FAULT.

        Raises:
            SignalError: if the relay or the buzzer cannot be driven.
        """
        with self._lock:
            if self._closing.is_set() or not self._has_lines:
                return
            now = self._clock()
            if self._silence_s is not None and now - self._shown_at > self._silence_s:
                self._contract.see(AlarmState.FAULT, (), now)
            self._signals.keep(self._decide(now), now)

    def order_lockdown(self, on: bool) -> bool:
        """Begin or end a lock-down; False, and nothing changes, if the switch at the door keeps it on."""
        with self._lock:
            done = self._contract.order_lockdown(on)
            self._note_latches()
            return done

    def reset_fire(self) -> bool:
        """The fire is over; False, and nothing changes, while its contact is open, or was not read yet."""
        with self._lock:
            is_known = self._contacts.fire is not None or "fire" not in self._inputs.roles
            done = is_known and self._contract.reset_fire()
            self._note_latches()
            return done

    def acknowledge(self) -> None:
        """Silence the present warning."""
        with self._lock:
            self._contract.acknowledge()

    def mute(self, until: float) -> None:
        """No warning sounds before `until` (stream seconds)."""
        with self._lock:
            self._muted_until = until

    def try_out(self, role: str, *, may_open: Callable[[], bool]) -> bool:
        """See `DoorSignals.try_out`, which asks `may_open` when nothing else keeps the door shut."""

        def is_tried() -> bool:
            if not may_open():
                return False
            with self._lock:
                self._contract.tried(self._at if self._silence_s is None else self._clock())
            return True

        return self._signals.try_out(role, may_open=is_tried)

    def take_unreported(self) -> tuple[PinChange, ...]:
        """See `DoorSignals.take_unreported`."""
        return self._signals.take_unreported()

    def finish(self, at: float) -> tuple[PinChange, ...]:
        """Switch everything off, and give the lines back; returns what went off. May be called again."""
        # Not while the door is being kept: what that drives must not come after what is switched off here.
        with self._lock:
            self._closing.set()
            changes = self._switch_off(at)
            self.close()
            return changes

    def close(self) -> None:
        """The same without a word, from any thread, whatever the others are doing."""
        self._closing.set()
        self._signals.close()
        self._inputs.close()

    def _switch_off(self, at: float) -> tuple[PinChange, ...]:
        try:
            return self._signals.show(AlarmState.IDLE, at, audible=False, order=LockOrder())
        except SignalError:
            return self._signals.take_unreported()

    def _decide(self, now: float) -> LockOrder:
        """What the contract makes of this moment; tells whoever listens."""
        self._at = now
        self._contacts = self._look(now)
        doorway, happenings = self._contract(self._contacts, now, open_hours=self._look_at_clock(now))
        for happening in happenings:
            log.info("door=%s detail=%r", happening.kind, happening.detail)
            self._listeners.happened(happening)
        if doorway != self._doorway:
            self._doorway = doorway
            self._listeners.shown(doorway)
        self._note_latches()
        return LockOrder(
            unlocked=doorway.unlocked,
            unconditional=doorway.unlocked and doorway.ruling is Ruling.FIRE,
            closed=doorway.ruling in _CLOSED,
            pitch=self._pitch(doorway, now),
        )

    def _time_of(self, at: float) -> float:
        """The moment by the clock or, in a replay, by the clip's own time, which goes on when the clip begins again."""
        if self._silence_s is not None:
            return self._clock()
        self._later_s += max(0.0, self._at - self._later_s - at)
        return at + self._later_s

    def _look(self, now: float) -> Contacts:
        try:
            raw = self._inputs.read()
        except SignalError as error:
            self._health.fail("inputs", str(error), "check the wiring of the door's inputs, then restart")
            # What was known stands, but nobody presses a button that cannot be read.
            return replace(self._contacts, exit=None)
        seen = {name: self._believe[name](level, now) for name, level in raw.items()}
        self._look_for_faults(seen, now)
        lockdown = seen.get("lockdown")
        settled = lockdown is not None or "lockdown" not in seen
        return Contacts(seen.get("contact"), seen.get("exit_button"), lockdown, seen.get("fire"), settled)

    def _look_for_faults(self, seen: dict[str, bool | None], now: float) -> None:
        if not seen.get("exit_button"):
            self._exit_down_since = None
        elif self._exit_down_since is None:
            self._exit_down_since = now
        flickering = [name for name in seen if self._believe[name].flickers]
        if flickering:
            cause = f"{', '.join(flickering)}: the contact flickers and is not believed"
        elif self._exit_down_since is not None and now - self._exit_down_since > STUCK_S:
            cause = f"exit_button: down for {STUCK_S:g} s or more"
        else:
            self._health.recover("inputs")
            return
        self._health.fail("inputs", cause, "check contact and wire at the door")

    def _look_at_clock(self, now: float) -> bool:
        if now >= self._hours_due:
            self._hours_due = now + HOURS_S
            self._open_hour = self._is_open_hour()
        return self._open_hour

    def _pitch(self, doorway: Doorway, now: float) -> float:
        if doorway.warning is None:
            self._warning = None
            return 0.0
        if self._warning is None or self._warning[0] is not doorway.warning:
            self._warning = doorway.warning, now
        if not self._contract.audible or now < self._muted_until:
            return 0.0
        return WARNINGS[doorway.warning].pitch(now - self._warning[1])

    def _note_latches(self) -> None:
        latched = Latched(self._contract.lockdown_ordered, self._contract.fire)
        if latched == self._latched:
            return
        self._latched = latched
        self._listeners.latched(latched)

    def _run(self) -> None:
        while not self._closing.wait(TICK_S):
            try:
                self.tick()
            except SignalError as error:
                # The next state that is shown meets the same line, and says so.
                log.debug("door=unkept cause=%r", str(error))
            except Exception as error:  # the border of the thread: a door that nobody keeps is shut
                log.exception("door=unkept")
                cause = f"nobody keeps the door ({type(error).__name__}: {error})"
                self._health.fail("door", cause, "restart the service", level=Level.FAULT)
                self._closing.wait(AGAIN_S)


def _beliefs(debounce_s: float) -> dict[str, Debounced]:
    """When each contact is believed, and what counts while it flickers: whatever opens nothing."""
    return {
        "contact": Debounced(steady_s=debounce_s, distrusted=True),
        "exit_button": Debounced(steady_s=debounce_s, distrusted=None),
        "lockdown": Debounced(steady_s=debounce_s, distrusted=True),
        "fire": Debounced(steady_s=max(debounce_s, FIRE_STEADY_S), distrusted=False),
    }
