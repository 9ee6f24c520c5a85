"""Keras network -> ONNX file for cv2.dnn, which the kiosk's face detectors run on."""

from __future__ import annotations

from pathlib import Path

import cv2
import keras
import numpy as np
from numpy.typing import NDArray

from edge.errors import ModelError
from edge.host.files import replacing

MAX_DIFFERENCE = 1e-4
"""Largest difference of an output value between Keras and cv2.dnn, relative to the largest output if that exceeds 1:
float32 additions in another order, nothing more."""


def export_onnx(model: keras.Model, path: Path) -> None:
    """Write `model` with its own input size and a batch of one (NHWC, float32), and prove it in cv2.dnn.

    Raises:
        ModelError: if the input size is not fixed, the network cannot be converted, or cv2.dnn answers differently.
    """
    if not isinstance(model.input_shape, tuple) or None in model.input_shape[1:]:
        raise ModelError(
            f"{path}: expected one input of fixed size, received {model.input_shape}; fix it in the network"
        )
    shape = (1, *model.input_shape[1:])
    probe = np.random.default_rng(0).uniform(-1, 1, shape).astype(np.float32)
    # Also builds the call graph, without which the export of a freshly made network fails (tf2onnx 1.17).
    expected = [np.asarray(output, np.float32) for output in keras.tree.flatten(model(probe, training=False))]
    with replacing(path) as fresh:
        signature = [keras.InputSpec(shape=shape, dtype="float32", name="image")]
        try:
            model.export(fresh, format="onnx", input_signature=signature, verbose=False)
        except Exception as error:  # tf2onnx raises whatever its passes meet
            raise ModelError(f"{path}: cannot be converted ({str(error).splitlines()[0]})") from error
        _prove(fresh, path, probe, expected)


def _prove(file: Path, path: Path, probe: NDArray[np.float32], expected: list[NDArray[np.float32]]) -> None:
    """Raise ModelError unless cv2.dnn gives the `expected` outputs, in that order, for `probe`."""
    try:
        network = cv2.dnn.readNetFromONNX(str(file))
        network.setInput(probe)
        received = [np.asarray(output) for output in network.forward(network.getUnconnectedOutLayersNames())]
    except cv2.error as error:
        raise ModelError(f"{path}: OpenCV cannot run it ({' '.join(str(error).split())})") from error
    shapes = [output.shape for output in received]
    if shapes != [output.shape for output in expected]:
        raise ModelError(f"{path}: expected outputs {[output.shape for output in expected]}, OpenCV gives {shapes}")
    for index, (ours, theirs) in enumerate(zip(expected, received, strict=True)):
        difference = float(np.abs(ours - theirs).max() / max(1.0, np.abs(ours).max()))
        if not difference <= MAX_DIFFERENCE:
            raise ModelError(f"{path}: output {index} differs from Keras by {difference:.2g} in OpenCV")
