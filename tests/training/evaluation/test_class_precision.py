"""Average precision by class."""

from __future__ import annotations

import pytest

from edge.types import Label
from training.data.scenes import Scene, TrueFace
from training.evaluation.class_precision import class_tallies, precision_table
from training.evaluation.scene_judge import JudgedScene
from training.evaluation.scene_score import CalledFace

MASKED, BARE = Label.WITH_MASK, Label.WITHOUT_MASK
LEFT, RIGHT = (10.0, 10.0, 30.0, 30.0), (60.0, 60.0, 80.0, 80.0)


def judged(truth: list[TrueFace], *probabilities: tuple[float, float], score: float = 0.9) -> JudgedScene:
    """A scene in which a detector finds LEFT and RIGHT, with the classifier's probabilities of masked and bare."""
    called = tuple(CalledFace(MASKED, box, score) for box in (LEFT, RIGHT)[: len(probabilities)])
    return JudgedScene(Scene("a.jpg", 100, 100, "x", tuple(truth)), called, probabilities, ())


@pytest.mark.parametrize(
    ("probabilities", "masked", "bare"),
    [
        ([(0.9, 0.1), (0.2, 0.8)], 1.0, 1.0),
        ([(0.3, 0.7), (0.2, 0.8)], 1.0, 1.0),
        ([(0.1, 0.9), (0.8, 0.2)], 0.5, 0.5),
        ([(0.9, 0.1)], 1.0, 0.0),
    ],
    ids=["right", "order decides", "exchanged", "one missed"],
)
def test_a_detection_is_right_on_its_class_alone(
    probabilities: list[tuple[float, float]], masked: float, bare: float
) -> None:
    """One masked and one bare face: precision by class, worked out by hand."""
    tallies = class_tallies([judged([TrueFace(MASKED, LEFT), TrueFace(BARE, RIGHT)], *probabilities)], (MASKED, BARE))
    assert [tally.average_precision for tally in tallies.values()] == [masked, bare]
    assert precision_table({"all": tallies}).splitlines()[2] == (
        f"| all | {masked:.3f} (1) | {bare:.3f} (1) | {(masked + bare) / 2:.3f} |"
    )


def test_doubtful_faces_count_in_no_class() -> None:
    """A face that nobody could tell is neither missed nor a mistake in any class."""
    tallies = class_tallies([judged([TrueFace(MASKED, LEFT, ignore=True)], (0.9, 0.1))], (MASKED, BARE))
    assert all(not tally.sought and not tally.scores for tally in tallies.values())
