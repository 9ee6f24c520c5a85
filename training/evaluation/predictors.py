"""One way to ask any mask classifier: a run's Keras model, or a model folder's TFLite file, as the kiosk asks it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from edge.errors import ModelError
from edge.networks.classifier import Classifier, decode
from edge.networks.find import find_model
from edge.networks.manifest import InputSpec
from edge.networks.preprocess import crop_square, input_table, resize, to_input
from edge.types import Box, Image, Label, MaskKind, Reading
from training.runs import RunFolder, load_model_facts

BATCH_SIZE = 32


@dataclass(frozen=True, slots=True, eq=False)
class Predictor:
    """A mask classifier.

    Attributes:
        name: of the run or of the model.
        form: `keras`, or the recipe of a converted model.
        labels: K classes.
        input: how a face becomes the network's input.
        thresholds: the smallest probability at which a label is believed.
        answers: N faces already cut out (BGR, any size) -> float32 (N, K + M); N may be 0.
        kinds: M kinds of masks, or none.
    """

    name: str
    form: str
    labels: tuple[Label, ...]
    input: InputSpec
    thresholds: dict[Label, float]
    answers: Callable[[Sequence[Image]], NDArray[np.float32]]
    kinds: tuple[MaskKind, ...] = ()

    def probabilities(self, faces: Sequence[Image]) -> NDArray[np.float32]:
        """Of the labels alone, shape (N, K)."""
        return self.answers(faces)[:, : len(self.labels)]

    def __call__(self, image: Image, box: Box) -> Reading:
        """Classify the face in `box` of a BGR picture, as `edge.networks.classifier.Classifier` does."""
        face = crop_square(image, box, margin=self.input.margin)
        return decode(self.answers([face])[0], self.labels, self.thresholds, self.kinds)


def load_predictor(model: str, *, threads: int = 1) -> Predictor:
    """Load a run folder (with `model.keras`), a model folder (with a manifest), or a shipped model by its name.

    Raises:
        ModelError: if there is no such model, or it is damaged.
        InputError: if a run's description of it is damaged.
    """
    run = RunFolder(Path(model))
    if run.model.is_file():
        return _keras_predictor(run)
    if run.options.is_file():
        raise ModelError(f"{model}: contains an unfinished run (no {run.model.name}); resume it, or wait until it ends")
    return _tflite_predictor(find_model(model), threads=threads)


def _tflite_predictor(folder: Path, *, threads: int) -> Predictor:
    classifier = Classifier.load(folder, threads=threads)
    manifest = classifier.manifest

    def answers(faces: Sequence[Image]) -> NDArray[np.float32]:
        rows = [np.clip(classifier.answer(face), 0.0, 1.0) for face in faces]
        return np.array(rows, np.float32).reshape(len(faces), len(manifest.labels) + len(manifest.kinds))

    return Predictor(
        manifest.name,
        manifest.recipe,
        manifest.labels,
        manifest.input,
        dict(manifest.thresholds),
        answers,
        manifest.kinds,
    )


def _keras_predictor(run: RunFolder) -> Predictor:
    import keras  # noqa: PLC0415 - a TFLite model is evaluated without waiting for TensorFlow

    facts = load_model_facts(run)
    try:
        model = keras.saving.load_model(run.model, compile=False)
    except (ValueError, OSError, TypeError) as error:
        raise ModelError(f"{run.model}: is not a Keras model ({str(error).splitlines()[0]}); train again") from error
    spec, outputs = facts.input, len(facts.labels) + len(facts.kinds)
    if model.input_shape[1:] != (spec.height, spec.width, 3) or model.output_shape[1:] != (outputs,):
        raise ModelError(
            f"{run.model}: takes {model.input_shape[1:]} and gives {model.output_shape[1:]}, "
            f"but {run.model_facts.name} says {(spec.height, spec.width, 3)} and {(outputs,)}; train again"
        )
    table = input_table(spec)

    def answers(faces: Sequence[Image]) -> NDArray[np.float32]:
        rows = np.zeros((len(faces), outputs), np.float32)
        for first in range(0, len(faces), BATCH_SIZE):
            batch = [to_input(resize(face, spec), spec, table) for face in faces[first : first + BATCH_SIZE]]
            rows[first : first + len(batch)] = model.predict_on_batch(np.concatenate(batch))
        return rows

    return Predictor(run.path.resolve().name, "keras", facts.labels, spec, dict(facts.thresholds), answers, facts.kinds)
