"""The whole policy, from pictures to the door, under whatever a day brings: people who come, go and pull at their
masks, misread and missed faces, a poster, people far away or half out of the picture, a button, opening hours, a camera
that is lost or stuck.

The chain is the kiosk's own, with its motion gate, zones and quality gate. The promises of docs/deciding.md are checked
after every frame, against what the camera, the detector and the classifier told it and not against what it made of it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from itertools import count

import numpy as np
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from edge.assembly.stages import build_alarm, build_stages
from edge.chain.kinds import UNSURE_S
from edge.chain.liveness import Liveness
from edge.chain.motion import STEADY_S
from edge.chain.verdicts import DOUBT_S, DOUBTFUL_SIGHTS, FRESH_S
from edge.config.schema import Config
from edge.door.contract import FOUND_S, Contacts, Contract, Rules
from edge.signals.patterns import levels
from edge.types import AlarmState, Box, Face, Frame, Image, Label, MaskKind, Observation, Reading, Verdict
from tests.builders import PlainDetector

W, N, I, U = Label.WITH_MASK, Label.WITHOUT_MASK, Label.INCORRECT_MASK, Label.UNCERTAIN  # noqa: E741
IDLE, CHECKING, PASS, ALERT, FAULT = AlarmState
BAD = {N, I, Label.WRONG_KIND}

WIDTH, HEIGHT = 320, 120
PLACES = {place: Box(40 + 50 * place, 40, 75 + 50 * place, 75) for place in range(3)}
"""Where people may stand; far enough apart to be told from each other."""

EDGE, FAR, POSTER = 3, 4, 5
"""Where people stand half out of the picture and can never be judged, too far away, and where a face is printed."""

EVERYWHERE = PLACES | {EDGE: Box(0, 80, 35, 115), FAR: Box(210, 40, 230, 60), POSTER: Box(260, 40, 295, 75)}
CLOTH = Label.WRONG_KIND
"""Worn by whoever has a mask that is no respirator; the classifier reads it as a mask, of another kind."""

GREY = {CLOTH: 130, W: 160, N: 200, I: 240}
"""What a face looks like; the room is darker."""

UNTOLD = {MaskKind.RESPIRATOR: 0.4, MaskKind.CLOTH: 0.3, MaskKind.SURGICAL: 0.3}
TOLD = {W: {MaskKind.RESPIRATOR: 0.9, MaskKind.CLOTH: 0.1}, CLOTH: {MaskKind.RESPIRATOR: 0.1, MaskKind.CLOTH: 0.9}}
"""Respirators, masks of another kind, and what the classifier is unsure of."""

COOL_DOWN_S = 5.0
CONFIG = Config.model_validate(
    {
        "alarm": {"cool_down_s": COOL_DOWN_S, "required": "respirator"},
        # Longer than a masked reading lets anybody in, so that the window alone does not forget it in time.
        "people": {"window_s": 3.0},
        "zones": {"ignored": [[[0.78, 0.0], [1.0, 0.0], [1.0, 1.0], [0.78, 1.0]]]},
    }
)
PEOPLE, ALARM, STILL_S = CONFIG.people, CONFIG.alarm, CONFIG.detector.still_s
LEAST_VOTES = 3
"""Readings of one kind that the default majority of 0.6 needs out of the default five votes."""

NOISE = np.random.default_rng(0).integers(0, 5, (31, HEIGHT, WIDTH, 1), np.uint8)
"""Of the camera's sensor, picture by picture, over and over: more pictures than any stuck camera shows in turn."""

PULSE_S = 1.0
"""Of the lock; shorter than people stand at this door."""

STUCK_S = 1.0
"""After so long a picture that does not change lets nobody in."""

SETTLED_S = ALARM.hold_s + PEOPLE.window_s + PEOPLE.memory_s + PEOPLE.min_presence_s + 2 * ALARM.settle_s
SETTLED = round(SETTLED_S / 0.05) + 1
"""Pictures, 20 a second, after which the door shows what everybody wears."""

crowds = st.sets(st.sampled_from(sorted(PLACES)), min_size=1)
places = st.sampled_from(sorted(EVERYWHERE))
labels = st.sampled_from([W, CLOTH, N, I, U])
worn = st.sampled_from([W, CLOTH, N, I])


def draw(wearing: dict[int, Label]) -> Image:
    """What the camera sees."""
    image = np.full((HEIGHT, WIDTH, 3), 90, np.uint8)
    for place, label in wearing.items():
        box = EVERYWHERE[place]
        image[box.y1 : box.y2, box.x1 : box.x2] = GREY[label]
    return image


def seen_in(image: Image, box: Box) -> Label:
    """What somebody in the box wears; UNCERTAIN if nobody is there."""
    grey = int(image[box.y1, box.x1, 0])
    return next((label for label, of_label in GREY.items() if 0 <= grey - of_label < 5), U)


@dataclass(slots=True)
class Sight:
    """What was told of one place since somebody came: times, frames, and how often and when each label was read."""

    first: float
    last: float
    frames: int
    hits: int
    read: dict[Label, int]
    read_at: dict[Label, float] = field(default_factory=dict)
    respirator_at: float = float("-inf")


class Door(RuleBasedStateMachine):
    """The chain of the kiosk, with a detector and a classifier that err as the rules tell them."""

    def __init__(self) -> None:
        super().__init__()
        self.alarm = build_alarm(CONFIG)
        self.ids = count(1)
        self.at = 0.0
        self.open_now = True
        self.wearing: dict[int, Label] = {}
        self.muted_until = self.alert_ended = self.bad_until = float("-inf")
        self.since: float | None = None
        self.silenced = False
        self.liveness = Liveness()
        self.pictures = count()
        self.contract = Contract(
            Rules(drives=True, mode="pulse", pulse_s=PULSE_S, exit_s=5.0, grace_s=5.0, held_open_s=30.0)
        )
        self.let_in: frozenset[int] = frozenset()
        self.is_fresh = False
        self.watches_since: float | None = None
        self.unlocked_at: float | None = None
        self.begin()

    @initialize()
    def begin(self) -> None:
        """A chain that knows nobody, as at the start and after a lost camera."""
        self.frames: deque[Frame] = deque()
        self.missed: frozenset[int] = frozenset()
        self.misread: dict[int, Label] = {}
        self.unsure: frozenset[int] = frozenset()
        self.shown: set[int] = set()
        self.looked_at = self.changed_at = float("-inf")
        self.scene: Image | None = None
        self.picture: Image | None = None
        self.stuck_at = self.at
        self.glimpses: deque[tuple[float, int]] = deque()
        self.sights: dict[int, Sight] = {}
        stages = build_stages(
            CONFIG,
            (PlainDetector(self._detect), self._classify),
            alarm=self.alarm,
            is_on_duty=lambda: self.open_now,
            ids=self.ids,
            vouch=self.liveness,
        )
        self.observations = replace(stages, find=lambda frame: self._remember(stages.find(frame))).observe(
            self._frames()
        )

    def _frames(self) -> Iterator[Frame]:
        while True:
            yield self.frames.popleft()

    def _detect(self, image: Image) -> tuple[Face, ...]:
        self.looked_at = self.at
        return tuple(
            Face(box, 0.9)
            for place, box in EVERYWHERE.items()
            if place not in self.missed and seen_in(image, box) is not U
        )

    def _classify(self, image: Image, box: Box) -> Reading:
        # Whoever is too far away, half out of the picture or printed on the wall is not judged at all.
        assert box in PLACES.values()
        place = next(place for place, where in PLACES.items() if where == box)
        seen = seen_in(image, box)
        label = U if seen is U else self.misread.get(place, seen)
        kinds = UNTOLD if place in self.unsure else TOLD.get(label, {})
        label, sight = W if label is CLOTH else label, self.sights[place]
        sight.read[label] = sight.read.get(label, 0) + 1
        sight.read_at[label] = self.at
        if label is W and kinds is TOLD[W]:
            sight.respirator_at = self.at
        return Reading(label, ((W if label is U else label, 0.9),), tuple(kinds.items()))

    # --- what may happen ---

    @rule(place=places, label=worn)
    def wear(self, place: int, label: Label) -> None:
        """Somebody comes, or pulls at the mask."""
        self.wearing[place] = label

    @rule(place=places)
    def leave(self, place: int) -> None:
        """Somebody goes."""
        self.wearing.pop(place, None)

    @rule(
        seconds=st.floats(0.02, 0.3),
        missed=st.sets(places, max_size=2),
        misread=st.dictionaries(places, labels),
        unsure=st.sets(places, max_size=2),
    )
    def look(self, seconds: float, missed: set[int], misread: dict[int, Label], unsure: set[int]) -> None:
        """One frame, in which faces may be overlooked and taken for something else, and kinds of masks be unsure."""
        self._look(seconds, frozenset(missed), misread, unsure=frozenset(unsure))

    @rule(frames=st.integers(1, 20))
    def watch(self, frames: int) -> None:
        """Frames at 20 a second in which everything is seen as it is."""
        for _ in range(frames):
            self._look(0.05)

    @rule(frames=st.integers(1, 60))
    def stick(self, frames: int) -> None:
        """The camera goes on showing its last picture, whatever happens before it."""
        for _ in range(frames):
            self._look(0.05, is_stuck=True)

    @rule(wearing=st.dictionaries(places, worn))
    def stand_still(self, wearing: dict[int, Label]) -> None:
        """Others come, and everybody waits long enough: then the door shows what everybody wears."""
        self.wearing = dict(wearing)
        for _ in range(SETTLED):
            self._look(0.05)
        worn = {label for place, label in self.wearing.items() if place in PLACES}
        expected = ALERT if worn & BAD else CHECKING if EDGE in self.wearing else PASS if worn else IDLE
        expected = expected if self.open_now else IDLE
        assert self.alarm.state is expected

    @rule(who=crowds)
    def freeze(self, who: set[int]) -> None:
        """The door is open, and the camera goes on showing who stood there."""
        self._let_in(who)
        for _ in range(round((STUCK_S + 0.5) / 0.05)):
            self._look(0.05, is_stuck=True)

    @rule(who=crowds)
    def blind(self, who: set[int]) -> None:
        """The door is open, and nobody's mask can be read any more."""
        self._let_in(who)
        for _ in range(round((FRESH_S + 0.5) / 0.05)):
            self._look(0.05, misread=dict.fromkeys(who, U))

    @rule(who=crowds)
    def doubt(self, who: set[int]) -> None:
        """The door is open, and nobody's kind of mask is sure any more: it shuts, and then they count as wrong ones."""
        self._let_in(who)
        for _ in range(round((PEOPLE.window_s + UNSURE_S + 1.0) / 0.05)):
            self._look(0.05, unsure=frozenset(who))
        assert self.alarm.state is ALERT

    def _let_in(self, who: set[int]) -> None:
        """Everybody has a mask on and stands there until the door is open, on duty."""
        self.open_now = True
        self.wearing = dict.fromkeys(who, W)
        for _ in range(SETTLED):
            self._look(0.05)
        assert self.alarm.state is PASS

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
        self._check_lock(FAULT, ())
        assert not self.alarm.audible
        self.bad_until, self.since = float("-inf"), None
        self.at += seconds
        self.begin()

    # --- what must then hold ---

    def _look(
        self,
        seconds: float,
        missed: frozenset[int] = frozenset(),
        misread: dict[int, Label] | None = None,
        *,
        is_stuck: bool = False,
        unsure: frozenset[int] = frozenset(),
    ) -> None:
        before = self.alarm.state
        self.at += seconds
        self.missed, self.misread, self.unsure = missed, misread or {}, unsure
        if not is_stuck or self.picture is None:
            self.stuck_at = self.at
            scene = draw(self.wearing)
            if self.scene is None or (scene != self.scene).any():
                self.scene, self.changed_at = scene, self.at
            self.picture = scene + NOISE[next(self.pictures) % len(NOISE)]
        self.frames.append(Frame(self.picture, self.at, 0))
        observation = next(self.observations)
        self._check_looks()
        self._check_verdicts(observation)
        self._check_state(observation, before)
        self._check_lock(observation.state, observation.verdicts)
        self._check_sound(before)

    def _remember(self, faces: tuple[Face, ...]) -> tuple[Face, ...]:
        """Note which of the faces that the detector told, now or at its last look, are people to be judged."""
        told = {place for place, box in EVERYWHERE.items() if box in {face.box for face in faces}}
        self.shown = told - {FAR, POSTER}
        self.sights = {p: s for p, s in self.sights.items() if self.at - s.last <= PEOPLE.memory_s or p in self.shown}
        for place in self.shown:
            sight = self.sights.get(place)
            if sight is None or self.at - sight.last > PEOPLE.memory_s:
                sight = self.sights[place] = Sight(self.at, self.at, 0, 0, {})
            sight.last = self.at
            sight.hits += 1
            self.glimpses.append((self.at, place))
        for sight in self.sights.values():
            sight.frames += 1
        return faces

    def _check_looks(self) -> None:
        # The detector rests for half a second at most, and never longer than a frame where something has moved.
        rested_s = self.at - self.looked_at
        assert rested_s < STILL_S
        assert rested_s < STEADY_S or self.changed_at <= self.looked_at

    def _check_verdicts(self, observation: Observation) -> None:
        for verdict in observation.verdicts:
            if verdict.label is U:
                continue
            place = next(place for place, box in EVERYWHERE.items() if box == verdict.box)
            sight = self.sights[place]
            # One bad frame, or two, say nothing of anybody; doubt says nothing at all.
            read = W if verdict.label is Label.WRONG_KIND else verdict.label
            assert sight.read.get(read, 0) >= LEAST_VOTES
            assert place != EDGE
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
            self._check_pass(judged)
        if state is ALERT and before is not ALERT:
            assert set(judged.values()) & BAD
        if self.open_now:
            assert state is self._expected(set(judged.values()), before)
        else:
            self.bad_until, self.since = float("-inf"), None
            assert state is IDLE

    def _check_pass(self, judged: dict[Box, Label]) -> None:
        """Somebody is there, and everybody in view has a reading of the last second, of a respirator, and lives."""
        assert set(judged.values()) == {W}
        assert self.at - self.stuck_at <= STUCK_S
        for place, box in PLACES.items():
            if box in judged:
                assert self.at - self.sights[place].read_at[W] <= FRESH_S
                assert self.at - self.sights[place].respirator_at <= FRESH_S
        others = [place for at, place in self.glimpses if self.at - at <= DOUBT_S and EVERYWHERE[place] not in judged]
        # Somebody who is remembered longer than a second has left; nobody else was seen more than once.
        assert len([place for place in others if place in self.sights]) < DOUBTFUL_SIGHTS

    def _check_lock(self, state: AlarmState, verdicts: tuple[Verdict, ...]) -> None:
        """A pulse: on PASS alone, no longer than it is set, and for somebody new, or after an empty view.

        Whoever is found while a kiosk that was blind looks around may be the one who was let in before.
        """
        people = frozenset(verdict.track_id for verdict in verdicts)
        if state is FAULT:
            self.watches_since = None
        elif self.watches_since is None:
            self.watches_since = self.at
        looks_around = self.watches_since is None or self.at - self.watches_since < FOUND_S
        if looks_around:
            self.let_in |= people
        self.contract.see(state, verdicts, self.at)
        doorway, _ = self.contract(Contacts(), self.at, open_hours=False)
        if state is IDLE and not people and not looks_around:
            self.is_fresh = True
        if not doorway.unlocked:
            self.unlocked_at = None
            return
        assert state is PASS
        if self.unlocked_at is None:
            assert self.is_fresh or people - self.let_in
            self.unlocked_at, self.is_fresh, self.let_in = self.at, False, people
        assert self.at - self.unlocked_at < PULSE_S

    def _expected(self, labels: set[Label], before: AlarmState) -> AlarmState:
        """What the door shows: an alert's hold outlasts everything but PASS, which nothing outlasts."""
        if labels & BAD:
            self.bad_until = self.at + ALARM.hold_s
        if labels != {W}:
            self.since = None
        elif self.since is None:
            self.since = self.at
        if self.since is not None and (before is PASS or self.at - self.since >= ALARM.settle_s):
            return PASS
        if labels & BAD or (before is ALERT and self.at < self.bad_until):
            return ALERT
        return CHECKING if labels else IDLE

    def _check_sound(self, before: AlarmState) -> None:
        state = self.alarm.state
        if state is ALERT and before is not ALERT:
            self.silenced = self.at < self.alert_ended + COOL_DOWN_S
        elif before is ALERT and state is not ALERT:
            self.alert_ended = self.at
        assert self.alarm.audible == (state is ALERT and not self.silenced and self.at >= self.muted_until)


Door.TestCase.settings = settings(max_examples=100, stateful_step_count=30, deadline=None)
TestDoor = Door.TestCase
