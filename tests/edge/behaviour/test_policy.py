"""The whole policy, from faces to the door, under whatever a day brings: people who come, go and pull at their masks,
misread and missed faces, a button, opening hours, a camera that is lost.

The promises of docs/deciding.md are checked after every frame, against what was shown to the chain and not against what
it made of it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from edge.chain.alarm import Alarm
from edge.chain.attention import Attention
from edge.chain.pipeline import observe
from edge.chain.tracker import Tracker
from edge.chain.verdicts import Verdicts
from edge.config.schema import Config
from edge.signals.patterns import levels
from edge.types import AlarmState, Box, Face, Frame, Label, Observation, Reading

W, N, I, U = Label.WITH_MASK, Label.WITHOUT_MASK, Label.INCORRECT_MASK, Label.UNCERTAIN  # noqa: E741
IDLE, CHECKING, PASS, ALERT, FAULT = AlarmState
BAD = {N, I}

PLACES = {place: Box(place * 30, 0, place * 30 + 20, 20) for place in range(3)}
"""Where people may stand; far enough apart to be told from each other."""

COOL_DOWN_S = 5.0
DEFAULTS = Config()
PEOPLE, ALARM = DEFAULTS.people, DEFAULTS.alarm
LEAST_VOTES = 3
"""Readings of one kind that the default majority of 0.6 needs out of the default five votes."""

places = st.sampled_from(sorted(PLACES))
labels = st.sampled_from([W, N, I, U])


@dataclass(slots=True)
class Sight:
    """What was shown of one place since somebody came: times, frames, and how often each label was read."""

    first: float
    last: float
    frames: int
    hits: int
    read: dict[Label, int]


class Door(RuleBasedStateMachine):
    """The chain of the kiosk, with a detector and a classifier that say what the rules tell them."""

    def __init__(self) -> None:
        super().__init__()
        self.alarm = Alarm(hold_s=ALARM.hold_s, settle_s=ALARM.settle_s, cool_down_s=COOL_DOWN_S)
        self.at = 0.0
        self.open_now = True
        self.wearing: dict[int, Label] = {}
        self.muted_until = self.alert_ended = self.bad_until = self.since = float("-inf")
        self.seen: str | bool | None = False
        self.silenced = False
        self.begin()

    @initialize()
    def begin(self) -> None:
        """A chain that knows nobody, as at the start and after a lost camera."""
        self.frames: deque[Frame] = deque()
        self.shown: dict[int, Label] = {}
        self.sights: dict[int, Sight] = {}
        self.observations = observe(
            self._frames(),
            find=lambda frame: tuple(Face(PLACES[place], 0.9) for place in self.shown),
            select=lambda image, faces: faces,
            track=Tracker(min_iou=PEOPLE.min_iou, memory_s=PEOPLE.memory_s),
            read=Attention(
                lambda image, box: self._read(box),
                steady=PEOPLE.min_votes,
                reread_s=PEOPLE.reread_s,
                budget=PEOPLE.max_readings,
            ),
            settle=Verdicts(
                window_s=PEOPLE.window_s,
                min_votes=PEOPLE.min_votes,
                majority=PEOPLE.majority,
                memory_s=PEOPLE.memory_s,
                min_presence_s=PEOPLE.min_presence_s,
                min_share=PEOPLE.min_share,
            ),
            decide=lambda verdicts, at: self.alarm(verdicts, at, open_now=self.open_now),
        )

    def _frames(self) -> Iterator[Frame]:
        while True:
            yield self.frames.popleft()

    def _read(self, box: Box) -> Reading:
        label = next(self.shown[place] for place, where in PLACES.items() if where == box)
        return Reading(label, ((W if label is U else label, 0.9),))

    # --- what may happen ---

    @rule(place=places, label=st.sampled_from([W, N, I]))
    def wear(self, place: int, label: Label) -> None:
        """Somebody comes, or pulls at the mask."""
        self.wearing[place] = label

    @rule(place=places)
    def leave(self, place: int) -> None:
        """Somebody goes."""
        self.wearing.pop(place, None)

    @rule(seconds=st.floats(0.02, 0.3), missed=st.sets(places, max_size=2), misread=st.dictionaries(places, labels))
    def look(self, seconds: float, missed: set[int], misread: dict[int, Label]) -> None:
        """One frame, in which faces may be overlooked and taken for something else."""
        self._look(seconds, {p: misread.get(p, label) for p, label in self.wearing.items() if p not in missed})

    @rule(frames=st.integers(1, 20))
    def watch(self, frames: int) -> None:
        """Frames at 20 a second in which everything is seen as it is."""
        for _ in range(frames):
            self._look(0.05, dict(self.wearing))

    @rule(wearing=st.dictionaries(places, st.sampled_from([W, N, I])))
    def stand_still(self, wearing: dict[int, Label]) -> None:
        """Others come, and everybody waits long enough: then the door shows what everybody wears."""
        self.wearing = dict(wearing)
        settled_s = ALARM.hold_s + PEOPLE.window_s + PEOPLE.memory_s + PEOPLE.min_presence_s + 2 * ALARM.settle_s
        for _ in range(round(settled_s / 0.05) + 1):
            self._look(0.05, dict(self.wearing))
        worn = set(self.wearing.values())
        expected = IDLE if not worn or not self.open_now else ALERT if worn & BAD else PASS
        assert self.alarm.state is expected

    @rule(seconds=st.floats(0, 10))
    def mute(self, seconds: float) -> None:
        """A long press changes what is heard and nothing that is seen."""
        before = self.alarm.state
        self.muted_until = self.at + seconds
        self.alarm.mute(self.muted_until)
        assert self.alarm.state is before

    @rule()
    def acknowledge(self) -> None:
        """So does a short one."""
        before = self.alarm.state
        self.alarm.acknowledge()
        self.silenced = self.silenced or before is ALERT
        assert self.alarm.state is before
        assert not self.alarm.audible

    @rule()
    def change_hours(self) -> None:
        """The kiosk goes off duty, or on duty again."""
        self.open_now = not self.open_now

    @rule(seconds=st.floats(0.1, 20))
    def lose_camera(self, seconds: float) -> None:
        """A blind kiosk shows FAULT at once, and then knows nobody."""
        if self.alarm.state is ALERT:
            self.alert_ended = self.at
        assert self.alarm.fault() is FAULT
        assert not self.alarm.audible
        self.bad_until = float("-inf")
        self.seen = False
        self.at += seconds
        self.begin()

    # --- what must then hold ---

    def _look(self, seconds: float, shown: dict[int, Label]) -> None:
        before = self.alarm.state
        self.at += seconds
        self.shown = shown
        self._remember()
        self.frames.append(Frame(np.zeros((1, 1, 3), np.uint8), self.at, 0))
        observation = next(self.observations)
        self._check_verdicts(observation)
        self._check_state(observation, before)
        self._check_sound(before)

    def _remember(self) -> None:
        self.sights = {p: s for p, s in self.sights.items() if self.at - s.last <= PEOPLE.memory_s or p in self.shown}
        for place, label in self.shown.items():
            sight = self.sights.get(place)
            if sight is None or self.at - sight.last > PEOPLE.memory_s:
                sight = self.sights[place] = Sight(self.at, self.at, 0, 0, {})
            sight.last = self.at
            sight.hits += 1
            sight.read[label] = sight.read.get(label, 0) + 1
        for sight in self.sights.values():
            sight.frames += 1

    def _check_verdicts(self, observation: Observation) -> None:
        for verdict in observation.verdicts:
            sight = self.sights[next(place for place, box in PLACES.items() if box == verdict.box)]
            # One bad frame, or two, say nothing of anybody; doubt says nothing at all.
            assert verdict.label is U or sight.read.get(verdict.label, 0) >= LEAST_VOTES
            assert sight.last - sight.first >= PEOPLE.min_presence_s

    def _check_state(self, observation: Observation, before: AlarmState) -> None:
        state = observation.state
        judged = {verdict.box: verdict.label for verdict in observation.verdicts}
        assert state is self.alarm.state
        assert state is not FAULT
        # The door and the green lamp: only on PASS, and then everybody near has been judged to wear a mask.
        outputs = levels(state, 0.0, sound="intermittent", audible=True)
        assert outputs["relay"] == outputs["green"] == (state is PASS)
        if state is PASS:
            assert set(judged.values()) <= {W}
            assert all(self._is_new(place) for place in self.shown if PLACES[place] not in judged)
        if state is ALERT and before is not ALERT:
            assert set(judged.values()) & BAD
        self._follow(set(judged.values()) if self.open_now else None)
        if self.open_now and (set(judged.values()) & BAD or self.at < self.bad_until):
            assert state is ALERT
        elif state is ALERT:
            # It has outlasted its cause by the hold, and what follows is not settled yet.
            assert self.at - self.since <= ALARM.settle_s
        if self.open_now and U in judged.values():
            assert state in (CHECKING, ALERT)
        assert self.open_now or state is IDLE

    def _follow(self, labels: set[Label] | None) -> None:
        """Remember since when everybody has looked the same (None: off duty), and until when an alert holds."""
        seen = None if labels is None else "bad" if labels & BAD else "doubt" if U in labels else bool(labels)
        if seen != self.seen:
            self.seen, self.since = seen, self.at
        if seen == "bad":
            self.bad_until = self.at + ALARM.hold_s
        elif seen is None:
            self.bad_until = float("-inf")

    def _is_new(self, place: int) -> bool:
        """Whether a face is too new, or flickers too much, to be somebody."""
        sight = self.sights[place]
        return sight.last - sight.first < PEOPLE.min_presence_s or sight.hits < PEOPLE.min_share * sight.frames

    def _check_sound(self, before: AlarmState) -> None:
        state = self.alarm.state
        if state is ALERT and before is not ALERT:
            self.silenced = self.at < self.alert_ended + COOL_DOWN_S
        elif before is ALERT and state is not ALERT:
            self.alert_ended = self.at
        assert self.alarm.audible == (state is ALERT and not self.silenced and self.at >= self.muted_until)


Door.TestCase.settings = settings(max_examples=100, stateful_step_count=30, deadline=None)
TestDoor = Door.TestCase
