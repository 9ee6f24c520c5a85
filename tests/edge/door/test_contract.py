"""The door's contract under whatever a day brings, against rules that are written down here a second time."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from edge.door.contract import FOUND_S, Contacts, Contract, Happening, Mode, Rules
from edge.types import AlarmState, Box, DoorWarning, Doorway, EventKind, Label, Ruling, Verdict

IDLE, CHECKING, PASS, ALERT, FAULT = AlarmState
PULSE_S, EXIT_S, GRACE_S, HELD_S = 3.0, 5.0, 2.0, 20.0
TICK_S = 0.25
BOX = Box(0, 0, 9, 9)
RULES = Rules(drives=True, mode="hold", pulse_s=PULSE_S, exit_s=EXIT_S, grace_s=GRACE_S, held_open_s=HELD_S)


def contract(**arguments: object) -> Contract:
    """A door that is driven, with the times above, before which nobody was let in, but for `arguments`."""
    stood = {key: arguments.pop(key) for key in ("lockdown", "fire", "armed") if key in arguments}
    return Contract(replace(RULES, **arguments), **({"armed": True} | stood))  # type: ignore[arg-type]


def masked(*people: int) -> tuple[Verdict, ...]:
    return tuple(Verdict(person, BOX, Label.WITH_MASK, 0.9) for person in people)


class Door(RuleBasedStateMachine):
    """The contract, and beside it what was told, seen and ordered."""

    @initialize(drives=st.booleans(), mode=st.sampled_from(["hold", "pulse"]))
    def begin(self, drives: bool, mode: Mode) -> None:
        self.drives, self.mode = drives, mode
        self.contract = contract(drives=drives, mode=mode)
        self.at = 0.0
        self.state = IDLE
        self.people: set[int] = set()
        self.let_in: set[int] = set()
        self.is_fresh = True
        self.watches_since: float | None = None
        self.contacts = Contacts(is_open=False, exit=False, lockdown=False, fire=False)
        self.ordered = self.fire = self.open_hours = False
        self.pulse_began = self.exit_began = self.last_unlocked = float("-inf")
        self.may_open_for: Ruling | None = None
        self.opened_at: float | None = None
        self.expects_held = False
        self.tick()

    # --- what may happen ---

    @rule(state=st.sampled_from(AlarmState), people=st.sets(st.integers(1, 4), min_size=1))
    def decide(self, state: AlarmState, people: set[int]) -> None:
        """The kiosk decides on a frame: nobody in IDLE and FAULT, the masked ones in PASS."""
        people = set() if state in (IDLE, FAULT) else people
        self.look_around(state, people)
        if state is PASS and self.state is not PASS and (self.is_fresh or people - self.let_in):
            self.pulse_began, self.is_fresh, self.let_in = self.at, False, set(people)
        elif state is not PASS:
            self.pulse_began = float("-inf")
        self.state = state
        self.contract.see(state, masked(*people), self.at)
        self.tick()

    def look_around(self, state: AlarmState, people: set[int]) -> None:
        """Whoever is found soon after everything was decided anew may be the one who was let in before."""
        if state is FAULT:
            self.watches_since = None
            return
        if self.watches_since is None:
            self.watches_since = self.at
        if self.at - self.watches_since < FOUND_S:
            self.let_in |= people
        elif state is IDLE:
            self.is_fresh = True

    @rule()
    def lose_sight(self) -> None:
        """A gap between two pictures, or a reload: everybody is judged anew."""
        self.contract.begin_anew()
        self.watches_since, self.pulse_began = None, float("-inf")
        self.state = IDLE if self.state is PASS else self.state
        self.tick()

    @rule(drives=st.booleans(), mode=st.sampled_from(["hold", "pulse"]))
    def reload(self, drives: bool, mode: Mode) -> None:
        """Other rules: what stands goes on standing."""
        warning = self.doorway.warning
        self.drives, self.mode = drives, mode
        self.contract.follow(replace(RULES, drives=drives, mode=mode))
        self.lose_sight()
        assert self.doorway.warning == warning or DoorWarning.HELD_OPEN in (warning, self.doorway.warning)

    @rule(ticks=st.integers(1, 100))
    def wait(self, ticks: int) -> None:
        """Time passes."""
        for _ in range(ticks):
            self.at += TICK_S
            self.tick()

    @rule(is_open=st.booleans())
    def move(self, is_open: bool) -> None:
        """Somebody opens or shuts the door."""
        self.contacts = replace(self.contacts, is_open=is_open)
        self.tick()

    @rule(down=st.sampled_from([True, False, None]))
    def press(self, down: bool | None) -> None:
        """The exit button goes down or up, or is not believed."""
        before, self.contacts = self.contacts.exit, replace(self.contacts, exit=down)
        blocked = self.state is FAULT or self.is_locked_down
        if down is None or blocked:
            self.exit_began = float("-inf")
        if down and before is False and (self.fire or not blocked):
            self.exit_began = self.at
        self.tick()

    @rule(on=st.booleans())
    def switch(self, on: bool) -> None:
        """The lock-down switch is turned."""
        self.contacts = replace(self.contacts, lockdown=on)
        self.tick()

    @rule(on=st.booleans())
    def order(self, on: bool) -> None:
        """A lock-down is ordered or ended from afar."""
        is_done = on or not self.contacts.lockdown
        assert self.contract.order_lockdown(on) == is_done
        self.ordered = on if is_done else self.ordered
        self.tick()

    @rule(burns=st.booleans())
    def burn(self, burns: bool) -> None:
        """The fire contact opens, or closes again, which ends nothing."""
        self.contacts = replace(self.contacts, fire=burns)
        self.fire = self.fire or burns
        self.tick()

    @rule()
    def reset(self) -> None:
        """A fire is reset once its contact is closed, and not before."""
        assert self.contract.reset_fire() == (not self.contacts.fire)
        self.fire = bool(self.contacts.fire)
        self.tick()

    @rule()
    def change_hours(self) -> None:
        """The door's open hours begin or end."""
        self.open_hours = not self.open_hours
        self.tick()

    @rule()
    def restart(self) -> None:
        """The power goes and comes back: fire and an ordered lock-down stand, and nothing else opens the door."""
        lockdown, fire = self.contract.lockdown_ordered, self.contract.fire
        assert (lockdown, fire) == (self.ordered, self.fire)
        self.contract = contract(drives=self.drives, mode=self.mode, lockdown=lockdown, fire=fire, armed=False)
        self.state, self.is_fresh, self.let_in = IDLE, False, set()
        self.watches_since = None
        self.pulse_began = self.exit_began = self.last_unlocked = float("-inf")
        # What the inputs say is learned anew, and a door that is open then was opened by nobody knows whom.
        self.was_open: bool | None = None
        self.opened_at, self.may_open_for = None, None
        self.tick()

    # --- what must then hold ---

    was_open: bool | None = None

    @property
    def is_locked_down(self) -> bool:
        return self.ordered or bool(self.contacts.lockdown)

    def tick(self) -> None:
        doorway, told = self.contract(self.contacts, self.at, open_hours=self.open_hours)
        self.doorway = doorway
        if self.state is FAULT or self.is_locked_down:
            self.exit_began = float("-inf") if not self.fire else self.exit_began
        self.check_lock(doorway)
        self.check_told(doorway, told)
        self.was_open = self.contacts.is_open

    def check_lock(self, doorway: Doorway) -> None:
        assert (doorway.fire, doorway.lockdown) == (self.fire, self.is_locked_down)
        if not self.drives:
            # A kiosk that reminds unlocks nothing, whatever happens.
            assert not doorway.unlocked
            return
        if self.fire:
            assert doorway.unlocked
            return
        if self.is_locked_down or self.state is FAULT:
            assert not doorway.unlocked
            return
        by_button = self.at - self.exit_began < EXIT_S
        by_hours = self.open_hours and self.state is not ALERT
        in_pulse = self.at - self.pulse_began < PULSE_S
        by_mask = self.state is PASS and (self.mode == "hold" or in_pulse)
        assert doorway.unlocked == (by_button or by_hours or by_mask)

    def check_told(self, doorway: Doorway, told: tuple[Happening, ...]) -> None:
        kinds = [happening.kind for happening in told]
        if doorway.unlocked:
            self.last_unlocked, self.may_open_for = self.at, doorway.ruling
        is_open = bool(self.contacts.is_open)
        opens = is_open and self.was_open is False
        may_open = self.drives and self.may_open_for is not None and self.at - self.last_unlocked <= GRACE_S
        # Whoever opens a locked door is told of, each time, and nobody else is.
        assert (EventKind.DOOR_FORCED in kinds) == (opens and self.drives and not may_open)
        assert (EventKind.DOOR_ENTRY in kinds) == (opens and may_open and self.may_open_for is Ruling.PASS)
        assert (EventKind.DOOR_EXIT in kinds) == (opens and may_open and self.may_open_for is Ruling.EXIT)
        if not is_open:
            self.opened_at, self.expects_held = None, False
            assert doorway.warning is None
            return
        if self.opened_at is None:
            self.opened_at, self.expects_held = self.at, True
        if doorway.ruling in (Ruling.FIRE, Ruling.OPEN_HOURS):
            # Nobody is asked to shut it then.
            self.opened_at, self.expects_held = self.at, True
            assert doorway.warning is not DoorWarning.HELD_OPEN
        # So is a door that stands open too long, once.
        is_due = self.expects_held and self.at - self.opened_at >= HELD_S
        assert (EventKind.DOOR_HELD_OPEN in kinds) == is_due
        if is_due:
            self.expects_held = False
            assert doorway.warning in (DoorWarning.FORCED, DoorWarning.HELD_OPEN)
        if EventKind.DOOR_FORCED in kinds:
            assert doorway.warning is DoorWarning.FORCED


Door.TestCase.settings = settings(max_examples=200, stateful_step_count=40, deadline=None)
TestDoor = Door.TestCase


@settings(max_examples=200, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from([PASS, PASS, PASS, CHECKING, IDLE, ALERT, FAULT]),
            st.sets(st.integers(1, 3), min_size=1),
            st.integers(0, 20),
        ),
        max_size=12,
    ),
    st.sampled_from(["pulse", "hold"]),
)
def test_masks_alone(scenes: list[tuple[AlarmState, set[int], int]], mode: Mode) -> None:
    """The same rules where nothing but masks may open the door: a pulse's length, and what another one needs."""
    door = Door()
    door.begin(drives=True, mode=mode)
    for state, people, ticks in scenes:
        door.decide(state=state, people=people)
        door.wait(ticks=ticks)


def unlocked(door: Contract, at: float, contacts: Contacts | None = None) -> bool:
    return door(contacts or Contacts(), at, open_hours=False)[0].unlocked


def test_a_pulse_comes_once_for_each_pass() -> None:
    """Whoever goes on standing there gets no second one; an empty view or somebody new does."""
    door = contract(mode="pulse")
    seen = [
        (0.0, PASS, (1,), True),
        (2.9, PASS, (1,), True),
        (3.0, PASS, (1,), False),
        (4.0, CHECKING, (1,), False),
        (5.0, PASS, (1,), False),
        (6.0, CHECKING, (1, 2), False),
        (7.0, PASS, (1, 2), True),
        (8.0, IDLE, (), False),
        (9.0, PASS, (1,), True),
    ]
    for at, state, people, expected in seen:
        door.see(state, masked(*people), at)
        assert unlocked(door, at) == expected, at


@pytest.mark.parametrize("breaks", ["gap", "fault", "reload"])
def test_whoever_is_judged_anew_gets_no_second_pulse(breaks: str) -> None:
    """With another number, after a moment in which nobody was known: the same person, until the view was empty."""
    door = contract(mode="pulse")
    door.see(PASS, masked(1), 0.0)
    assert unlocked(door, 0.5)
    door.see(FAULT, (), 1.0) if breaks == "fault" else door.begin_anew()
    if breaks == "reload":
        door.follow(replace(RULES, mode="pulse", exit_s=1.0))
    seen = [
        (1.1, IDLE, (), False),
        (1.5, CHECKING, (2,), False),
        (2.0, PASS, (2,), False),
        (30.0, CHECKING, (2,), False),
        (31.0, PASS, (2,), False),
        (32.0, CHECKING, (2, 3), False),
        (33.0, PASS, (2, 3), True),
        (34.0, IDLE, (), False),
        (35.0, PASS, (4,), True),
    ]
    for at, state, people, expected in seen:
        door.see(state, masked(*people), at)
        assert unlocked(door, at) == expected, at


def test_whoever_comes_to_an_empty_door_is_let_in_after_a_gap() -> None:
    """Nobody had been let in since the view was empty."""
    door = contract(mode="pulse")
    door.see(IDLE, (), 0.0)
    door.see(FAULT, (), 1.0)
    door.see(IDLE, (), 5.0)
    door.see(PASS, masked(1), 6.0)
    assert unlocked(door, 6.0)


def test_after_a_start_whoever_is_found_may_have_been_let_in() -> None:
    """By the process before; the first pulse is for somebody who comes, or after an empty view."""
    door = contract(mode="pulse", armed=False)
    seen = [(0.0, IDLE, (), False), (1.0, PASS, (1,), False), (4.0, IDLE, (), False), (5.0, PASS, (2,), True)]
    for at, state, people, expected in seen:
        door.see(state, masked(*people), at)
        assert unlocked(door, at) == expected, at


@pytest.mark.parametrize("lockdown", [True, None])
def test_a_refused_end_of_a_lock_down_changes_nothing(lockdown: bool | None) -> None:
    """The switch keeps it on, or was not read yet: what was ordered stands when the switch is turned off."""
    door = contract(lockdown=True)
    door(Contacts(lockdown=lockdown, settled=lockdown is not None), 0.0, open_hours=True)
    assert not door.order_lockdown(False)
    assert door.lockdown_ordered
    assert not unlocked(door, 1.0, Contacts(lockdown=False))


@pytest.mark.parametrize("state", [IDLE, CHECKING, ALERT, FAULT])
def test_a_pulse_ends_with_pass(state: AlarmState) -> None:
    """At once, and it does not go on when PASS comes back for the same person."""
    door = contract(mode="pulse", pulse_s=10.0)
    door.see(PASS, masked(1), 0.0)
    assert unlocked(door, 0.5)
    door.see(state, masked(1), 1.0)
    assert not unlocked(door, 1.0)
    door.see(PASS, masked(1), 1.5)
    assert not unlocked(door, 1.5)


@pytest.mark.parametrize("state", [IDLE, CHECKING, ALERT])
def test_the_exit_button_opens_whoever_stands_outside(state: AlarmState) -> None:
    """For its time, and a button that is stuck opens no second time."""
    door = contract()
    door.see(state, (), 0.0)
    unlocked(door, 0.0, Contacts(exit=False))
    down = Contacts(exit=True)
    assert [unlocked(door, at, down) for at in (1.0, 5.9, 6.0, 60.0)] == [True, True, False, False]


def test_a_button_that_is_down_at_the_start_opens_nothing() -> None:
    """It was not pressed."""
    door = contract()
    assert not unlocked(door, 0.0, Contacts(exit=None))
    assert not unlocked(door, 0.1, Contacts(exit=True))


def test_an_acknowledged_warning_is_silent_until_the_next() -> None:
    """The lamps and events go on telling it."""
    door = contract()
    door(Contacts(is_open=False), 0.0, open_hours=False)
    door(Contacts(is_open=True), 1.0, open_hours=False)
    assert door.audible
    door.acknowledge()
    doorway, _ = door(Contacts(is_open=True), 2.0, open_hours=False)
    assert (doorway.warning, door.audible) == (DoorWarning.FORCED, False)
    door(Contacts(is_open=False), 3.0, open_hours=False)
    door(Contacts(is_open=True), 4.0, open_hours=False)
    assert door.audible
