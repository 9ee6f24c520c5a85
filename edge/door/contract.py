"""When the door's lock opens, and what its contacts tell: a pure state machine. docs/door.md draws it.

| The first that applies | Lock |
|---|---|
| fire: the contact opened, and was not reset | open |
| lock-down, from the page, the broker or its switch | shut |
| FAULT | shut |
| exit button, for `exit_s` | open |
| ALERT | shut |
| open hours | open |
| PASS (`hold`), or its pulse (`pulse`) | open |
| anything else | shut |
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from edge.types import AlarmState, DoorWarning, Doorway, EventKind, Ruling, Verdict

Mode = Literal["hold", "pulse"]

FOUND_S = 3.0
"""Whoever stands at the door when everything is decided anew has been found by then, at two pictures a second, too."""

_NEVER = float("-inf")
_FREE = frozenset({Ruling.FIRE, Ruling.OPEN_HOURS})
"""Rulings under which a door may stand open as long as it likes."""
_OPEN = frozenset({Ruling.FIRE, Ruling.EXIT, Ruling.OPEN_HOURS, Ruling.PASS})


@dataclass(frozen=True, slots=True)
class Contacts:
    """What the door's inputs say, once they are believed; None: it is not known, or there is no such input.

    Attributes:
        is_open: the door stands open.
        exit: the exit button is down.
        lockdown: the lock-down switch is on.
        fire: the fire contact is open.
        settled: the lock-down switch was believed once, or there is none; nothing but fire opens a door before.
    """

    is_open: bool | None = None
    exit: bool | None = None
    lockdown: bool | None = None
    fire: bool | None = None
    settled: bool = True


@dataclass(frozen=True, slots=True)
class Happening:
    """Something at the door that is worth telling."""

    kind: EventKind
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Rules:
    """What is set for a door; may be exchanged while the contract lasts.

    Attributes:
        drives: whether there is a lock to drive; a kiosk that only reminds unlocks nothing, whatever is asked for.
        mode: whether PASS unlocks as long as it lasts, or for `pulse_s`.
        pulse_s: the longest time that one PASS unlocks in mode `pulse`.
        exit_s: how long the exit button unlocks.
        grace_s: how long after the lock shut the door may still be opened by whoever it was open for.
        held_open_s: how long a door may stand open.
    """

    drives: bool
    mode: Mode
    pulse_s: float
    exit_s: float
    grace_s: float
    held_open_s: float


class Contract:
    """Decides over the lock from the state of the kiosk, the contacts, and what was ordered.

    A pulse comes once for each PASS: the next needs another PASS, and before it an empty view or somebody who was not
    let in by the one before. It ends with PASS at the latest, so that nothing set keeps a door open for somebody else.

    Where everything is decided anew, people have other numbers than before: whoever is found within FOUND_S may be the
    one whom the last pulse let in, and gets none, unless the view had been empty since that pulse.

    Remembers the state, whom the last pulse let in, since when it watches, until when pulse and exit button unlock,
    what the door was last opened for, when it was tried, its warning, lock-down, and fire.

    Args:
        rules: what is set.
        lockdown: whether one was ordered, and not ended, when the process before ended.
        fire: whether the fire contact had opened by then, and was not reset.
        armed: whether nobody can have been let in before: a recording has no past.
    """

    def __init__(self, rules: Rules, *, lockdown: bool = False, fire: bool = False, armed: bool = False) -> None:
        self._rules = rules
        self._ordered = lockdown
        self._fire = fire
        self._state = AlarmState.IDLE
        self._is_armed = armed
        self._watches_since: float | None = None
        self._let_in: frozenset[int] = frozenset()
        self._pulse_until = self._exit_until = _NEVER
        self._contacts = Contacts(settled=False)
        self._lockdown = lockdown
        self._told_fire = fire
        self._unlocked_for: Ruling | None = None
        self._unlocked_at = self._tried_at = _NEVER
        self._open_since: float | None = None
        self._told_held = False
        self._warning: DoorWarning | None = None
        self._silenced = False

    @property
    def lockdown_ordered(self) -> bool:
        """Whether page or broker ordered a lock-down."""
        return self._ordered

    @property
    def fire(self) -> bool:
        """Whether the fire contact was opened, and not reset since."""
        return self._fire

    @property
    def audible(self) -> bool:
        """Whether the present warning should sound."""
        return self._warning is not None and not self._silenced

    def see(self, state: AlarmState, verdicts: tuple[Verdict, ...], at: float) -> None:
        """The kiosk decided on a frame, or is blind; `at` in stream seconds."""
        before, self._state = self._state, state
        people = frozenset(verdict.track_id for verdict in verdicts)
        if state is AlarmState.FAULT:
            self.begin_anew()
        else:
            self._recognise(people, at, is_empty=state is AlarmState.IDLE and not people)
        if state is not AlarmState.PASS:
            self._pulse_until = _NEVER
        elif before is not AlarmState.PASS and (self._is_armed or people - self._let_in):
            self._pulse_until = at + self._rules.pulse_s
            self._is_armed = False
            self._let_in = people

    def begin_anew(self) -> None:
        """What was seen counts no more, and nobody is who he was; fire, lock-down and warnings stand."""
        self._watches_since = None
        self._pulse_until = _NEVER
        if self._state is AlarmState.PASS:
            self._state = AlarmState.IDLE

    def follow(self, rules: Rules) -> None:
        """Other rules from now on."""
        self._rules = rules

    def order_lockdown(self, on: bool) -> bool:
        """Begin a lock-down, or end one that was ordered; False, and nothing changes, if the switch keeps it on.

        A switch that was not read yet may be on.
        """
        if not on and (self._contacts.lockdown or not self._contacts.settled):
            return False
        self._ordered = on
        return True

    def reset_fire(self) -> bool:
        """The fire is over; False, and nothing changes, while the contact is open."""
        self._fire = bool(self._contacts.fire)
        return not self._fire

    def acknowledge(self) -> None:
        """Silence the present warning; the next one sounds again."""
        self._silenced = self._silenced or self._warning is not None

    def tried(self, at: float) -> None:
        """Somebody has the lock open at `at` to see whether it works: whoever opens the door then forces nothing."""
        self._tried_at = at

    def __call__(self, contacts: Contacts, at: float, *, open_hours: bool) -> tuple[Doorway, tuple[Happening, ...]]:
        """What the lock does at `at`, and what has happened since the call before.

        Args:
            contacts: what the inputs say.
            at: stream seconds, never decreasing.
            open_hours: whether the door is to be unlocked for everybody now.
        """
        told = [*self._look_for_fire(contacts), *self._look_for_lockdown(contacts)]
        told += self._look_for_exit(contacts, at)
        ruling = self._rule(contacts, at, open_hours=open_hours)
        unlocked = self._rules.drives and ruling in _OPEN
        if unlocked:
            self._unlocked_for, self._unlocked_at = ruling, at
        told += self._look_at_door(contacts.is_open, ruling, at)
        self._contacts = contacts
        doorway = Doorway(ruling, unlocked, contacts.is_open, self._warning, self._lockdown, self._fire)
        return doorway, tuple(told)

    def _recognise(self, people: frozenset[int], at: float, *, is_empty: bool) -> None:
        if self._watches_since is None:
            self._watches_since = at
        if at - self._watches_since < FOUND_S:
            self._let_in |= people
        elif is_empty:
            self._is_armed = True

    def _rule(self, contacts: Contacts, at: float, *, open_hours: bool) -> Ruling:
        passes = self._state is AlarmState.PASS and (self._rules.mode == "hold" or at < self._pulse_until)
        applying = {
            Ruling.FIRE: self._fire,
            Ruling.LOCKDOWN: self._lockdown,
            Ruling.FAULT: self._state is AlarmState.FAULT or not contacts.settled,
            Ruling.EXIT: at < self._exit_until,
            Ruling.ALERT: self._state is AlarmState.ALERT,
            Ruling.OPEN_HOURS: open_hours,
            Ruling.PASS: passes,
        }
        return next((ruling for ruling, applies in applying.items() if applies), Ruling.SHUT)

    def _look_for_fire(self, contacts: Contacts) -> tuple[Happening, ...]:
        self._fire = self._fire or bool(contacts.fire)
        if self._fire is self._told_fire:
            return ()
        self._told_fire = self._fire
        return (Happening(EventKind.FIRE, "begins" if self._fire else "reset"),)

    def _look_for_lockdown(self, contacts: Contacts) -> tuple[Happening, ...]:
        lockdown = self._ordered or bool(contacts.lockdown)
        if lockdown is self._lockdown:
            return ()
        self._lockdown = lockdown
        return (Happening(EventKind.LOCKDOWN, "begins" if lockdown else "ends"),)

    def _look_for_exit(self, contacts: Contacts, at: float) -> tuple[Happening, ...]:
        """A press is a change from up to down; whatever locks the door meanwhile ends what the button asked for."""
        if self._state is AlarmState.FAULT or self._lockdown or contacts.exit is None:
            self._exit_until = _NEVER
        if not contacts.exit or self._contacts.exit is not False:
            return ()
        if self._lockdown and not self._fire:
            return (Happening(EventKind.EXIT_BUTTON, "refused: lock-down"),)
        if self._state is AlarmState.FAULT and not self._fire:
            return (Happening(EventKind.EXIT_BUTTON, "refused: the kiosk is out of order"),)
        self._exit_until = at + self._rules.exit_s
        return (Happening(EventKind.EXIT_BUTTON, "the door is unlocked" if self._rules.drives else ""),)

    def _look_at_door(self, is_open: bool | None, ruling: Ruling, at: float) -> list[Happening]:
        if not is_open:
            was_open = self._open_since is not None
            self._open_since, self._told_held, self._warning = None, False, None
            return [Happening(EventKind.DOOR_CLOSED)] if was_open and is_open is False else []
        told: list[Happening] = []
        if self._open_since is None:
            self._open_since = at
            # A door that was open when it was first looked at was opened by nobody knows whom.
            if self._contacts.is_open is False:
                told.append(self._opened(at))
        if ruling in _FREE:
            self._open_since, self._told_held = at, False
            if self._warning is DoorWarning.HELD_OPEN:
                self._warning = None
        elif at - self._open_since >= self._rules.held_open_s and not self._told_held:
            self._told_held = True
            # That it was forced is the graver thing.
            self._warn(self._warning or DoorWarning.HELD_OPEN)
            told.append(Happening(EventKind.DOOR_HELD_OPEN, f"for {self._rules.held_open_s:g} s"))
        return told

    def _opened(self, at: float) -> Happening:
        if not self._rules.drives:
            return Happening(EventKind.DOOR_OPENED, "the kiosk only reminds")
        if at - self._tried_at <= self._rules.grace_s and self._tried_at > self._unlocked_at:
            return Happening(EventKind.DOOR_OPENED, "the lock was tried")
        if self._unlocked_for is None or at - self._unlocked_at > self._rules.grace_s:
            self._warn(DoorWarning.FORCED)
            return Happening(EventKind.DOOR_FORCED, "opened while it was locked")
        if self._unlocked_for is Ruling.PASS:
            return Happening(EventKind.DOOR_ENTRY)
        if self._unlocked_for is Ruling.EXIT:
            return Happening(EventKind.DOOR_EXIT)
        return Happening(EventKind.DOOR_OPENED, self._unlocked_for.value.replace("_", " "))

    def _warn(self, warning: DoorWarning) -> None:
        self._warning, self._silenced = warning, False
