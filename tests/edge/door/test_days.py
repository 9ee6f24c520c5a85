"""Days at a door: reloads, restarts, gaps, a clock in doubt and contacts in any order, judged by the relay's line."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from edge.door.contract import FOUND_S
from edge.door.debounce import FLICKER_S
from edge.door.keeper import FIRE_STEADY_S, TICK_S
from edge.door.latches import Latched
from edge.errors import ConfigError
from edge.types import AlarmState, Box, EventKind, Label, Verdict
from tests.edge.door.test_keeper import PULSE_S, RELAY, Door

IDLE, CHECKING, PASS, ALERT, FAULT = AlarmState
EXIT_S, HELD_S, GRACE_S = 3.0, 6.0, 1.0
FRAME_EVERY = 5
SLACK_S = 0.2
"""For debouncing, and for the frame that shows what was decided."""

BASE: dict[str, dict[str, Any]] = {
    "relay": {"mode": "pulse", "pulse_s": PULSE_S, "exit_s": EXIT_S, "open_hours": []},
    "inputs": {"held_open_s": HELD_S, "grace_s": GRACE_S},
    "alarm": {"mode": "enforce"},
    "signals": {"driver": "mock", "relay": RELAY},
}
RELOADS: dict[str, dict[str, dict[str, Any]]] = {
    "hours": {"relay": {"open_hours": ["00:00-24:00"]}},
    "no hours": {"relay": {"open_hours": []}},
    "remind": {"alarm": {"mode": "remind"}},
    "enforce": {"alarm": {"mode": "enforce"}},
    "lamp": {"signals": {"red": 26}},
    "lamp back": {"signals": {"red": 27}},
    "slower": {"inputs": {"debounce_s": 0.06}},
    "quicker": {"inputs": {"debounce_s": 0.04}},
}


class Days(RuleBasedStateMachine):
    """The lines of a kiosk, people who are who they are whatever number they get, and what was ordered and wired."""

    @initialize()
    def begin(self) -> None:
        self.door = Door(**BASE)  # type: ignore[arg-type]
        self.people: set[int] = set()
        self.arrived = 0
        self.numbered = 0
        self.state = IDLE
        self.ticks = 0
        self.let_in: set[int] = set()
        # Nobody knows whom the process before let in.
        self.has_been_empty, self.watched_since = False, self.door.now
        self.fire = self.ordered = False
        self.since = dict.fromkeys(("exit", "lockdown", "fire", "contact"), float("-inf"))
        self.is_on = dict.fromkeys(("exit", "lockdown", "fire", "contact"), False)
        self.changes: list[float] = []
        self.pressed_at = self.passed_at = self.unlocked_at = self.hours_until = self.fire_until = float("-inf")
        self.on_since: float | None = None
        self.opened_at: float | None = None
        self.verdicts: tuple[Verdict, ...] = ()
        self.show(IDLE)
        self.go_on(1.0)

    def teardown(self) -> None:
        if hasattr(self, "door"):
            self.door.lines.close(self.door.now)

    # --- what may happen ---

    @rule(seconds=st.sampled_from([0.1, 0.5, 1.0, 2.5, 4.0]))
    def wait(self, seconds: float) -> None:
        self.go_on(seconds)

    @rule(seconds=st.sampled_from([0.5, 1.5, 3.0]))
    def hang(self, seconds: float) -> None:
        """No picture comes; the first after it finds everything to be decided anew."""
        self.go_on(seconds, frames=False)
        self.judge_anew()

    @rule(state=st.sampled_from([PASS, PASS, CHECKING, ALERT]), comes=st.booleans())
    def judge(self, state: AlarmState, comes: bool) -> None:
        if comes or not self.people:
            self.arrived += 1
            self.people.add(self.arrived)
            self.show(CHECKING)
        self.show(state)

    @rule()
    def leave(self) -> None:
        """Everybody goes."""
        self.people = set()
        self.show(IDLE)

    @rule()
    def blind(self) -> None:
        self.show(FAULT)
        self.go_on(0.3)
        self.judge_anew()

    @rule(name=st.sampled_from(["exit", "lockdown", "fire", "contact"]))
    def move(self, name: str) -> None:
        """Somebody presses or lets go, turns, opens or shuts; no faster than hands do, or it is a loose wire."""
        now = self.door.now
        self.changes = [at for at in self.changes if at > now - FLICKER_S]
        if len(self.changes) >= 4:
            self.go_on(FLICKER_S)
        self.changes.append(self.door.now)
        self.is_on[name], self.since[name] = not self.is_on[name], self.door.now
        role, rest = {
            "exit": ("exit_button", 1), "lockdown": ("lockdown", 1), "fire": ("fire", 0), "contact": ("contact", 0)
        }[name]  # fmt: skip
        self.door.drive(role, 1 - rest if self.is_on[name] else rest)
        if name == "exit" and self.is_on[name]:
            self.pressed_at = self.door.now
        if name == "contact":
            self.open_or_shut()
        self.go_on(FIRE_STEADY_S + 2 * SLACK_S)

    def open_or_shut(self) -> None:
        if not self.is_on["contact"]:
            self.opened_at = None
            return
        self.opened_at = self.door.now
        told = self.door.kinds.count(EventKind.DOOR_FORCED)
        locked_for = self.door.now - self.unlocked_at
        self.go_on(SLACK_S)
        forced = self.door.kinds.count(EventKind.DOOR_FORCED) - told
        if self.drives and locked_for > GRACE_S + SLACK_S:
            assert forced == 1 or self.is_unlocked()
        if locked_for < GRACE_S - SLACK_S:
            assert forced == 0

    @rule(on=st.booleans())
    def order(self, on: bool) -> None:
        done = self.door.lines.order_lockdown(on)
        assert done == (on or not self.is_on["lockdown"])
        self.ordered = on if done else self.ordered
        self.since["ordered"] = self.door.now
        self.go_on(0.1)

    @rule()
    def reset(self) -> None:
        done = self.door.lines.reset_fire()
        assert done == (not self.is_on["fire"])
        self.fire = self.fire and not done
        self.fire_until = self.door.now
        self.go_on(0.1)

    @rule(name=st.sampled_from(sorted(RELOADS)))
    def reload(self, name: str) -> None:
        warning = self.door.doorway.warning if self.door.doorway else None
        try:
            self.door.reload(**RELOADS[name])
        except ConfigError:
            assert self.fire
            return
        assert not (self.fire and name in ("remind",))
        self.judge_anew()
        after = self.door.doorway.warning if self.door.doorway else None
        assert warning is None or after is not None or self.fire or self.may_be_open_hour

    @rule()
    def restart(self) -> None:
        """The power goes, and comes back."""
        latched = Latched(self.ordered, self.fire)
        before = self.door
        assert before.lines._keeper._latched == latched
        before.lines.close(before.now)
        assert not before.pin(RELAY).state
        self.door = Door(latched=latched, **(before.values | {}))
        self.door.now = before.now
        self.door.is_clock_set = before.is_clock_set
        for name, level in before.levels.items():
            self.door.drive(name, level)
        self.on_since, self.opened_at = None, self.door.now if self.is_on["contact"] else None
        self.pressed_at = float("-inf")
        self.judge_anew()
        # A fire is not reset before its contact was read.
        self.go_on(FIRE_STEADY_S + SLACK_S)

    @rule(known=st.booleans())
    def doubt(self, known: bool) -> None:
        """The clock on the wall is set, or nobody vouches for it any more."""
        self.door.is_clock_set = known
        self.go_on(1.1)

    # --- how time passes ---

    @property
    def drives(self) -> bool:
        return bool(self.door.values["alarm"]["mode"] == "enforce")

    @property
    def may_be_open_hour(self) -> bool:
        return bool(self.door.values["relay"]["open_hours"]) and self.door.is_clock_set

    def is_unlocked(self) -> bool:
        pin = self.door.pin(RELAY)
        return bool(pin.function == "output" and pin.state)

    def judge_anew(self) -> None:
        """People get other numbers, and are found again within a moment."""
        self.door.lines.begin_anew()
        self.numbered += 1000
        self.watched_since = self.door.now
        self.show(IDLE, seen=set())
        if self.people:
            self.show(CHECKING)
        self.go_on(0.1)

    def show(self, state: AlarmState, seen: set[int] | None = None) -> None:
        seen = self.people if seen is None and state not in (IDLE, FAULT) else seen or set()
        if state is PASS and self.state is not PASS:
            self.passed_at = self.door.now
        if state is FAULT:
            self.watched_since = self.door.now
        self.state = state
        label = Label.WITH_MASK if state is PASS else Label.UNCERTAIN
        self.verdicts = tuple(Verdict(self.numbered + one, Box(0, 0, 9, 9), label, 0.9) for one in sorted(seen))
        self.door.lines.show(state, self.verdicts, self.door.now, audible=True)
        if state is IDLE and not self.people and self.door.now - self.watched_since >= FOUND_S:
            self.has_been_empty = True
        self.check()

    def go_on(self, seconds: float, *, frames: bool = True) -> None:
        for _ in range(round(seconds / TICK_S)):
            self.door.now += TICK_S
            self.ticks += 1
            self.door.lines._keeper.tick()
            if frames and self.ticks % FRAME_EVERY == 0:
                self.show(self.state, {one.track_id - self.numbered for one in self.verdicts})
            else:
                self.check()

    # --- what must then hold ---

    def check(self) -> None:
        now, unlocked = self.door.now, self.is_unlocked()
        if self.is_on["fire"] and now - self.since["fire"] >= FIRE_STEADY_S + SLACK_S:
            self.fire = True
        if not self.drives:
            assert not unlocked
        if self.fire and self.drives and now - self.fire_until > SLACK_S:
            assert unlocked
        may_be_fire = self.fire or self.is_on["fire"] or now - self.fire_until < SLACK_S
        if self.may_be_open_hour:
            self.hours_until = now
        if not may_be_fire:
            self.check_reasons(now, unlocked)
        else:
            self.on_since = None
        if unlocked:
            self.unlocked_at = now
        if self.opened_at is not None:
            self.check_held(now)

    def check_reasons(self, now: float, unlocked: bool) -> None:
        locked_since = [
            self.since[name]
            for name, is_so in (("lockdown", self.is_on["lockdown"]), ("ordered", self.ordered))
            if is_so
        ]
        if (locked_since and now - min(locked_since) > SLACK_S) or self.state is FAULT:
            assert not unlocked
        by_button = now - self.pressed_at <= EXIT_S + SLACK_S
        by_hours = now - self.hours_until <= 1.0 + SLACK_S
        if not unlocked or by_button or by_hours:
            self.on_since = None
            if unlocked:
                # Whoever stands there now may come in with the button's time, and has no pulse of his own.
                self.note_pulse()
            return
        # Nothing but a mask opens the door now: a pulse, for a PASS that has just begun.
        assert self.state is PASS
        if self.on_since is None:
            if now - self.passed_at <= TICK_S:
                assert self.has_been_empty or self.people - self.let_in
            self.on_since = self.passed_at
            self.note_pulse()
        assert now - self.passed_at <= PULSE_S

    def note_pulse(self) -> None:
        if self.state is PASS and self.door.now - self.passed_at <= PULSE_S:
            contract = self.door.lines._keeper._contract
            if contract._pulse_until > self.door.now:
                self.let_in, self.has_been_empty = set(self.people), False

    def check_held(self, now: float) -> None:
        assert self.opened_at is not None
        if self.fire or self.is_on["fire"] or now - self.fire_until < HELD_S or now - self.hours_until < HELD_S + 1.5:
            self.opened_at = now
        if now - self.opened_at > HELD_S + SLACK_S + 1.0:
            assert self.door.doorway is not None
            assert self.door.doorway.warning is not None


Days.TestCase.settings = settings(max_examples=30, stateful_step_count=20, deadline=None)
TestDays = Days.TestCase
"""Few and long: what is found here is kept as a test of its own."""


@pytest.fixture(autouse=True)
def _quiet(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("CRITICAL")
