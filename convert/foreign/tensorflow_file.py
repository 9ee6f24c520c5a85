"""Keras files and SavedModel folders of others, converted by TensorFlow."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import tensorflow as tf
from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

from convert import tflite
from convert.foreign.heads import Floats, Head, probabilities
from convert.foreign.keras_file import load_keras
from convert.foreign.original import find_head, fixed_size
from convert.recipes import FLOAT32, Recipe
from convert.tflite import INPUT_NAME, NetworkInputs
from edge.errors import ModelError

BATCH_SIZE = 32

Call = Callable[[Any], Any]
"""Takes a float32 tensor (batch, height, width, 3), gives one (batch, outputs)."""


class TensorFlowOriginal:
    """A network that TensorFlow runs.

    Args:
        form: what wrote it.
        path: its file or folder.
        call: the network.
        holder: what keeps its weights.
        shape: of its input.

    Raises:
        ModelError: if it is no classifier of pictures of a fixed size.
    """

    span: tuple[float, float] | None = None

    def __init__(self, form: str, path: Path, *, call: Call, holder: Any, shape: tuple[int | None, ...]) -> None:
        self.form = form
        self.size = fixed_size(shape, path)
        self._call = call
        self._holder = holder
        self._head, self.labels = find_head(self._raw, self.size, path)

    def answers(self, inputs: Floats) -> Floats:
        return probabilities(self._raw(inputs), self._head)

    def write(self, stem: Path, recipe: Recipe | None, inputs: NetworkInputs) -> tuple[Path, str]:
        recipe = recipe or FLOAT32
        width, height = self.size
        call, head = self._call, self._head
        signature = [tf.TensorSpec((1, height, width, 3), tf.float32, INPUT_NAME)]
        answer = tf.function(lambda image: _probabilities(call(image), head), input_signature=signature)
        module = tf.Module()
        # Weights become constants: the kiosk runs no initialiser, without which variables are zero (TensorFlow 2.21).
        module.answer = convert_variables_to_constants_v2(answer.get_concrete_function())
        target = stem.parent / f"{stem.name}.tflite"
        with TemporaryDirectory(prefix="maskgate-") as scratch:
            tf.saved_model.save(module, scratch, signatures=module.answer)
            target.write_bytes(tflite.convert(Path(scratch), recipe, inputs))
        return target, recipe.name

    def _raw(self, inputs: Floats) -> Floats:
        batches = (inputs[start : start + BATCH_SIZE] for start in range(0, len(inputs), BATCH_SIZE))
        return np.concatenate([np.asarray(self._call(tf.constant(batch)), np.float32) for batch in batches])


def open_keras(path: Path) -> TensorFlowOriginal:
    """A Keras file of any version, under any name.

    Raises:
        ModelError: if it cannot be loaded, or is no classifier of pictures.
    """
    model, form = load_keras(path)
    shape = model.input_shape
    if not isinstance(shape, tuple) or not isinstance(model.output_shape, tuple):
        raise ModelError(f"{path}: expected a network with one input and one output")
    return TensorFlowOriginal(
        form, path, call=tf.function(lambda image: model(image, training=False)), holder=model, shape=shape
    )


def open_saved_model(path: Path) -> TensorFlowOriginal:
    """A folder as TensorFlow 2 saved it, such as Keras 2's `model.save("mask_detector.model")`.

    Raises:
        ModelError: if it is none, or no classifier of pictures.
    """
    if not (path / "saved_model.pb").is_file():
        raise ModelError(f"{path}: holds no saved_model.pb; expected a model's file, or a SavedModel folder")
    try:
        loaded = tf.saved_model.load(str(path))
        serving = loaded.signatures["serving_default"]
        ((name, source),) = serving.structured_input_signature[1].items()
        (target,) = serving.structured_outputs
    except Exception as error:  # TensorFlow raises what its graph meets
        reason = (str(error).strip() or type(error).__name__).splitlines()[0]
        raise ModelError(f"{path}: cannot be loaded as a SavedModel of one input and output ({reason})") from error
    return TensorFlowOriginal(
        "SavedModel",
        path,
        call=lambda image: serving(**{name: image})[target],
        holder=loaded,
        shape=tuple(source.shape),
    )


def _probabilities(raw: Any, head: Head) -> Any:
    """As `heads.probabilities`, in the graph."""
    if head == "logits":
        return tf.nn.softmax(raw)
    if head == "logit":
        raw = tf.sigmoid(raw)
    return raw if head == "probabilities" else tf.concat([1 - raw, raw], axis=1)
