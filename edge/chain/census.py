"""Keeps an account of the faces that do not count, so that whoever mounts the kiosk learns why."""

from __future__ import annotations

from collections import Counter, OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, replace
from threading import Lock

from edge.chain.tracker import Tracker
from edge.types import Face, Frame, Ignored, Reason, TrackedFace

KEPT_S = 600.0
KEPT_FACES = 1000
"""How long, and of how many faces, it is known why they did not count."""

MIN_IOU, MEMORY_S = 0.3, 0.7
"""As the tracker's: a face that is found again there, so soon, is the same."""


@dataclass(slots=True)
class Seen:
    """One face from its first sight to its last.

    Attributes:
        id: its number.
        seen_at: stream time of the last sight, seconds.
        size: longer side at the last sight, as a share of the picture's.
        why: why it did not count at the last sight; None if it did.
        has_counted: whether it counted at any time.
        reasons: all that kept it from counting.
    """

    id: int
    seen_at: float
    size: float = 0.0
    why: Ignored | None = None
    has_counted: bool = False
    reasons: frozenset[Reason] = frozenset()


class Census:
    """Numbers every face that is found, whether or not it counts, and counts the ignored ones by reason.

    Told by the loop, asked from any thread. Remembers every face for ten minutes, a thousand of them at most, and how
    many there were for each reason since the start.
    """

    def __init__(self) -> None:
        self._tracker = Tracker(min_iou=MIN_IOU, memory_s=MEMORY_S)
        self._lock = Lock()
        self._seen: OrderedDict[int, Seen] = OrderedDict()
        self._totals: Counter[Reason] = Counter()
        self._at = float("-inf")

    def __call__(
        self, frame: Frame, followed: tuple[TrackedFace, ...], ignored: tuple[Ignored, ...]
    ) -> tuple[Ignored, ...]:
        """The ignored of a frame's faces, each with its number and size.

        Args:
            frame: the picture.
            followed: its faces that are followed; one of them that is not ignored counts.
            ignored: its faces that do not count, some of them followed.
        """
        reasons = {why.face: why for why in ignored}
        faces = dict.fromkeys((*(person.face for person in followed), *reasons))
        tracked, _ = self._tracker(tuple(faces), frame.taken_at)
        with self._lock:
            self._at = frame.taken_at
            noted = [self._note(p.track_id, p.face, reasons.get(p.face), max(frame.size)) for p in tracked]
            self._forget()
        return tuple(why for why in noted if why is not None)

    def totals(self) -> Mapping[Reason, int]:
        """Faces ignored since the start, by reason; one that was ignored for two reasons counts for both."""
        with self._lock:
            return {reason: self._totals[reason] for reason in Reason}

    def last(self, seconds: float) -> tuple[Seen, ...]:
        """The faces seen within the last seconds of the stream."""
        with self._lock:
            return tuple(replace(seen) for seen in self._seen.values() if self._at - seen.seen_at <= seconds)

    def _note(self, number: int, face: Face, why: Ignored | None, longer_px: int) -> Ignored | None:
        seen = self._seen.setdefault(number, Seen(number, self._at))
        seen.seen_at, seen.size = self._at, face.box.longer_side / longer_px
        seen.why = None if why is None else replace(why, id=number, size=seen.size)
        if why is None:
            seen.has_counted = True
        elif why.reason not in seen.reasons:
            seen.reasons |= {why.reason}
            self._totals[why.reason] += 1
        return seen.why

    def _forget(self) -> None:
        while self._seen:
            oldest = next(iter(self._seen.values()))
            if len(self._seen) <= KEPT_FACES and self._at - oldest.seen_at <= KEPT_S:
                return
            self._seen.popitem(last=False)
