"""Which kind of mask somebody wears, and whether it is one that is required: the votes beside those for the label."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from edge.types import KIND_UNSURE, Label, MaskKind, Reading, Required, Verdict

UNSURE_S = 3.0
"""So long somebody whose kind of mask stays unsure is looked at; then it counts as the wrong one."""

HALF = 0.5
"""What the required kinds must keep for PASS to go on: below it the others are likelier."""

Shares = Mapping[MaskKind, float]
"""Mean probability of each kind; none where the model tells no kinds."""


@dataclass(slots=True)
class KindVotes:
    """One person's masked readings, and what is settled by them.

    The readings' probabilities are averaged, rather than their likeliest kinds counted: where surgical masks and
    respirators both do, nobody need know which of them it is. Of the mean over all that count and the mean over the
    last second's the smaller one is taken, so that nothing is settled by what was worn before.

    The required kinds together must reach the model's threshold for the rule, and then keep half, or PASS ends. The
    others together must reach the majority that settles a label: between the two somebody is undecided, for UNSURE_S at
    most, and who was refused stays refused. So an alert does not stutter, and doubt lets nobody in.
    """

    _votes: deque[tuple[float, Reading]] = field(default_factory=deque)
    _required: Required = Required.ANY
    _is_right: bool | None = None
    _unsure_since: float | None = None

    def count(self, reading: Reading, at: float) -> None:
        """Count a reading of the frame taken `at`, seconds."""
        if reading.label is Label.WITH_MASK:
            self._votes.append((at, reading))

    def forget(self, *, before: float) -> None:
        """Drop readings that are older."""
        while self._votes and self._votes[0][0] < before:
            self._votes.popleft()

    def begin_anew(self) -> None:
        """Nothing is settled any more: who takes the mask off may put on another."""
        self._is_right = self._unsure_since = None

    def settle(self, verdict: Verdict, required: Required, at: float, *, fresh_s: float, majority: float) -> Verdict:
        """What becomes of a verdict that a mask is worn properly, by its kind.

        Args:
            verdict: with the label WITH_MASK, settled by the frame taken `at` (seconds).
            required: what lets somebody in now.
            fresh_s: age of the readings that must say so, too, in seconds.
            majority: share, in (0.5, 1], at which other kinds are settled on.

        Returns:
            the same with its kind; WRONG_KIND in place of WITH_MASK if that is not required, UNCERTAIN while the kind
            is unsure.
        """
        if required is not self._required:
            self._required = required
            self.begin_anew()
        shares = self._shares(fresh_since=at - fresh_s)
        named, needed = self._thresholds(required)
        if required is Required.ANY:
            return _told(verdict, shares, named)
        right = {kind: share for kind, share in shares.items() if kind in required.kinds}
        wrong = {kind: share for kind, share in shares.items() if kind not in required.kinds}
        self._decide(sum(right.values()), sum(wrong.values()), at, threshold=needed, majority=majority)
        if self._is_right is None:
            return replace(_told(verdict, shares, 1.0), label=Label.UNCERTAIN, probability=0.0)
        if self._is_right:
            return _told(verdict, right, named)
        return replace(_told(verdict, wrong, named), label=Label.WRONG_KIND, required=required)

    def _thresholds(self, required: Required) -> tuple[float, float]:
        """What a kind must reach to be told, and what the required ones must together, by the model's last reading."""
        if not self._votes:
            return 1.0, 1.0
        reading = self._votes[-1][1]
        return reading.kind_threshold(Required.ANY), reading.kind_threshold(required)

    def _shares(self, *, fresh_since: float) -> Shares:
        every = _mean([reading for _, reading in self._votes])
        fresh = _mean([reading for at, reading in self._votes if at >= fresh_since])
        return {kind: min(share, fresh.get(kind, 0.0)) for kind, share in every.items()}

    def _decide(self, right: float, wrong: float, at: float, *, threshold: float, majority: float) -> None:
        if right >= (min(HALF, threshold) if self._is_right else threshold):
            self._is_right, self._unsure_since = True, None
            return
        if self._is_right is False:
            return
        self._is_right = None
        if self._unsure_since is None:
            self._unsure_since = at
        if wrong >= majority or at - self._unsure_since >= UNSURE_S:
            self._is_right, self._unsure_since = False, None


def _mean(readings: list[Reading]) -> Shares:
    """One that tells no kinds counts as nought for each."""
    kinds = {kind for reading in readings for kind, _ in reading.kinds}
    told = [dict(reading.kinds) for reading in readings]
    return {kind: min(1.0, sum(one.get(kind, 0.0) for one in told) / len(told)) for kind in sorted(kinds)}


def _told(verdict: Verdict, shares: Shares, threshold: float) -> Verdict:
    """The verdict with the likeliest kind of these, or that none is likely enough."""
    if not shares:
        return verdict
    kind, share = max(shares.items(), key=lambda one: one[1])
    return replace(verdict, kind=kind if share >= threshold else KIND_UNSURE, kind_probability=share)
