"""The account of the faces that do not count."""

from __future__ import annotations

import numpy as np

from edge.chain.census import KEPT_FACES, KEPT_S, Census
from edge.types import Box, Face, Frame, Ignored, Reason, TrackedFace

PICTURE = np.zeros((100, 200, 3), np.uint8)


def face(x: int, side: int = 10) -> Face:
    return Face(Box(x, 0, x + side, side), 0.9)


def too_small(one: Face) -> Ignored:
    return Ignored(one, Reason.TOO_SMALL, 0.05, 0.08)


def tell(census: Census, at: float, *ignored: Ignored, followed: tuple[Face, ...] = ()) -> tuple[Ignored, ...]:
    people = tuple(TrackedFace(index, one, 1) for index, one in enumerate(followed))
    return census(Frame(PICTURE, at, 0), people, ignored)


def test_a_face_keeps_its_number() -> None:
    """From frame to frame, whether or not it counts; it is told how large it is."""
    census = Census()
    assert [(why.id, why.size) for why in tell(census, 0.0, too_small(face(0)), too_small(face(50)))] == [
        (1, 0.05),
        (2, 0.05),
    ]
    assert tell(census, 0.1, followed=(face(1), face(51))) == ()
    assert [(why.id, why.face) for why in tell(census, 0.2, too_small(face(52)), followed=(face(2),))] == [
        (2, face(52))
    ]


def test_each_face_counts_once_for_every_reason() -> None:
    """However long it is ignored; a reason that nobody was ignored for is told, too."""
    census = Census()
    for frame in range(5):
        tell(census, frame / 10, too_small(face(0)))
    tell(census, 0.5, Ignored(face(0), Reason.NOT_YET, 1, 5), followed=(face(0),))
    assert census.totals() == dict.fromkeys(Reason, 0) | {Reason.TOO_SMALL: 1, Reason.NOT_YET: 1}


def test_it_is_known_who_was_there_of_late() -> None:
    """How each face ended: the last reason and size, and whether it ever counted."""
    census = Census()
    tell(census, 0.0, too_small(face(100)))
    tell(census, 30.0, too_small(face(0)))
    tell(census, 30.2, followed=(face(0, 12),))
    tell(census, 30.4, too_small(face(0, 8)), too_small(face(60)))
    seen = [(one.has_counted, one.size, one.why is not None) for one in census.last(10.0)]
    assert seen == [(True, 0.04, True), (False, 0.05, True)]
    assert len(census.last(31.0)) == 3


def test_it_does_not_grow_for_ever() -> None:
    """A thousand faces, ten minutes."""
    census = Census()
    for number in range(KEPT_FACES + 50):
        tell(census, number / 100, too_small(face(number % 2 * 100 + 20 * (number // 2 % 4))))
        tell(census, number / 100 + 0.001)
    assert len(census.last(KEPT_S)) <= KEPT_FACES
    tell(census, KEPT_S + 100, too_small(face(0)))
    assert len(census.last(2 * KEPT_S)) == 1
