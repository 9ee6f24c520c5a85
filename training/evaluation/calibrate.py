"""Calibrate a finished run: temperature and biases into its last layer, thresholds into its description."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import keras
import numpy as np

from edge.errors import ModelError
from edge.host.files import replacing
from edge.types import Label, Required
from training.evaluation.answers import ask
from training.evaluation.curves import calibration_error, reliability
from training.evaluation.faces import LabelledFace
from training.evaluation.metrics import Indices, Probabilities
from training.evaluation.predictors import load_predictor
from training.evaluation.scaling import Caution, Scaling, choose_thresholds, fit_scaling, kind_thresholds
from training.runs import LABEL_LAYER, RunFolder, load_model_facts, save_json


@dataclass(frozen=True, slots=True)
class Calibration:
    """What calibration did.

    Attributes:
        scaling: what was done to the logits.
        error_before, error_after: expected calibration error on the same faces.
        thresholds: the smallest probability at which each label is believed.
        kind_thresholds: the same for kinds of masks that are told (ANY), and for the rules.
    """

    scaling: Scaling
    error_before: float | None
    error_after: float | None
    thresholds: dict[Label, float]
    kind_thresholds: dict[Required, float]


def calibrate(run: RunFolder, faces: Sequence[LabelledFace], caution: Caution, *, biases: bool = True) -> Calibration:
    """Scale the logits of the run's model as fits the faces best, and write thresholds into `model.json`.

    How sure the model is changes, and what is likeliest where two classes lie close. Calibrating again changes nothing.

    Raises:
        InputError: if a picture or the run's description cannot be read.
        ModelError: if the model does not end in a dense layer with softmax, or knows not all classes of the faces.
    """
    predictor = load_predictor(str(run.path))
    answers = ask(predictor, faces)
    if answers.labels != predictor.labels:
        unknown = ", ".join(sorted(set(answers.labels) - set(predictor.labels)))
        raise ModelError(f"{run.path}: its model does not know {unknown}; calibrate on faces of its own classes")
    truth, before = answers.truth, answers.probabilities
    scaling = fit_scaling(truth, before, biases=biases)
    after = scaling(before)
    thresholds = choose_thresholds(truth, after, predictor.labels, caution)
    _fold(run.model, scaling)
    worn = [None if bad else one.kind for one, bad in zip(answers.traits, answers.alarming, strict=True)]
    of_kinds = kind_thresholds(predictor.kinds, worn, answers.of_kinds)
    facts = load_model_facts(run)
    of_kinds = facts.kind_thresholds | of_kinds
    facts = facts.model_copy(update={"thresholds": thresholds, "kind_thresholds": of_kinds})
    save_json(run.model_facts, facts.model_dump(mode="json"))
    return Calibration(scaling, _error(truth, before), _error(truth, after), thresholds, of_kinds)


def _error(truth: Indices, probabilities: Probabilities) -> float | None:
    return calibration_error(reliability(truth, probabilities))


def _fold(path: Path, scaling: Scaling) -> None:
    """Scale weights and biases of the dense layer that ends in the labels, and replace the file in one step."""
    model = keras.saving.load_model(path, compile=False)
    named = [layer for layer in model.layers if layer.name == LABEL_LAYER]
    last = named[0] if named else model.layers[-1]
    if not isinstance(last, keras.layers.Dense) or last.activation is not keras.activations.softmax:
        raise ModelError(f"{path}: ends in no dense layer with softmax; only such a model can be calibrated")
    kernel, biases = (np.asarray(weights) / np.float32(scaling.temperature) for weights in last.get_weights())
    last.set_weights([kernel, biases + scaling.biases.astype(np.float32)])
    with replacing(path) as fresh:
        model.save(fresh)
