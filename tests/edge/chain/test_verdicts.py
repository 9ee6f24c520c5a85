"""A person's verdict is a vote over time."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from edge.chain.verdicts import Verdicts
from edge.types import Box, Face, Label, Reading, TrackedFace

W, N, U = Label.WITH_MASK, Label.WITHOUT_MASK, Label.UNCERTAIN
BOX = Box(0, 0, 10, 10)


def make(**changes: float) -> Verdicts:
    values = {
        "window_s": 1.0,
        "min_votes": 3,
        "majority": 0.6,
        "memory_s": 0.5,
        "min_presence_s": 0.0,
        "min_share": 0.5,
    } | changes
    return Verdicts(**values)  # type: ignore[arg-type]


def reading(label: Label, probability: float = 0.9) -> Reading:
    return Reading(label, ((label if label is not U else W, probability),))


def play(
    verdicts: Verdicts, labels: Sequence[Label | None], *, fps: float = 10, start: float = 0.0
) -> list[Label | None]:
    """The verdict after each frame; a label of None is a frame in which the person was not seen."""
    said: list[Label | None] = []
    hits = 0
    for index, label in enumerate(labels):
        at = start + index / fps
        hits += label is not None
        seen = () if label is None else (TrackedFace(1, Face(BOX, 0.9), hits),)
        read = () if label is None else (reading(label),)
        settled = verdicts(seen, read, at)
        said.append(settled[0].label if settled else None)
    return said


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        ([W, W], [U, U]),
        ([W, W, W], [U, U, W]),
        ([W, N, W, W], [U, U, W, W]),
        ([N, W, U, U, U], [U, U, U, U, U]),
        ([W, W, W, N, N], [U, U, W, W, W]),
        ([W, W, W, N, N, N, N, N], [U, U, W, W, W, W, W, N]),
        ([U, U, U, U], [U, U, U, U]),
    ],
)
def test_majority_with_hysteresis(labels: list[Label | None], expected: list[Label]) -> None:
    """Nothing is said too early, a minority changes nothing, an even split keeps what was settled."""
    assert play(make(), labels) == expected


def test_one_bad_frame_changes_nothing() -> None:
    """A single wrong reading among good ones never shows."""
    assert N not in play(make(), [W] * 10 + [N] + [W] * 10)


def test_old_votes_expire() -> None:
    """A person who only gives uncertain readings for a whole window is undecided again."""
    assert play(make(), [W] * 3 + [U] * 11)[-1] is U


def test_absence_keeps_the_verdict_then_forgets_the_person() -> None:
    """A hidden face keeps its verdict for the memory, then the person is gone."""
    assert play(make(), [W, W, W] + [None] * 7)[3:] == [W] * 5 + [None] * 2


def test_a_face_seen_too_briefly_is_no_person() -> None:
    """A false detection of two frames is never mentioned."""
    assert play(make(min_presence_s=0.2), [W, W, W]) == [None, None, W]


def test_a_face_that_flickers_is_no_person() -> None:
    """A pattern that is taken for a face in every other frame alerts nobody; a person missed now and then counts."""
    verdicts = {"min_presence_s": 0.3, "min_share": 0.7, "memory_s": 1.0}
    assert play(make(**verdicts), [N, None] * 10) == [None] * 20
    assert play(make(**verdicts), [N, N, None, N, N])[-1] is N


def test_probability_is_the_mean_of_the_winning_votes() -> None:
    """Votes for other labels do not water the probability down."""
    verdicts = make()
    person = (TrackedFace(1, Face(BOX, 0.9), 1),)
    for at, (label, probability) in enumerate([(W, 0.8), (W, 0.9), (N, 0.6), (W, 1.0)]):
        settled = verdicts(person, (reading(label, probability),), at / 10)
    assert settled[0].probability == pytest.approx(0.9)


def test_every_face_needs_a_reading() -> None:
    """A stage that loses a reading is a bug, not a silent shift of labels between people."""
    with pytest.raises(ValueError, match="zip"):
        make()((TrackedFace(1, Face(BOX, 0.9), 1),), (), 0.0)
