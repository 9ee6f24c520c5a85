"""Tests of training.evaluation.predictors."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from edge.errors import MaskgateError, ModelError
from edge.networks.manifest import InputSpec
from edge.types import Box, Label
from tests.builders import write_model_folder
from tests.training.coloured import LABELS, paint, write_run
from training.evaluation.predictors import BATCH_SIZE, load_predictor
from training.runs import ModelFacts


def test_keras_and_tflite_are_asked_alike(tmp_path: Path) -> None:
    """The same network as a run and as a model folder gives the same probabilities, thresholds and readings."""
    thresholds = {Label.WITHOUT_MASK: 0.99}
    run = write_run(tmp_path / "run")
    facts = ModelFacts(
        labels=LABELS, input=InputSpec(width=16, height=16, margin=0.1), backbone="colour", thresholds=thresholds
    )
    run.model_facts.write_text(facts.model_dump_json())
    write_model_folder(tmp_path / "model", spec=facts.input, thresholds=thresholds)
    trained, converted = (load_predictor(str(tmp_path / name)) for name in ("run", "model"))
    assert (trained.name, trained.form) == ("run", "keras")
    assert (converted.name, converted.form) == ("colour", "float32")
    assert trained.labels == converted.labels == LABELS
    assert trained.thresholds == converted.thresholds == thresholds
    faces = [paint(label, strength=strength) for label in LABELS for strength in (10, 90)]
    assert trained.probabilities(faces) == pytest.approx(converted.probabilities(faces), abs=1e-5)
    for label, called in zip(LABELS, (Label.WITH_MASK, Label.UNCERTAIN, Label.INCORRECT_MASK), strict=True):
        for predictor in (trained, converted):
            assert predictor(paint(label, strength=60), Box(5, 5, 35, 35)).label is called


def test_batches_and_no_face_at_all(tmp_path: Path) -> None:
    """More faces than a batch holds come back in order, and no face gives no row."""
    write_run(tmp_path / "run")
    predictor = load_predictor(str(tmp_path / "run"))
    labels = [LABELS[index % 3] for index in range(BATCH_SIZE + 3)]
    answers = predictor.probabilities([paint(label) for label in labels])
    assert [LABELS[index] for index in answers.argmax(axis=1)] == labels
    assert predictor.probabilities([]).shape == (0, 3)
    write_model_folder(tmp_path / "model")
    assert load_predictor(str(tmp_path / "model")).probabilities([]).shape == (0, 3)


@pytest.mark.parametrize("quantized", [False, True])
def test_probabilities_stay_in_range(tmp_path: Path, quantized: bool) -> None:
    """Rounding of int8 outputs never leaves [0, 1]."""
    write_model_folder(tmp_path / "model", quantized=quantized)
    answers = load_predictor(str(tmp_path / "model")).probabilities([np.full((9, 9, 3), 255, np.uint8)])
    assert ((answers >= 0) & (answers <= 1)).all()


def test_a_damaged_run_is_refused(tmp_path: Path) -> None:
    """No such model, an unfinished run, a damaged one, and one unlike its description each give one clear line."""
    with pytest.raises(MaskgateError, match="no such model"):
        load_predictor(str(tmp_path / "nothing"))
    (tmp_path / "begun").mkdir()
    (tmp_path / "begun/options.json").touch()
    with pytest.raises(ModelError, match="unfinished"):
        load_predictor(str(tmp_path / "begun"))
    run = write_run(tmp_path / "run")
    facts = ModelFacts(labels=LABELS[:2], input=InputSpec(width=16, height=16), backbone="colour")
    run.model_facts.write_text(facts.model_dump_json())
    with pytest.raises(ModelError, match=r"model\.json says .* train again"):
        load_predictor(str(run.path))
    run.model.write_bytes(b"no model")
    with pytest.raises(ModelError, match="is not a Keras model"):
        load_predictor(str(run.path))
