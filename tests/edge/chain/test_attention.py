"""Who is judged in a frame, and who is not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from edge.chain.attention import Attention
from edge.types import Box, Face, Ignored, Image, Label, Reading, Reason, TrackedFace

FPS, MEMORY_S = 30, 0.7
PICTURE = np.zeros((100, 400, 3), np.uint8)
MASK, BARE, UNSURE = Label.WITH_MASK, Label.WITHOUT_MASK, Label.UNCERTAIN


class Judge:
    """Says what it is told to, frame by frame, and counts who was judged; people stand at ten times their id."""

    def __init__(self, says: Label | None = MASK) -> None:
        self.says: Label | None = says
        self.judged: list[int] = []

    def __call__(self, _image: Image, face: Face) -> Reading | Ignored:
        self.judged.append(face.box.x1 // 10)
        return unfit(face) if self.says is None else Reading(self.says, ((self.says, 0.9),))


def unfit(face: Face) -> Ignored:
    return Ignored(face, Reason.BLURRED, 3.0, 20.0)


def people(*ids: int) -> tuple[TrackedFace, ...]:
    return tuple(TrackedFace(i, Face(Box(10 * i, 0, 10 * i + 10, 10), 0.9), 1) for i in ids)


def watch(
    attention: Attention, frames: int, ids: Sequence[int], *, first: int = 0
) -> list[tuple[Reading | Ignored | None, ...]]:
    return [attention(PICTURE, people(*ids), (first + frame) / FPS) for frame in range(frames)]


def test_a_settled_person_is_read_now_and_then() -> None:
    """Three readings that agree, then five a second; what is not read casts no vote."""
    judge = Judge()
    read = watch(Attention(judge, steady=3, reread_s=0.19, budget=4, memory_s=MEMORY_S, min_score=0.5), 33, [1])
    assert [frame for frame, (reading,) in enumerate(read) if reading] == [0, 1, 2, 8, 14, 20, 26, 32]


def test_one_reading_that_disagrees_brings_attention_back() -> None:
    """From then on every frame is read until all agree again."""
    judge = Judge()
    attention = Attention(judge, steady=3, reread_s=0.19, budget=4, memory_s=MEMORY_S, min_score=0.5)
    watch(attention, 8, [1])
    judge.says, judge.judged = BARE, []
    watch(attention, 6, [1], first=8)
    assert len(judge.judged) == 3
    judge.says = UNSURE
    watch(attention, 10, [1], first=14)
    # Two frames to wait for the next turn, then all.
    assert len(judge.judged) == 11


def test_an_unfit_face_stays_doubtful() -> None:
    """It is tried in every frame, so that the first good look counts."""
    judge = Judge(None)
    attention = Attention(judge, steady=3, reread_s=0.19, budget=4, memory_s=MEMORY_S, min_score=0.5)
    assert watch(attention, 20, [1]) == [(unfit(people(1)[0].face),)] * 20
    assert len(judge.judged) == 20


def test_a_faint_face_is_not_read_and_says_why() -> None:
    """A head that turns away keeps its person; whoever is clear but has to wait is told nothing of."""
    judge = Judge()
    attention = Attention(judge, steady=1, reread_s=9.0, budget=1, memory_s=MEMORY_S, min_score=0.5)
    faint = TrackedFace(1, Face(Box(10, 0, 20, 10), 0.3), 4)
    clear = people(2, 3)
    assert attention(PICTURE, (faint, *clear), 0.0)[0] == Ignored(faint.face, Reason.LOW_SCORE, 0.3, 0.5)
    assert judge.judged == [2]
    assert attention(PICTURE, (faint, *clear), 0.1)[1] is None


def test_a_crowd_takes_turns() -> None:
    """Never more than the budget in a frame, everybody soon, and nobody twice before the last one's turn."""
    judge = Judge()
    attention = Attention(judge, steady=3, reread_s=10.0, budget=4, memory_s=MEMORY_S, min_score=0.5)
    read = watch(attention, 12, range(1, 17))
    assert all(sum(reading is not None for reading in frame) == 4 for frame in read)
    assert set(judge.judged[:16]) == set(range(1, 17))
    assert set(Counter(judge.judged).values()) == {3}
    assert sum(reading is not None for reading in watch(attention, 1, range(1, 17), first=12)[0]) == 0


def test_whoever_cannot_be_judged_takes_nobody_s_turn() -> None:
    """Beside six faces that are cut off or too small, the two that are fit are read in every frame that is theirs."""

    def judge(_image: Image, face: Face) -> Reading | Ignored:
        return Reading(MASK, ((MASK, 0.9),)) if face.box.x1 // 10 > 6 else unfit(face)

    attention = Attention(judge, steady=3, reread_s=0.0, budget=2, memory_s=MEMORY_S, min_score=0.5)
    read = watch(attention, 10, range(1, 9))
    assert all([isinstance(reading, Reading) for reading in frame] == [False] * 6 + [True] * 2 for frame in read)


def test_a_forgotten_person_is_new_again() -> None:
    """After its memory nothing is known of an id any more, and it is read at once."""
    judge = Judge()
    attention = Attention(judge, steady=2, reread_s=1000.0, budget=4, memory_s=MEMORY_S, min_score=0.5)
    watch(attention, 5, [1])
    attention(PICTURE, (), 5 / FPS + MEMORY_S)
    judge.judged = []
    watch(attention, 1, [1], first=FPS * 20)
    assert judge.judged == [1]


def test_a_long_memory_outlasts_a_long_absence() -> None:
    """Whoever the tracker still knows after a quarter of an hour is not read anew."""
    judge = Judge()
    attention = Attention(judge, steady=2, reread_s=3600.0, budget=4, memory_s=3600.0, min_score=0.5)
    watch(attention, 5, [1])
    attention(PICTURE, (), 60.0)
    judge.judged = []
    watch(attention, 1, [1], first=FPS * 900)
    assert judge.judged == []


@given(st.lists(st.lists(st.sampled_from([MASK, BARE, UNSURE, None]), min_size=3, max_size=3), min_size=1, max_size=40))
def test_nobody_waits_longer_than_the_interval(says: list[list[Label | None]]) -> None:
    """With a budget for everyone, whatever is said, each person is read at least every `reread_s`."""
    last = [-1.0] * 3

    def judge(_image: Image, face: Face) -> Reading | Ignored:
        person = face.box.x1 // 10
        last[person] = now
        label = said[person]
        return unfit(face) if label is None else Reading(label, ((label, 0.9),))

    attention = Attention(judge, steady=3, reread_s=0.2, budget=3, memory_s=MEMORY_S, min_score=0.5)
    for frame, said in enumerate(says):  # noqa: B007 - `judge` looks at it
        now = frame / FPS
        attention(PICTURE, people(0, 1, 2), now)
        assert all(now - at < 0.2 + 1e-9 for at in last)
