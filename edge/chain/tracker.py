"""Gives each face the id of the person it belongs to, by overlap from frame to frame."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count

from edge.types import Box, Face, Ignored, Reason, TrackedFace


@dataclass(slots=True)
class _Track:
    track_id: int
    box: Box
    seen_at: float
    hits: int


class Tracker:
    """Greedy overlap tracker (Bochinski et al. 2017, "High-speed tracking-by-detection without using image
    information"), with a short memory so that a face missed for a few frames keeps its id.

    Sure and faint detections are told apart, as in ByteTrack (Zhang et al. 2022): sure faces choose their tracks first,
    a faint one may continue a track that is left, so that whoever turns the head does not vanish, and only a face that
    is surer still starts a track.

    Remembers each track's last box, for `memory_s`, and those of the last frame, however slowly frames come.

    Args:
        min_iou: smallest overlap, in (0, 1], at which a face continues a track.
        memory_s: seconds for which an unseen track may be continued.
        min_score: detector's score, in [0, 1], below which a face is a faint one.
        start_score: score that a new track needs: things that look a little like a face start nothing.
        ids: numbers for new tracks; shared by successive trackers of one run, so that no two people share one.
    """

    def __init__(
        self,
        *,
        min_iou: float,
        memory_s: float,
        min_score: float = 0.0,
        start_score: float = 0.0,
        ids: Iterator[int] | None = None,
    ) -> None:
        self._min_score = min_score
        self._start_score = max(min_score, start_score)
        self._min_iou = min_iou
        self._memory_s = memory_s
        self._tracks: list[_Track] = []
        self._last_at = float("-inf")
        self._ids = count(1) if ids is None else ids

    def __call__(self, faces: tuple[Face, ...], at: float) -> tuple[tuple[TrackedFace, ...], tuple[Ignored, ...]]:
        """Assign an id to the faces of the frame taken `at` (seconds, never decreasing); keeps their order.

        A face that continues no track and is too doubtful to start one is ignored; a faint one is hardly a face, and is
        left out of both.
        """
        self._tracks = [
            track for track in self._tracks if at - track.seen_at <= self._memory_s or track.seen_at == self._last_at
        ]
        self._last_at = at
        owners = self._match(faces)
        tracked, doubtful = [], []
        for index, face in enumerate(faces):
            if index in owners or face.score >= self._start_score:
                tracked.append(self._continue(owners.get(index), face, at))
            elif face.score >= self._min_score:
                doubtful.append(Ignored(face, Reason.LOW_SCORE, face.score, self._start_score))
        return tuple(tracked), tuple(doubtful)

    def _match(self, faces: tuple[Face, ...]) -> dict[int, _Track]:
        """Pair faces (by index) and tracks, sure faces first, then by overlap; each is used at most once."""
        overlaps = [
            (face.score >= self._min_score, overlap, index, order)
            for index, face in enumerate(faces)
            for order, track in enumerate(self._tracks)
            if (overlap := face.box.iou(track.box)) >= self._min_iou
        ]
        owners: dict[int, _Track] = {}
        taken: set[int] = set()
        for _, _, index, order in sorted(overlaps, key=lambda pair: pair[:2], reverse=True):
            if index not in owners and order not in taken:
                owners[index] = self._tracks[order]
                taken.add(order)
        return owners

    def _continue(self, track: _Track | None, face: Face, at: float) -> TrackedFace:
        if track is None:
            track = _Track(next(self._ids), face.box, at, 0)
            self._tracks.append(track)
        track.box, track.seen_at, track.hits = face.box, at, track.hits + 1
        return TrackedFace(track.track_id, face, track.hits)
