"""Which faces are judged in a frame: the new and the doubtful every time, the others now and then."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from edge.types import Face, Ignored, Image, Label, Reading, Reason, TrackedFace

Judge = Callable[[Image, Face], Reading | Ignored]
"""Tells what a face wears, or why it is not fit to be judged."""


@dataclass(slots=True)
class _Memory:
    seen_at: float
    read_at: float = float("-inf")
    labels: deque[Label] = field(default_factory=deque)


class Attention:
    """Judges the faces of a frame, as far as it pays.

    A person whose last `steady` readings agree is read again only after `reread_s`; one reading that disagrees, or says
    nothing, and every frame counts again. No more than `budget` faces are judged in a frame, those first whose last
    reading is oldest, so that a crowd costs no more than a few and everybody's turn comes. One that is not fit to be
    judged costs next to nothing, and takes nobody's turn.

    Args:
        judge: tells what a face wears.
        steady: readings that must agree.
        reread_s: seconds between two readings of a steady person; 0 reads everybody in every frame.
        budget: faces judged in a frame, at least 1.
        memory_s: seconds for which an unseen person's readings are remembered: as long as the tracker may continue a
            track, since afterwards its id never comes back.
        min_score: detector's score, in [0, 1], below which a face only keeps its person, and is not judged.
    """

    def __init__(
        self, judge: Judge, *, steady: int, reread_s: float, budget: int, memory_s: float, min_score: float
    ) -> None:
        self._judge, self._steady, self._reread_s, self._budget = judge, steady, reread_s, budget
        self._memory_s, self._min_score = memory_s, min_score
        self._memories: dict[int, _Memory] = {}

    def __call__(
        self, image: Image, tracked: tuple[TrackedFace, ...], at: float
    ) -> tuple[Reading | Ignored | None, ...]:
        """Readings of the tracked faces in the frame taken `at` (seconds), in their order.

        Instead of one: why the face is not fit to be read; None where it is not its turn.
        """
        for person in tracked:
            self._memories.setdefault(person.track_id, _Memory(at)).seen_at = at
        told: dict[int, Reading | Ignored] = {}
        left = self._budget
        for person in self._due(tracked, at):
            if not left:
                break
            told[person.track_id] = reading = self._read(image, person, at)
            left -= isinstance(reading, Reading)
        self._memories = {i: m for i, m in self._memories.items() if at - m.seen_at <= self._memory_s}
        return tuple(told.get(person.track_id) or self._doubt(person) for person in tracked)

    def _due(self, tracked: tuple[TrackedFace, ...], at: float) -> list[TrackedFace]:
        """Whose turn it is, those first whose last reading is oldest."""
        clear = [person for person in tracked if person.face.score >= self._min_score]
        due = [person for person in clear if self._is_due(self._memories[person.track_id], at)]
        return sorted(due, key=lambda person: self._memories[person.track_id].read_at)

    def _is_due(self, memory: _Memory, at: float) -> bool:
        settled = len(memory.labels) == self._steady and len(set(memory.labels)) == 1
        return not settled or Label.UNCERTAIN in memory.labels or at - memory.read_at >= self._reread_s

    def _read(self, image: Image, person: TrackedFace, at: float) -> Reading | Ignored:
        memory, reading = self._memories[person.track_id], self._judge(image, person.face)
        memory.read_at = at
        memory.labels.append(reading.label if isinstance(reading, Reading) else Label.UNCERTAIN)
        if len(memory.labels) > self._steady:
            memory.labels.popleft()
        return reading

    def _doubt(self, person: TrackedFace) -> Ignored | None:
        """Why a face is not judged at all, rather than another time."""
        score = person.face.score
        return Ignored(person.face, Reason.LOW_SCORE, score, self._min_score) if score < self._min_score else None
