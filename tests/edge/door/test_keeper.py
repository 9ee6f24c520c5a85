"""The door's keeper on gpiozero's mock pins: contacts in, relay and buzzer out, whatever the loop is doing."""

from __future__ import annotations

import errno
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pytest
from gpiozero.pins.mock import MockFactory, MockPin
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.assembly.lines import RELAY_TIMEOUT_S, Buttons, Lines, Told
from edge.config.schema import Config
from edge.door.contract import FOUND_S, Happening
from edge.door.debounce import FLICKERS
from edge.door.keeper import FIRE_STEADY_S, STUCK_S, TICK_S, DoorKeeper
from edge.door.latches import FILE_NAME, Latched, Latches
from edge.errors import ConfigError, SignalError
from edge.health import HealthMonitor
from edge.signals.door import PinChange
from edge.signals.inputs import InputLines
from edge.types import AlarmState, Box, DoorWarning, Doorway, EventKind, Label, Ruling, Verdict
from tests.broker import wait_until

IDLE, CHECKING, PASS, ALERT, FAULT = AlarmState
RELAY, BUZZER = 24, 22
INPUTS = {"contact": 5, "exit_button": 6, "lockdown": 12, "fire": 13}
AT_REST = {"contact": 0, "exit_button": 1, "lockdown": 1, "fire": 0}
"""The door shut, its contact closed to ground; nothing pressed; the fire contact closed."""

FRAME_S = 0.1
PULSE_S = 2.0


class KeptPins(MockFactory):
    """Pins that outlast whoever drives them: outputs and inputs share them, and are exchanged one by one."""

    def close(self) -> None:
        pass


class Door:
    """A door with every input, whose contacts are moved by hand, and its clock, too, unless it is `threaded`."""

    def __init__(self, *, threaded: bool = False, latched: Latched | None = None, **sections: dict[str, Any]) -> None:
        self.factory = KeptPins()
        self.levels: dict[str, int] = {}
        self.now = 100.0
        self.state = IDLE
        self.told: list[Happening] = []
        self.latch: Callable[[Latched], None] = lambda _: None
        self.doorway: Doorway | None = None
        self.gone_off: list[PinChange] = []
        self.is_clock_set = True
        self.health = HealthMonitor(model=lambda: "test")
        values: dict[str, Any] = {"signals": {"driver": "mock", "relay": RELAY}} | sections
        values["inputs"] = INPUTS | values.get("inputs", {})
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("gpiozero.pins.mock.MockFactory", lambda pin_class: self.factory)
            if not threaded:
                patch.setattr(DoorKeeper, "start", lambda self: None)
            self.values = values
            self.lines = Lines(
                Config.model_validate(values),
                buttons=Buttons(lambda: None, lambda: None, lambda: None),
                told=Told(self.told.append, self._show, self._latch),
                health=self.health,
                latched=latched or Latched(),
                live=True,
                clock=time.monotonic if threaded else lambda: self.now,
                is_clock_set=lambda: self.is_clock_set,
            )
        for name, level in AT_REST.items():
            self.drive(name, level)

    def _show(self, doorway: Doorway | None) -> None:
        self.doorway = doorway

    def _latch(self, latched: Latched) -> None:
        self.latch(latched)

    def drive(self, name: str, level: int) -> None:
        """Put a voltage on an input."""
        self.levels[name] = level
        pin = self.factory.pin(INPUTS[name])
        (pin.drive_high if level else pin.drive_low)()

    def decide(self, state: AlarmState, people: tuple[Verdict, ...] | None = None) -> None:
        """Let the kiosk decide on a frame."""
        self.state = state
        people = people or ((Verdict(1, Box(0, 0, 9, 9), Label.WITH_MASK, 0.9),) if state is PASS else ())
        self.lines.show(state, people, self.now, audible=True)

    def reload(self, **sections: dict[str, Any]) -> None:
        """Let another configuration be used, with the same pins; the kiosk decides anew from IDLE."""
        values = self.values | {name: self.values.get(name, {}) | section for name, section in sections.items()}
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("gpiozero.pins.mock.MockFactory", lambda pin_class: self.factory)
            patch.setattr(DoorKeeper, "start", lambda self: None)
            self.lines.exchange(Config.model_validate(values), self.now, self.gone_off.append)
            self.lines.begin_anew()
        for name, level in self.levels.items():
            self.drive(name, level)
        self.values, self.state = values, IDLE

    def go_on(self, seconds: float, *, frames: bool = True) -> None:
        """Let time pass, tick by tick, with or without frames."""
        until, frame_at = self.now + seconds, self.now + FRAME_S
        while self.now < until - 1e-9:
            self.now += TICK_S
            if frames and self.now >= frame_at:
                self.decide(self.state)
                frame_at += FRAME_S
            self.lines._keeper.tick()

    def is_unlocked(self) -> bool:
        return bool(self.pin(RELAY).state)

    def pin(self, gpio: int) -> MockPin:
        return self.factory.pin(gpio)

    @property
    def kinds(self) -> list[EventKind]:
        return [happening.kind for happening in self.told]

    @property
    def fault(self) -> str:
        """What is wrong with the inputs."""
        return next((fault.cause for fault in self.health.health().faults if fault.component == "inputs"), "")

    def __enter__(self) -> Door:
        if self.lines._clock is not time.monotonic:
            self.decide(IDLE)
            self.go_on(1.0)
        return self

    def __exit__(self, *_: object) -> None:
        relay = self.pin(RELAY)
        self.lines.close(self.now)
        assert not relay.state


@pytest.fixture
def door() -> Iterator[Door]:
    with Door() as made:
        yield made


def test_somebody_comes_in(door: Door) -> None:
    """PASS opens the lock, the contact tells that it was used, and shutting the door ends it."""
    door.decide(PASS)
    assert door.is_unlocked()
    door.drive("contact", 1)
    door.go_on(0.1)
    assert door.doorway == Doorway(Ruling.PASS, unlocked=True, is_open=True)
    door.decide(IDLE)
    door.drive("contact", 0)
    door.go_on(0.1)
    assert not door.is_unlocked()
    assert door.kinds == [EventKind.DOOR_ENTRY, EventKind.DOOR_CLOSED]


def test_a_forced_door_sounds_until_it_is_shut(door: Door) -> None:
    """It is told, and heard without an alert; a press of the button silences it."""
    door.drive("contact", 1)
    door.go_on(2.0)
    assert door.kinds == [EventKind.DOOR_FORCED]
    assert door.doorway is not None
    assert door.doorway.warning is DoorWarning.FORCED
    buzzer = door.pin(BUZZER)
    beeps = len(buzzer.states)
    assert beeps > 10
    door.lines.acknowledge()
    door.go_on(2.0)
    assert len(buzzer.states) <= beeps + 1
    assert not buzzer.state


def test_a_door_that_is_opened_while_its_lock_is_tried_is_not_forced(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever tries the relay also tries the handle; a trial that an alert keeps from opening excuses nobody."""
    monkeypatch.setattr("edge.signals.trial.RELAY_S", 0.05)
    assert door.lines.try_out("relay", may_open=lambda: True)
    door.drive("contact", 1)
    door.go_on(0.2)
    assert door.told == [Happening(EventKind.DOOR_OPENED, "the lock was tried")]
    assert door.doorway is not None
    assert door.doorway.warning is None
    door.drive("contact", 0)
    door.go_on(10)
    for state, may_open in ((ALERT, lambda: True), (IDLE, lambda: False)):
        door.decide(state)
        assert not door.lines.try_out("relay", may_open=may_open)
        door.told.clear()
        door.drive("contact", 1)
        door.go_on(0.2)
        assert door.kinds == [EventKind.DOOR_FORCED]
        door.drive("contact", 0)
        door.go_on(0.2)


def test_a_door_held_open_is_told_and_sounds_unless_muted(door: Door) -> None:
    """After its time, whether or not it was opened rightly."""
    door.decide(PASS)
    door.drive("contact", 1)
    door.go_on(29.0)
    assert EventKind.DOOR_HELD_OPEN not in door.kinds
    door.go_on(2.0)
    assert door.kinds == [EventKind.DOOR_ENTRY, EventKind.DOOR_HELD_OPEN]
    buzzer = door.pin(BUZZER)
    beeps = len(buzzer.states)
    assert beeps > 2
    door.lines.mute(door.now + 60)
    door.go_on(3.0)
    assert len(buzzer.states) <= beeps + 1


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.sampled_from([IDLE, CHECKING, PASS]), st.floats(0.05, 4.0)), min_size=1, max_size=8))
def test_no_pulse_is_longer_than_it_was_set(scenes: list[tuple[AlarmState, float]]) -> None:
    """By the line itself, tick by tick, whatever the kiosk decides when."""
    with Door(relay={"mode": "pulse", "pulse_s": PULSE_S}) as door:
        door.go_on(FOUND_S)
        on_since: float | None = None
        passed = False
        for state, seconds in scenes:
            fresh = state is PASS and door.state is not PASS
            door.decide(state)
            for _ in range(round(seconds / TICK_S)):
                if door.is_unlocked() and on_since is None:
                    assert fresh
                    on_since, passed = door.now, True
                elif not door.is_unlocked():
                    on_since = None
                assert on_since is None or door.now - on_since <= PULSE_S
                door.go_on(TICK_S)
            if not door.is_unlocked():
                on_since = None
        assert passed == any(state is PASS for state, _ in scenes)


def test_fire_opens_whatever_the_loop_does(door: Door) -> None:
    """In a lock-down, in FAULT, and while nothing is decided any more; until it is reset, and not before."""
    door.lines.order_lockdown(True)
    door.decide(FAULT)
    door.drive("fire", 1)
    door.go_on(FIRE_STEADY_S + 0.1, frames=False)
    assert door.is_unlocked()
    door.go_on(10 * RELAY_TIMEOUT_S, frames=False)
    door.lines._keeper._signals.release_if_silent()
    assert door.is_unlocked()
    assert not door.lines.reset_fire()
    door.drive("fire", 0)
    door.go_on(5.0, frames=False)
    assert door.is_unlocked()
    assert door.lines.reset_fire()
    door.go_on(0.1, frames=False)
    assert not door.is_unlocked()
    assert [happening.detail for happening in door.told if happening.kind is EventKind.FIRE] == ["begins", "reset"]


def test_a_disturbance_on_the_wire_is_no_fire(door: Door) -> None:
    """What is shorter than half a second opens nothing, however often it comes."""
    for _ in range(20):
        door.drive("fire", 1)
        door.go_on(FIRE_STEADY_S - 0.1)
        door.drive("fire", 0)
        door.go_on(0.1)
        assert not door.is_unlocked()
    assert "fire: the contact flickers" in door.fault


def test_a_loop_that_hangs_locks_the_door(door: Door) -> None:
    """Exit button and PASS alike: a second after the last decision nothing but fire opens."""
    door.decide(PASS)
    door.go_on(RELAY_TIMEOUT_S + 0.1, frames=False)
    assert not door.is_unlocked()
    door.drive("exit_button", 0)
    door.go_on(0.5, frames=False)
    assert not door.is_unlocked()
    assert door.told[-1] == Happening(EventKind.EXIT_BUTTON, "refused: the kiosk is out of order")


def test_the_exit_button_opens_for_its_time(door: Door) -> None:
    """Whoever stands outside; an alert goes on, and whoever leaves is no entry."""
    door.decide(ALERT)
    door.drive("exit_button", 0)
    door.go_on(0.2)
    door.drive("exit_button", 1)
    assert door.is_unlocked()
    door.drive("contact", 1)
    door.go_on(1.0)
    door.drive("contact", 0)
    door.go_on(4.0)
    assert not door.is_unlocked()
    assert door.kinds == [EventKind.EXIT_BUTTON, EventKind.DOOR_EXIT, EventKind.DOOR_CLOSED]


def test_a_button_that_is_stuck_opens_once_and_is_told(door: Door) -> None:
    """A broken button does not keep the door open."""
    door.drive("exit_button", 0)
    door.go_on(STUCK_S + 1.0)
    assert not door.is_unlocked()
    assert door.fault.startswith("exit_button: down for")
    door.drive("exit_button", 1)
    door.go_on(0.2)
    assert door.fault == ""


@pytest.mark.parametrize("half_s", [TICK_S, 0.3])
def test_a_button_that_flickers_opens_nothing(half_s: float, door: Door) -> None:
    """Chatter not at all; a loose wire no longer than it takes to know it."""
    for _ in range(2 * FLICKERS):
        for level in (0, 1):
            door.drive("exit_button", level)
            door.go_on(half_s)
    assert not door.is_unlocked()
    assert "exit_button: the contact flickers" in door.fault
    if half_s == TICK_S:
        assert EventKind.EXIT_BUTTON not in door.kinds


@pytest.mark.parametrize("flickers", ["contact", "lockdown"])
def test_no_other_contact_opens_the_door(flickers: str, door: Door) -> None:
    """Stuck or flickering, for as long as it likes."""
    for level in [0, 1] * 30:
        door.drive(flickers, level)
        door.go_on(0.2)
        assert not door.is_unlocked()


def test_lock_down_by_its_switch(door: Door) -> None:
    """Nothing opens but fire, and an order from afar does not end it."""
    door.drive("lockdown", 0)
    door.go_on(0.1)
    door.decide(PASS)
    door.drive("exit_button", 0)
    door.go_on(0.2)
    assert not door.is_unlocked()
    assert door.doorway is not None
    assert (door.doorway.ruling, door.doorway.lockdown) == (Ruling.LOCKDOWN, True)
    assert not door.lines.order_lockdown(False)
    door.drive("lockdown", 1)
    door.go_on(0.2)
    assert door.is_unlocked()
    assert [h.detail for h in door.told if h.kind is EventKind.LOCKDOWN] == ["begins", "ends"]


def test_open_hours_unlock_for_everybody_but_in_alert() -> None:
    """By the hour; whoever wears no mask shuts the door."""
    with Door(relay={"open_hours": ["00:00-24:00"]}) as door:
        seen = []
        for state in (IDLE, CHECKING, PASS, ALERT, FAULT):
            door.decide(state)
            seen.append(door.is_unlocked())
        assert seen == [True, True, True, False, False]


def test_a_kiosk_that_reminds_has_no_lock() -> None:
    """Not even its line is opened, and no button or fire changes that; the contact tells what it tells."""
    with Door(alarm={"mode": "remind"}) as door:
        door.decide(PASS)
        door.drive("exit_button", 0)
        door.drive("fire", 1)
        door.drive("contact", 1)
        door.go_on(1.0)
        assert door.pin(RELAY).function == "input"
        assert EventKind.DOOR_OPENED in door.kinds
        assert door.doorway is not None
        assert not door.doorway.unlocked


def test_an_input_that_cannot_be_read(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    """Health says so; what was known stands, so a lock-down does not end by it."""
    door.drive("lockdown", 0)
    door.go_on(0.2)

    def fail(self: InputLines) -> dict[str, bool]:
        raise SignalError("GPIO 12 (lockdown): cannot be read (Input/output error)")

    with monkeypatch.context() as broken:
        broken.setattr(InputLines, "read", fail)
        door.decide(PASS)
        door.go_on(0.5)
        assert not door.is_unlocked()
        assert "GPIO 12" in door.fault
    door.drive("lockdown", 1)
    door.go_on(0.2)
    assert door.fault == ""
    assert door.is_unlocked()


def test_fire_and_lock_down_outlast_a_power_cut(tmp_path: Path) -> None:
    """They are written down when they begin and when they end."""
    latches = Latches(tmp_path)
    assert latches.load() == Latched()
    with Door() as door:
        door.latch = latches.keep
        door.lines.order_lockdown(True)
        door.drive("fire", 1)
        door.go_on(1.0)
        door.lines.end(door.now)
    assert latches.load() == Latched(lockdown=True, fire=True)
    with Door(latched=latches.load()) as door:
        door.latch = latches.keep
        assert door.is_unlocked()
        door.lines.reset_fire()
        door.decide(PASS)
        assert not door.is_unlocked()
        door.lines.order_lockdown(False)
        door.go_on(0.1)
        assert door.is_unlocked()
        door.lines.end(door.now)
    assert latches.load() == Latched()


def test_latches_that_cannot_be_kept_are_told(door: Door) -> None:
    """The lock-down holds all the same; a file that nobody understands is one."""

    def fail(_: Latched) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    door.latch = fail
    door.lines.order_lockdown(True)
    door.decide(PASS)
    assert not door.is_unlocked()
    wait_until(lambda: [fault.component for fault in door.health.health().faults] == ["door"])


@pytest.mark.parametrize("content", [b"", b"{}", b"[]", b"\xff", b"[" * 100_000, b'{"lockdown": 1, "fire": 1}'])
def test_a_damaged_file_locks_the_door_down(content: bytes, tmp_path: Path) -> None:
    """Doubt opens nothing."""
    (tmp_path / FILE_NAME).write_bytes(content)
    assert Latches(tmp_path).load() == Latched(lockdown=True)


def test_the_thread_keeps_the_door_without_frames() -> None:
    """In real time: fire is noticed while no frame comes at all."""
    with Door(threaded=True) as door:
        door.drive("fire", 1)
        began = time.monotonic()
        wait_until(door.is_unlocked)
        assert FIRE_STEADY_S <= time.monotonic() - began + 0.1 < 5.0


def test_what_could_not_be_written_is_tried_again(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    """A disk that was full for a moment does not cost a lock-down the next power cut."""
    monkeypatch.setattr("edge.door.latches.AGAIN_S", 0.01)
    written: list[Latched] = []
    is_full = True

    def keep(latched: Latched) -> None:
        if is_full:
            raise OSError(errno.ENOSPC, "No space left on device")
        written.append(latched)

    door.latch = keep
    door.lines.order_lockdown(True)
    wait_until(lambda: bool(door.health.health().faults))
    is_full = False
    wait_until(lambda: written == [Latched(lockdown=True)])
    wait_until(lambda: not door.health.health().faults)


def test_a_disk_that_hangs_keeps_no_door_from_opening_in_a_fire(door: Door) -> None:
    """Nor a lock-down from locking it, nor a pulse from ending: nobody waits for the card."""
    hangs = Event()
    door.latch = lambda _: hangs.set() if hangs.wait(20.0) else None
    began = time.monotonic()
    try:
        door.decide(PASS)
        door.lines.order_lockdown(True)
        door.go_on(TICK_S)
        assert not door.is_unlocked()
        door.drive("fire", 1)
        door.go_on(FIRE_STEADY_S + 0.1)
        assert door.is_unlocked()
        assert time.monotonic() - began < 10.0
    finally:
        hangs.set()


@pytest.mark.parametrize("section", [{"relay": {"open_hours": ["00:00-24:00"]}}, {}])
def test_a_lock_down_switch_that_is_not_read_yet_counts_as_on(section: dict[str, Any]) -> None:
    """After a start, or with lines that a reload exchanged, neither hour nor PASS is quicker than its contact."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(AT_REST, "lockdown", 0)
        door = Door(inputs={"debounce_s": 0.5}, **section)
    for state in (IDLE, PASS) * 20:
        door.decide(state)
        door.go_on(2 * TICK_S)
        assert not door.is_unlocked()
    assert [h.detail for h in door.told if h.kind is EventKind.LOCKDOWN] == ["begins"]
    door.drive("lockdown", 1)
    door.decide(PASS)
    door.go_on(1.0)
    assert door.is_unlocked()
    door.lines.end(door.now)


def test_a_file_that_cannot_be_read_locks_the_door_down(tmp_path: Path) -> None:
    """A link to itself stands for a card that answers with errors."""
    (tmp_path / FILE_NAME).symlink_to(tmp_path / FILE_NAME)
    assert Latches(tmp_path).load() == Latched(lockdown=True)


def test_a_kiosk_that_has_shown_nothing_yet_opens_at_no_hour() -> None:
    """Between its start and its first picture nobody knows whether there is a camera."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Door, "decide", lambda *_: None)
        door = Door(relay={"open_hours": ["00:00-24:00"]})
        for _ in range(40):
            door.go_on(TICK_S)
            assert not door.is_unlocked()
    door.decide(IDLE)
    assert door.is_unlocked()
    door.lines.end(door.now)


def test_a_fire_is_not_reset_before_its_contact_was_read() -> None:
    """After a power cut in a fire: a door that has been opened for it does not lock for half a second."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(AT_REST, "fire", 1)
        door = Door(latched=Latched(fire=True))
    door.decide(IDLE)
    assert door.is_unlocked()
    assert not door.lines.reset_fire()
    door.go_on(FIRE_STEADY_S + 0.1)
    assert not door.lines.reset_fire()
    door.drive("fire", 0)
    door.go_on(FIRE_STEADY_S + 0.1)
    assert door.is_unlocked()
    assert door.lines.reset_fire()
    door.lines.end(door.now)


def test_whoever_is_judged_anew_gets_no_second_pulse() -> None:
    """By the line: after a gap, and after a reload that gives people other numbers."""
    with Door(relay={"mode": "pulse", "pulse_s": PULSE_S}) as door:
        door.go_on(FOUND_S)
        door.decide(PASS)
        assert door.is_unlocked()
        door.go_on(PULSE_S)
        for person in (2, 3):
            if person == 2:
                door.go_on(RELAY_TIMEOUT_S + 0.5, frames=False)
            else:
                door.reload(relay={"exit_s": 3.0})
            door.decide(IDLE)
            door.go_on(0.3)
            somebody = (Verdict(person, Box(0, 0, 9, 9), Label.WITH_MASK, 0.9),)
            for _ in range(80):
                door.now += 2 * TICK_S
                door.decide(PASS, somebody)
                assert not door.is_unlocked()


@pytest.mark.parametrize(
    "sections", [{"relay": {"exit_s": 3.0}}, {"inputs": {"exit_button": None}}, {"signals": {"red": 26}}]
)
def test_a_warning_outlasts_a_reload(sections: dict[str, Any], door: Door) -> None:
    """Of rules, inputs or lamps: the door is still forced, sounds, and is told once."""
    door.drive("contact", 1)
    door.go_on(1.0)
    assert door.doorway is not None
    assert door.doorway.warning is DoorWarning.FORCED
    door.reload(**sections)
    door.decide(IDLE)
    assert door.doorway.warning is DoorWarning.FORCED
    beeps = len(door.pin(BUZZER).states)
    door.go_on(1.0)
    assert len(door.pin(BUZZER).states) > beeps
    assert door.kinds == [EventKind.DOOR_FORCED]


@pytest.mark.parametrize(
    "sections",
    [{"relay": {"mode": "pulse"}}, {"inputs": {"exit_button": None, "debounce_s": 0.1}}, {"inputs": {"fire": None}}],
)
def test_a_reload_in_a_fire_does_not_touch_the_lock(sections: dict[str, Any], door: Door) -> None:
    """Not for a moment; without its contact a fire is reset by a person all the same."""
    door.drive("fire", 1)
    door.go_on(1.0)
    relay = door.pin(RELAY)
    assert relay.state
    changes = len(relay.states)
    door.reload(**sections)
    door.go_on(2.0)
    assert relay.state
    assert len(relay.states) == changes
    door.drive("fire", 0)
    door.go_on(1.0)
    assert door.lines.reset_fire()
    door.go_on(0.1)
    assert not relay.state


@pytest.mark.parametrize(
    "sections", [{"alarm": {"mode": "remind"}}, {"signals": {"relay": None}}, {"signals": {"red": 26}}]
)
def test_no_reload_ends_a_release(sections: dict[str, Any], door: Door) -> None:
    """What would take the lock's line away, or open it anew, is refused until the fire is reset."""
    door.drive("fire", 1)
    door.go_on(1.0)
    changes = len(door.pin(RELAY).states)
    with pytest.raises(ConfigError, match="reset the fire, then reload"):
        door.reload(**sections)
    door.go_on(1.0)
    assert door.is_unlocked()
    assert len(door.pin(RELAY).states) == changes
    door.drive("fire", 0)
    door.go_on(1.0)
    door.lines.reset_fire()
    door.reload(**sections)
    door.go_on(1.0)
    assert not door.is_unlocked()


def test_inputs_that_cannot_be_had_leave_the_lock_alone(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    """A reload that fails gives the old ones back, and a fire goes on meanwhile."""
    door.drive("fire", 1)
    door.go_on(1.0)
    changes = len(door.pin(RELAY).states)
    calls = iter([SignalError("GPIO 9 (contact): busy"), None])
    opened = InputLines

    def open_lines(*arguments: Any, **more: Any) -> InputLines:
        error = next(calls)
        if error is not None:
            raise error
        return opened(*arguments, **more)

    with monkeypatch.context() as broken:
        broken.setattr("edge.assembly.lines.InputLines", open_lines)
        with pytest.raises(SignalError, match="busy"):
            door.reload(inputs={"contact": 9})
    for name, level in door.levels.items():
        door.drive(name, level)
    door.go_on(1.0)
    assert door.is_unlocked()
    assert len(door.pin(RELAY).states) == changes


def test_a_lock_down_that_its_switch_keeps_on_is_not_ended_by_an_order(door: Door) -> None:
    """A refused order changes nothing: what was ordered stands when the switch is turned off."""
    door.lines.order_lockdown(True)
    door.drive("lockdown", 0)
    door.go_on(0.2)
    assert not door.lines.order_lockdown(False)
    door.drive("lockdown", 1)
    door.go_on(0.2)
    door.decide(PASS)
    assert not door.is_unlocked()
    assert door.lines.order_lockdown(False)
    door.decide(PASS)
    assert door.is_unlocked()


def test_open_hours_wait_for_a_clock_that_somebody_vouches_for() -> None:
    """A board without a battery starts with a time of its past; health says so."""
    with Door(relay={"open_hours": ["00:00-24:00"]}) as door:
        assert door.is_unlocked()
        door.is_clock_set = False
        door.go_on(1.1)
        assert not door.is_unlocked()
        assert [fault.component for fault in door.health.health().faults] == ["clock"]
        door.decide(PASS)
        assert door.is_unlocked()
        door.decide(IDLE)
        door.is_clock_set = True
        door.go_on(1.1)
        assert door.is_unlocked()
        assert not door.health.health().faults


@pytest.mark.parametrize("contact", ["lockdown", "fire"])
def test_no_lamp_says_go_where_nobody_is_to_come_in(contact: str, door: Door) -> None:
    """Masks or not: red, and silent."""
    green, red = door.pin(17), door.pin(27)
    door.decide(PASS)
    assert (green.state, red.state) == (1, 0)
    door.drive(contact, 0 if contact == "lockdown" else 1)
    door.go_on(1.0)
    assert (green.state, red.state) == (0, 1)
    for state in (IDLE, CHECKING, PASS):
        door.decide(state)
        assert (green.state, red.state) == (0, 1), state
    assert not door.pin(BUZZER).state


def test_the_green_lamp_goes_off_between_two_pictures(door: Door) -> None:
    """With the lock."""
    door.decide(PASS)
    door.drive("lockdown", 0)
    door.go_on(0.08, frames=False)
    assert (door.pin(17).state, door.is_unlocked()) == (0, False)


def test_lines_are_given_back_while_nobody_keeps_the_door(door: Door) -> None:
    """Whoever is keeping it at that moment is waited for, or the lock would be driven after it was switched off."""
    done: list[str] = []
    with door.lines._keeper.held():
        finishing = Thread(target=lambda: done.append(str(door.lines.close(door.now))))
        finishing.start()
        finishing.join(0.2)
        assert done == []
    finishing.join(10.0)
    assert len(done) == 1
