"""Tests of training.evaluation.answers."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from edge.types import Label
from tests.builders import write_model_folder
from tests.training.coloured import LABELS, write_split
from training.data.samples import Part
from training.evaluation.answers import Answers, all_labels, ask, spread
from training.evaluation.faces import load_faces
from training.evaluation.predictors import BATCH_SIZE, load_predictor


def test_ask_keeps_the_order_of_the_faces(tmp_path: Path) -> None:
    """More faces than a batch holds: truth, probabilities, traits and names belong together."""
    labels = [LABELS[index * index % 3] for index in range(BATCH_SIZE + 5)]
    faces = load_faces(write_split(tmp_path, labels, [Part.VALIDATION] * len(labels)), Part.VALIDATION)
    write_model_folder(tmp_path / "model", thresholds={Label.WITH_MASK: 0.999})
    answers = ask(load_predictor(str(tmp_path / "model")), faces)
    assert [answers.labels[index] for index in answers.truth] == labels
    assert (answers.probabilities.argmax(axis=1) == answers.truth).all()
    assert [trait.size for trait in answers.traits] == [40 + index for index in range(len(labels))]
    assert answers.files == tuple(face.file for face in faces)
    assert [index == 3 for index in answers.called] == [label is Label.WITH_MASK for label in labels]


def test_a_class_the_network_does_not_know(tmp_path: Path) -> None:
    """Two-class networks are judged on three-class faces: the third class has probability 0."""
    faces = load_faces(write_split(tmp_path, LABELS, [Part.TEST] * 3), Part.TEST)
    write_model_folder(tmp_path / "model", labels=LABELS[:2])
    answers = ask(load_predictor(str(tmp_path / "model")), faces)
    assert answers.labels == LABELS
    assert answers.probabilities[:, 2].tolist() == [0, 0, 0]
    assert answers.probabilities.sum(axis=1) == pytest.approx([1, 1, 1])


@pytest.mark.parametrize(
    ("known", "found", "labels"),
    [
        ((Label.WITHOUT_MASK, Label.WITH_MASK), (), LABELS[:2]),
        (LABELS[:2], (Label.INCORRECT_MASK,), LABELS),
        ((Label.WITHOUT_MASK,), (Label.WITHOUT_MASK,), LABELS[:2]),
    ],
)
def test_all_labels(known: tuple[Label, ...], found: tuple[Label, ...], labels: tuple[Label, ...]) -> None:
    """Classes of network and faces together, always in the same order, with_mask always among them."""
    assert all_labels(known, found) == labels


def test_spread_puts_columns_in_order() -> None:
    """A network that names its outputs in another order is read by their names."""
    wider = spread(np.array([[0.7, 0.3]], np.float32), (Label.INCORRECT_MASK, Label.WITH_MASK), LABELS)
    assert wider.tolist() == [[pytest.approx(0.3), 0, pytest.approx(0.7)]]


def test_alarm_score() -> None:
    """1 - P(with_mask), high where an alarm is due."""
    probabilities = np.array([[0.8, 0.1, 0.1], [0.2, 0.5, 0.3]])
    answers = Answers(LABELS, np.array([0, 2]), probabilities, (0, 0, 0), (), ())
    assert answers.alarm_score == pytest.approx([0.2, 0.8])
    assert answers.alarming.tolist() == [False, True]
