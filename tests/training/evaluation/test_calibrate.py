"""Tests of training.evaluation.calibrate."""

from __future__ import annotations

from pathlib import Path

import keras
import numpy as np
import pytest

from edge.errors import ModelError
from edge.types import Image, Label
from tests.training.coloured import LABELS, paint, write_run
from training.evaluation.answers import ask
from training.evaluation.calibrate import calibrate
from training.evaluation.faces import LabelledFace
from training.evaluation.metrics import Indices
from training.evaluation.predictors import load_predictor
from training.evaluation.scaling import Caution
from training.runs import RunFolder, load_model_facts

CAUTION = Caution(precision=0.9, most_uncertain=0.2)


def doubtful_faces(count: int = 400) -> list[LabelledFace]:
    """Faces of weak colours whose class is drawn from softmax(2 * mean colour): the honest answer."""
    chance = np.random.default_rng(5)
    faces = []
    for _ in range(count):
        seen = LABELS[int(chance.integers(3))]
        picture = paint(seen, strength=int(chance.integers(5, 40)))
        logits = 2 * (picture[0, 0, ::-1] / 127.5 - 1)
        honest = np.exp(logits) / np.exp(logits).sum()
        faces.append(face(LABELS[int(chance.choice(3, p=honest))], picture))
    return faces


def face(label: Label, picture: Image) -> LabelledFace:
    return LabelledFace("face", label, "painted", lambda: (picture, None))


def answers_of(run: RunFolder, faces: list[LabelledFace]) -> tuple[Indices, np.ndarray]:
    answers = ask(load_predictor(str(run.path)), faces)
    return answers.truth, answers.probabilities


def test_the_model_itself_becomes_honest(tmp_path: Path) -> None:
    """A network four times too sure is mended in its last layer; what is likeliest mostly stays; thresholds follow."""
    run, faces = write_run(tmp_path / "run", sharpness=8.0), doubtful_faces()
    _, before = answers_of(run, faces)
    done = calibrate(run, faces, CAUTION)
    assert done.scaling.temperature == pytest.approx(4, rel=0.25)
    assert (done.error_after or 1) < (done.error_before or 0) / 2
    _, after = answers_of(run, faces)
    assert (after.argmax(axis=1) == before.argmax(axis=1)).mean() > 0.95
    assert after == pytest.approx(done.scaling(before), abs=1e-4)
    assert load_model_facts(run).thresholds == done.thresholds
    assert load_model_facts(run).kind_thresholds == done.kind_thresholds == {}
    assert set(done.thresholds) == set(LABELS)
    assert not list(run.path.glob("partial*"))


def test_calibrating_again_changes_nothing(tmp_path: Path) -> None:
    """The second temperature is 1, the second biases are 0, and the thresholds are the same."""
    run, faces = write_run(tmp_path / "run", sharpness=8.0), doubtful_faces(150)
    first = calibrate(run, faces, CAUTION)
    second = calibrate(run, faces, CAUTION)
    assert second.scaling.temperature == pytest.approx(1, abs=0.01)
    assert second.scaling.biases == pytest.approx(np.zeros(3), abs=0.01)
    assert second.thresholds == first.thresholds


def test_what_cannot_be_calibrated(tmp_path: Path) -> None:
    """Faces of a class the model does not know, and a model without a final softmax, leave the run as it was."""
    run = write_run(tmp_path / "run", labels=LABELS[:2])
    original = run.model.read_bytes()
    with pytest.raises(ModelError, match="does not know incorrect_mask"):
        calibrate(run, [face(Label.INCORRECT_MASK, paint(Label.INCORRECT_MASK))], CAUTION)
    assert run.model.read_bytes() == original
    inputs = keras.Input((16, 16, 3))
    last = keras.layers.GlobalAveragePooling2D()(keras.layers.Conv2D(2, 1, activation="sigmoid")(inputs))
    keras.Model(inputs, last).save(run.model)
    facts = run.model_facts.read_bytes()
    with pytest.raises(ModelError, match="no dense layer with softmax"):
        calibrate(run, [face(label, paint(label)) for label in LABELS[:2]], CAUTION)
    assert run.model_facts.read_bytes() == facts
