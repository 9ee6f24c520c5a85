"""A person's verdict is a vote over time."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from edge.chain.verdicts import Verdicts, least_rate
from edge.types import Box, Face, Ignored, Label, Reading, Reason, TrackedFace

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


@pytest.mark.parametrize(("fps", "decides"), [(1.0, False), (1.5, False), (1.7, True), (2.0, True), (3.0, True)])
@pytest.mark.parametrize("label", [W, N])
def test_a_slow_camera_decides_by_as_many_votes(fps: float, decides: bool, label: Label) -> None:
    """Five are needed at any rate; those of the last two and a half seconds count, and no older ones."""
    said = play(make(min_votes=5), [label] * 10, fps=fps)
    assert said[:4] == [U] * 4
    assert (said[-1] is label) is decides
    assert decides == (fps >= least_rate(min_votes=5, window_s=1.0))


def test_a_slow_camera_forgives_a_reading_that_says_nothing() -> None:
    """Two frames more than are needed count."""
    assert play(make(min_votes=5), [N, N, U, N, N, N], fps=3)[-1] is N
    assert play(make(min_votes=5), [N, N, U, N, N, N], fps=10)[-1] is N


def test_a_mask_that_came_off_before_a_slow_camera_ends_pass_within_a_second() -> None:
    """However long the votes of before count."""
    said = play(make(min_votes=5), [W] * 8 + [N] * 2, fps=2)
    assert said[7:] == [W, W, U]


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        ([W, W], [U, U]),
        ([W, W, W], [U, U, W]),
        ([W, N, W, W], [U, U, W, W]),
        ([N, W, U, U, U], [U, U, U, U, U]),
        ([W, W, W, N, N], [U, U, W, W, W]),
        ([W, W, W, N, N, N, N, N], [U, U, W, W, W, U, U, N]),
        ([U, U, U, U], [U, U, U, U]),
    ],
)
def test_majority_with_hysteresis(labels: list[Label | None], expected: list[Label]) -> None:
    """Nothing is said too early, a minority changes nothing, an even split keeps the label and lets nobody in."""
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


@pytest.mark.parametrize("memory_s", [1.5, 5.0, 3600.0])
def test_a_masked_reading_lets_in_for_a_second(memory_s: float) -> None:
    """Whoever was masked and is out of sight is undecided a second later, however long they are remembered."""
    said = play(make(memory_s=memory_s), [W, W, W] + [None] * 12)
    assert said[3:] == [W] * 10 + [U] * 2


@pytest.mark.parametrize("window_s", [1.0, 5.0, 60.0])
def test_a_mask_that_comes_off_counts_within_a_second(window_s: float) -> None:
    """However many votes the window still holds, the last second's must be masked."""
    said = play(make(window_s=window_s), [W] * 100 + [N] * 10)
    assert said[99] is W
    assert W not in said[105:]


def test_a_face_seen_once_is_nothing_and_twice_is_doubt() -> None:
    """A false detection of one frame is never mentioned; who was seen twice in a second is undecided, and no more."""
    late = make(min_presence_s=0.5, memory_s=1.0)
    assert play(late, [W, *[None] * 12]) == [None] * 13
    assert play(make(min_presence_s=0.5), [W, W, W]) == [None, U, U]
    assert play(make(min_presence_s=0.5, memory_s=1.0), [N, *[None] * 9, N]) == [None] * 10 + [U]
    assert play(make(min_presence_s=0.5, memory_s=2.0), [N, *[None] * 10, N]) == [None] * 12


def test_a_face_that_flickers_is_doubt_and_no_person() -> None:
    """Who is seen in every other frame keeps the door shut and alerts nobody; a person missed now and then counts."""
    verdicts = {"min_presence_s": 0.3, "min_share": 0.7, "memory_s": 1.0}
    assert play(make(**verdicts), [N, None] * 10) == [None, None] + [U] * 18
    assert play(make(**verdicts), [N, N, None, N, N])[-1] is N


def test_sights_of_somebody_new_each_time_are_counted_together() -> None:
    """Somebody who walks and is seen now and then gets another number each time, and keeps the door shut all the
    same.
    """
    verdicts = make(min_presence_s=0.3)
    for number, at in enumerate((0.0, 0.9)):
        settled = verdicts((TrackedFace(number, Face(BOX, 0.9), 1),), (None,), at)
    assert {verdict.label for verdict in settled} == {U}


def test_a_face_without_life_lets_nobody_in() -> None:
    """What a stuck camera shows casts no vote for PASS, and ends it at once; a bare face is a bare face."""
    masked, lifeless = TrackedFace(1, Face(BOX, 0.9), 9), TrackedFace(1, Face(BOX, 0.9), 9, lives=False)
    verdicts = make()
    said = [verdicts((masked,), (reading(W),), at / 10)[0].label for at in range(4)]
    assert said[-1] is W
    assert verdicts((lifeless,), (reading(W),), 0.4)[0].label is U
    still = make()
    assert {still((lifeless,), (reading(W),), at / 10)[0].label for at in range(20)} == {U}
    assert [still((lifeless,), (reading(N),), 2 + at / 10)[0].label for at in range(3)] == [U, U, N]


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


def test_votes_are_told_while_they_come_in() -> None:
    """So that whoever waits can see it: those that count at present, doubt being none."""
    verdicts = make(min_votes=4)
    read = [W, U, W, W, W, W]
    told = [
        verdicts((TrackedFace(1, Face(BOX, 0.9), i + 1),), (reading(one),), i / 10)[0] for i, one in enumerate(read)
    ]
    assert [(one.votes, one.label) for one in told] == [(1, U), (1, U), (2, U), (3, U), (4, W), (5, W)]


def test_it_is_told_who_was_not_seen_often_enough() -> None:
    """First until a face is a person, by the rate at which frames come; then until enough readings are in."""
    verdicts = make(min_presence_s=0.4, min_votes=7)
    face, told = Face(BOX, 0.9), []
    for frame in range(9):
        person = (TrackedFace(1, face, frame + 1),)
        verdicts(person, (reading(W if frame != 2 else U),), frame / 10)
        told += [verdicts.awaited(person)]
    counts = [[(why.measure, why.needed) for why in one] for one in told]
    assert counts == [[(1, 7)], [(2, 8)], [(3, 7)], [(4, 7)], [(4, 7)], [(5, 7)], [(6, 7)], [], []]
    assert told[0] == (Ignored(face, Reason.NOT_YET, 1, 7),)


def test_nobody_waits_who_is_settled() -> None:
    """Whoever was decided on counts, however few readings are left of the last second's."""
    verdicts = make()
    play(verdicts, [N, N, N])
    person = (TrackedFace(1, Face(BOX, 0.9), 4),)
    verdicts(person, (reading(U),), 1.15)
    assert verdicts.awaited(person) == ()
