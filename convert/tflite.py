"""Keras network -> TFLite file, by TensorFlow's converter."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray
from tqdm import tqdm

from convert.recipes import Recipe
from convert.run import Run
from edge.errors import ModelError

INPUT_NAME = "image"
BATCH_SIZE = 32

NetworkInputs = Callable[[], Iterator[NDArray[np.float32]]]
"""Starts a pass over the calibration pictures as network inputs, float32 (1, H, W, 3)."""


def read_keras(path: Path) -> keras.Model:
    """Load a `.keras` file.

    Raises:
        ModelError: if it is missing or damaged.
    """
    try:
        return keras.saving.load_model(path, compile=False)
    except (OSError, ValueError, TypeError) as error:
        raise ModelError(f"{path}: cannot be loaded ({str(error).splitlines()[0]}); train again") from error


def load_keras(run: Run) -> keras.Model:
    """The run's network, checked against what the run says about it.

    Raises:
        ModelError: if the file is damaged or contradicts `model.json`.
    """
    model = read_keras(run.model)
    spec = run.facts.input
    expected = (None, spec.height, spec.width, 3), (None, len(run.facts.labels) + len(run.facts.kinds))
    actual = tuple(model.input_shape), tuple(model.output_shape)
    if actual != expected:
        raise ModelError(f"{run.model}: expected input and output shapes {expected}, received {actual}; train again")
    return model


def save_for_conversion(model: keras.Model, folder: Path) -> None:
    """Write the network as a SavedModel that takes one picture at a time.

    A fixed batch of one leaves nothing to work out at run time, so that XNNPACK takes the whole graph.
    """
    one = keras.InputSpec(shape=(1, *model.input_shape[1:]), dtype="float32", name=INPUT_NAME)
    model.export(folder, format="tf_saved_model", input_signature=[one], verbose=False)


def convert(saved_model: Path, recipe: Recipe, inputs: NetworkInputs) -> bytes:
    """Convert what `save_for_conversion` wrote.

    Args:
        saved_model: its folder.
        recipe: one without exceptions: this converter quantises a network whole.
        inputs: calibration pictures; looked at only for int8 activations.

    Raises:
        ModelError: if the network holds an operation that TFLite does not have.
    """
    converter = tf.lite.TFLiteConverter.from_saved_model(str(saved_model))
    _configure(converter, recipe, inputs)
    try:
        content: bytes = converter.convert()
    except Exception as error:  # the converter's own error is not public and derives from nothing narrower
        reason = (str(error).strip() or type(error).__name__).splitlines()[0]
        raise ModelError(f"{recipe.name}: TensorFlow cannot convert this network ({reason})") from error
    return content


def _configure(converter: Any, recipe: Recipe, inputs: NetworkInputs) -> None:
    if recipe.weights != "float32":
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
    if recipe.weights == "float16":
        converter.target_spec.supported_types = [tf.float16]
    if recipe.activations == "int8":
        converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
        converter.representative_dataset = lambda: ([array] for array in inputs())
        converter.inference_input_type = converter.inference_output_type = tf.int8


def keras_probabilities(model: keras.Model, inputs: Iterator[NDArray[np.float32]], count: int) -> NDArray[np.float32]:
    """The network's answers, shape (count, labels + kinds), for a stream of `count` inputs (1, H, W, 3)."""
    rows = []
    with tqdm(total=count, desc="keras", unit="face", leave=False, disable=None) as progress:
        while batch := list(islice(inputs, BATCH_SIZE)):
            rows.append(model.predict_on_batch(np.concatenate(batch)))
            progress.update(len(batch))
    return np.concatenate(rows).astype(np.float32)
