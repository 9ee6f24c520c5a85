"""From readings of single frames to one settled opinion per person: a vote over time that may stay undecided."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from math import ceil

from edge.chain.kinds import KindVotes
from edge.types import Box, Ignored, Label, Reading, Reason, Required, TrackedFace, Verdict

FRESH_S = 1.0
"""Age at which a masked reading no longer lets anybody in: a mask is off in less, and a person out of the door."""

LONGEST_S = 2.5
"""What a slow camera's readings count for at most: longer ago is somebody else, or another mask."""

SPARE_FRAMES = 2
"""Of a slow camera so many frames more than are needed count, since now and then one cannot be read."""

DOUBT_S = 1.0
DOUBTFUL_SIGHTS = 2
"""So many sights of somebody who is no person yet, within DOUBT_S, are doubt: one is a flicker of the detector."""


@dataclass(slots=True)
class _Ballot:
    box: Box
    first_seen_at: float
    seen_at: float
    frames: int = 0
    hits: int = 0
    is_person: bool = False
    lives: bool = False
    label: Label = Label.UNCERTAIN
    votes: deque[tuple[float, Label, float]] = field(default_factory=deque)
    kinds: KindVotes = field(default_factory=KindVotes)
    sights: deque[float] = field(default_factory=deque)

    def forget(self, *, seen_before: float, voted_before: float) -> None:
        """Drop what is older."""
        while self.sights and self.sights[0] < seen_before:
            self.sights.popleft()
        while self.votes and self.votes[0][0] < voted_before:
            self.votes.popleft()
        self.kinds.forget(before=voted_before)


class Verdicts:
    """Majority vote of each person's recent readings, with hysteresis.

    An uncertain reading is an abstention: it delays a verdict and never makes one. A settled label stays until another
    label wins the window; when every vote has grown too old the person is undecided again. A person settled as masked
    is undecided, too, while the face does not live or the last second's readings do not say so: none is masked, or half
    are not.

    Whoever is no person yet is undecided as well, once somebody such was seen twice within a second: that keeps the
    door shut, and alerts nobody. Their sights are counted together, because somebody who is seen only now and then,
    walking, is taken for somebody new each time.

    Whoever is settled as masked is then asked for the kind of the mask; `edge.chain.kinds` says how.

    Where frames come so slowly that `window_s` holds too few, the last `min_votes` and two to spare count, for
    LONGEST_S at most; how fresh a masked reading must be does not depend on that.

    Remembers people, their votes of `window_s` and their label, for `memory_s` after they were last seen; sights of
    others for a second; and the times of the last frames.

    Args:
        window_s: seconds a reading counts.
        min_votes: readings that must be in before anything is said, so that one bad frame decides nothing.
        majority: share of the votes, in (0.5, 1], that settles a label.
        memory_s: seconds a person who is out of sight still counts as present.
        min_presence_s: seconds since its first sight before a face counts as a person.
        min_share: share of the frames since then, in (0, 1], in which it must have been seen: a face that flickers is
            a pattern on the wall.
        required: tells which masks let somebody in now.
    """

    def __init__(
        self,
        *,
        window_s: float,
        min_votes: int,
        majority: float,
        memory_s: float,
        min_presence_s: float,
        min_share: float,
        required: Callable[[], Required] = lambda: Required.ANY,
    ) -> None:
        self._required = required
        self._min_presence_s = min_presence_s
        self._min_share = min_share
        self._window_s = window_s
        self._min_votes = min_votes
        self._majority = majority
        self._memory_s = memory_s
        self._ballots: dict[int, _Ballot] = {}
        self._frames: deque[float] = deque(maxlen=min_votes + SPARE_FRAMES)

    def __call__(
        self, tracked: tuple[TrackedFace, ...], readings: tuple[Reading | Ignored | None, ...], at: float
    ) -> tuple[Verdict, ...]:
        """Count the readings of the frame taken `at` (one for each tracked face, in order, none for a face
        that was not fit to be judged, or not read; seconds).

        Returns:
            a verdict for everyone in view or seen within the memory, oldest acquaintance first.
        """
        required = self._required()
        self._frames.append(at)
        slow_since = max(self._frames[0], at - LONGEST_S)
        for person, reading in zip(tracked, readings, strict=True):
            ballot = self._ballots.setdefault(person.track_id, _Ballot(person.face.box, at, at))
            ballot.box, ballot.seen_at, ballot.hits = person.face.box, at, person.hits
            ballot.sights.append(at)
            ballot.lives = person.lives
            if isinstance(reading, Reading) and _counts(reading.label, person):
                ballot.votes.append((at, reading.label, reading.probability))
                ballot.kinds.count(reading, at)
        for ballot in self._ballots.values():
            ballot.frames += 1
            ballot.is_person = ballot.is_person or self._stays(ballot)
            # A person who is out of sight for a moment casts no votes; what was known of them is kept, not aged.
            ballot.forget(seen_before=at - DOUBT_S, voted_before=min(ballot.seen_at - self._window_s, slow_since))
        self._ballots = {i: b for i, b in self._ballots.items() if self._is_remembered(b, at)}
        is_doubtful = sum(len(b.sights) for b in self._ballots.values() if not b.is_person) >= DOUBTFUL_SIGHTS
        return tuple(
            self._settle(track_id, ballot, at, required)
            for track_id, ballot in self._ballots.items()
            if ballot.is_person or (is_doubtful and ballot.sights)
        )

    def awaited(self, tracked: tuple[TrackedFace, ...]) -> tuple[Ignored, ...]:
        """Those of the last frame's people who were not seen often enough yet: how often, and how often they must be.

        Where time is lacking, and not readings, that is an estimate by the rate at which the frames come.
        """
        awaited = ((person.face, self._awaited(self._ballots[person.track_id])) for person in tracked)
        return tuple(Ignored(face, Reason.NOT_YET, *seen_of) for face, seen_of in awaited if seen_of is not None)

    def _awaited(self, ballot: _Ballot) -> tuple[int, int] | None:
        if ballot.is_person:
            votes = len(ballot.votes)
            return (votes, self._min_votes) if ballot.label is Label.UNCERTAIN and votes < self._min_votes else None
        present_s = ballot.seen_at - ballot.first_seen_at
        in_time = ceil(ballot.hits * self._min_presence_s / present_s) if present_s > 0 else 0
        often = ceil(self._min_share * ballot.frames)
        return ballot.hits, max(ballot.hits + 1, self._min_votes, in_time, often)

    def _stays(self, ballot: _Ballot) -> bool:
        present_s = ballot.seen_at - ballot.first_seen_at
        return present_s >= self._min_presence_s and ballot.hits >= self._min_share * ballot.frames

    def _is_remembered(self, ballot: _Ballot, at: float) -> bool:
        in_memory = at - ballot.seen_at <= self._memory_s
        return in_memory or (not ballot.is_person and bool(ballot.sights))

    def _settle(self, track_id: int, ballot: _Ballot, at: float, required: Required) -> Verdict:
        if not ballot.is_person:
            return Verdict(track_id, ballot.box, Label.UNCERTAIN, 0.0)
        ballot.label = self._winner(ballot)
        if ballot.label is Label.WITH_MASK and not _is_fresh(ballot, at):
            return Verdict(track_id, ballot.box, Label.UNCERTAIN, 0.0, len(ballot.votes))
        of_label = [probability for _, label, probability in ballot.votes if label is ballot.label]
        mean = sum(of_label) / len(of_label) if of_label else 0.0
        verdict = Verdict(track_id, ballot.box, ballot.label, mean, len(ballot.votes))
        if ballot.label is not Label.WITH_MASK:
            ballot.kinds.begin_anew()
            return verdict
        return ballot.kinds.settle(verdict, required, at, fresh_s=FRESH_S, majority=self._majority)

    def _winner(self, ballot: _Ballot) -> Label:
        if not ballot.votes:
            return Label.UNCERTAIN
        label, votes = Counter(label for _, label, _ in ballot.votes).most_common(1)[0]
        if len(ballot.votes) >= self._min_votes and votes >= self._majority * len(ballot.votes):
            return label
        return ballot.label


def least_rate(*, min_votes: int, window_s: float) -> float:
    """Frames a second below which nobody's verdict has votes enough."""
    return (min_votes - 1) / max(window_s, LONGEST_S)


def _counts(label: Label, person: TrackedFace) -> bool:
    """Whether a reading is a vote: doubt is none, and a face without life lets nobody in."""
    return label is not Label.UNCERTAIN and (person.lives or label is not Label.WITH_MASK)


def _is_fresh(ballot: _Ballot, at: float) -> bool:
    """Whether the face lives, and more than half of the last FRESH_S's readings are masked ones."""
    if not ballot.lives:
        return False
    recent = [label for voted_at, label, _ in ballot.votes if at - voted_at <= FRESH_S]
    return recent.count(Label.WITH_MASK) * 2 > len(recent)
