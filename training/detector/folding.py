"""The network without its batch norms: how it is shipped, and how it is trained on from there.

Folded into the convolutions, batch norms cost nothing: a training step takes about half the time, and the shipped file
holds everything that learning on needs. What is lost are batch statistics, which a network that has found its scales
does without (Brock et al., 2021).
"""

from __future__ import annotations

from pathlib import Path

import keras
import numpy as np
import onnx
from google.protobuf.message import DecodeError
from keras import layers
from onnx import numpy_helper

from edge.errors import InputError, ModelError
from edge.networks.manifest import load_detector_manifest
from training.detector.export import Array
from training.detector.model import INPUT_SCALE, build_ssd

FIRST = "Conv1"
"""The convolution that sees pixels; the file has the network's input scale in its kernel."""


def restore(folder: Path) -> keras.Model:
    """The detector of a model folder as a Keras network to learn on with; its outputs are the file's.

    Args:
        folder: with manifest and ONNX file, as training writes and `models/` ships it.

    Raises:
        InputError: if there is none, or the file is another network's.
    """
    try:
        manifest = load_detector_manifest(folder)
        weights = _read_weights(folder / manifest.file)
    except (ModelError, OSError, DecodeError) as error:
        raise InputError(f"{folder}: is not a detector trained here ({str(error)[:120]})") from error
    model = without_norms(build_ssd(manifest.levels))
    for layer in _convolutions(model):
        shapes = [tuple(weight.shape) for weight in layer.weights]
        kernel, bias = (weights.pop(f"{layer.name}.{part}", np.empty(0, np.float32)) for part in ("kernel", "bias"))
        kernel = _to_keras(kernel, depthwise=isinstance(layer, layers.DepthwiseConv2D)) if kernel.ndim == 4 else kernel
        if [kernel.shape, bias.shape] != shapes:
            raise InputError(f"{folder}: is not a detector trained here ({layer.name} is missing or another size)")
        layer.set_weights([kernel / np.float32(INPUT_SCALE) if layer.name == FIRST else kernel, bias])
    if weights:
        raise InputError(f"{folder}: is not a detector trained here ({min(weights)} belongs to none of its layers)")
    return model


def without_norms(model: keras.Model) -> keras.Model:
    """The same layers, with biased convolutions in the place of convolutions with a batch norm; weights are new."""

    def copy(layer: keras.Layer) -> keras.Layer:
        settings = layer.get_config()
        if isinstance(layer, layers.Conv2D | layers.DepthwiseConv2D):
            # The initial bias of the heads is a function that no copy can be made of; the weights follow anyway.
            settings |= {"use_bias": True, "bias_initializer": "zeros"}
        return type(layer).from_config(settings)

    def call(layer: keras.Layer, *inputs: object, **_: object) -> object:
        return inputs[0] if isinstance(layer, layers.BatchNormalization) else layer(*inputs)

    return keras.models.clone_model(model, clone_function=copy, call_function=call)


def _convolutions(model: keras.Model) -> list[keras.Layer]:
    return [layer for layer in model.layers if isinstance(layer, layers.Conv2D | layers.DepthwiseConv2D)]


def _read_weights(path: Path) -> dict[str, Array]:
    """Kernels and biases of an ONNX file of ours, by name."""
    constants = {one.name: np.array(numpy_helper.to_array(one)) for one in onnx.load(path).graph.initializer}
    return {name: value for name, value in constants.items() if "." in name}


def _to_keras(kernel: Array, *, depthwise: bool) -> Array:
    """ONNX' (out, in, rows, columns) to (rows, columns, in, out); depthwise (out, 1, ...) to (..., out, 1)."""
    return kernel.transpose((2, 3, 0, 1) if depthwise else (2, 3, 1, 0))
