"""Faces keep their person's id."""

from __future__ import annotations

from itertools import count

from edge.chain.tracker import Tracker
from edge.types import Box, Face, Ignored, Reason


def face(x: int, y: int = 0, side: int = 10) -> Face:
    return Face(Box(x, y, x + side, y + side), 0.9)


def ids(tracker: Tracker, at: float, *faces: Face) -> list[int]:
    return [person.track_id for person in tracker(faces, at)[0]]


def make(memory_s: float = 1.0) -> Tracker:
    return Tracker(min_iou=0.3, memory_s=memory_s)


def test_a_moving_face_keeps_its_id() -> None:
    """Overlap from frame to frame continues a track, and counts its frames."""
    tracker = make()
    hits = [tracker((face(x),), at / 10)[0][0].hits for at, x in enumerate(range(0, 20, 3))]
    assert hits == list(range(1, 8))


def test_two_people_do_not_swap() -> None:
    """Each face goes to the track it overlaps best, whatever order the detector names them in."""
    tracker = make()
    assert ids(tracker, 0.0, face(0), face(8)) == [1, 2]
    assert ids(tracker, 0.1, face(9), face(1)) == [2, 1]


def test_a_track_is_used_once() -> None:
    """Two faces on top of one another are two people."""
    tracker = make()
    ids(tracker, 0.0, face(0))
    assert ids(tracker, 0.1, face(1), face(0)) == [2, 1]


def test_a_short_absence_is_bridged_and_a_long_one_is_not() -> None:
    """Within the memory a face keeps its id; afterwards it is somebody new."""
    tracker = make(memory_s=0.5)
    assert ids(tracker, 0.0, face(0)) == [1]
    assert ids(tracker, 0.4) == []
    assert ids(tracker, 0.5, face(0)) == [1]
    assert ids(tracker, 0.8) == []
    assert ids(tracker, 1.1, face(0)) == [2]


def test_a_slow_camera_makes_nobody_new() -> None:
    """Who was seen in the frame before was not out of sight, however long ago that was."""
    tracker = make(memory_s=0.3)
    assert [ids(tracker, at, face(0)) for at in (0.0, 0.9, 1.8)] == [[1]] * 3
    assert ids(tracker, 2.7) == []
    assert ids(tracker, 3.6, face(0)) == [2]


def test_successive_trackers_share_their_numbers() -> None:
    """After a camera was lost and found nobody gets a number that somebody had before."""
    numbers = count(1)
    first, second = (Tracker(min_iou=0.3, memory_s=1.0, ids=numbers) for _ in range(2))
    assert ids(first, 0.0, face(0)) + ids(second, 9.0, face(0)) == [1, 2]


def test_a_doubtful_face_continues_a_track_and_starts_none() -> None:
    """A new person needs a sure detection; a known one may be seen less well for a while."""
    tracker = Tracker(min_iou=0.3, memory_s=1.0, start_score=0.7)
    sure, doubtful = Face(Box(0, 0, 10, 10), 0.7), Face(Box(1, 0, 11, 10), 0.5)
    assert ids(tracker, 0.0, doubtful) == []
    assert ids(tracker, 0.1, sure) == [1]
    assert ids(tracker, 0.2, doubtful, Face(Box(50, 0, 60, 10), 0.6)) == [1]


def test_it_is_told_why_a_face_starts_no_track() -> None:
    """A doubtful face is ignored for its score; a faint one is hardly a face, and nobody is told of it."""
    tracker = Tracker(min_iou=0.3, memory_s=1.0, min_score=0.4, start_score=0.7)
    doubtful, faint = Face(Box(0, 0, 10, 10), 0.5), Face(Box(50, 0, 60, 10), 0.3)
    assert tracker((doubtful, faint), 0.0) == ((), (Ignored(doubtful, Reason.LOW_SCORE, 0.5, 0.7),))


def test_a_faint_face_keeps_the_person_who_was_there() -> None:
    """A head that turns is seen faintly: it keeps its id, starts none, and takes no track from a sure face."""
    tracker = Tracker(min_iou=0.3, memory_s=1.0, min_score=0.5, start_score=0.0)
    sure, faint = Face(Box(0, 0, 10, 10), 0.9), Face(Box(0, 0, 10, 10), 0.2)
    beside = Face(Box(3, 0, 13, 10), 0.6)
    assert ids(tracker, 0.0, faint) == []
    assert ids(tracker, 0.1, sure) == [1]
    assert ids(tracker, 0.2, faint) == [1]
    assert ids(tracker, 0.3, faint, beside) == [1]
    assert tracker((faint, beside), 0.4)[0][0].face is beside
