"""ONNX classifiers of others: OpenCV runs them on the kiosk; ONNX Runtime says what they ought to answer."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
from google.protobuf.message import DecodeError
from onnx import helper, numpy_helper

from convert.foreign.heads import Floats, Head, probabilities
from convert.foreign.original import find_head, fixed_size
from convert.recipes import Recipe
from convert.tflite import NetworkInputs
from edge.errors import ModelError, UsageError

IMAGE, ANSWER = "maskgate_image", "maskgate_answer"


class OnnxOriginal:
    """An ONNX classifier of pictures: PyTorch's layout (N, 3, H, W) or Keras' (N, H, W, 3).

    Raises:
        ModelError: if it cannot be run, or is no classifier of pictures of a fixed size.
    """

    form = "ONNX"
    span: tuple[float, float] | None = None

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            self._model = onnx.load(str(path))
            onnx.checker.check_model(self._model)
            options = onnxruntime.SessionOptions()
            options.log_severity_level = 4  # errors come as exceptions
            self._session = onnxruntime.InferenceSession(
                self._model.SerializeToString(), options, providers=["CPUExecutionProvider"]
            )
        except Exception as error:  # the libraries' errors share no root but this
            kind = "is damaged or no ONNX file" if isinstance(error, DecodeError) else "cannot be run"
            raise ModelError(f"{path}: {kind} ({' '.join(str(error).split())[:200]})") from error
        inputs, outputs = self._session.get_inputs(), self._session.get_outputs()
        if len(inputs) != 1 or len(outputs) != 1 or inputs[0].type != "tensor(float)":
            raise ModelError(f"{path}: expected a network with one input and one output, both float32")
        self._source, self._target = inputs[0].name, outputs[0].name
        sides = [side if isinstance(side, int) else None for side in inputs[0].shape]
        self._channels_first = len(sides) == 4 and sides[1] == 3
        # The pictures' channels come last here, as everywhere in Maskgate.
        self.size = fixed_size([sides[0], *sides[2:], 3] if self._channels_first else sides, path)
        self._head, self.labels = find_head(self._raw, self.size, path)

    def answers(self, inputs: Floats) -> Floats:
        return probabilities(self._raw(inputs), self._head)

    def write(self, stem: Path, recipe: Recipe | None, inputs: NetworkInputs) -> tuple[Path, str]:
        if recipe is not None:
            raise UsageError(f"{self._path}: ONNX files are run as they are; leave --recipe out")
        target = stem.parent / f"{stem.name}.onnx"
        onnx.save(self._for_the_kiosk(), str(target))
        return target, "float32"

    def _raw(self, inputs: Floats) -> Floats:
        pictures = inputs.transpose(0, 3, 1, 2) if self._channels_first else inputs
        rows = [self._session.run([self._target], {self._source: one[np.newaxis]})[0] for one in pictures]
        return np.concatenate(rows).astype(np.float32)

    def _for_the_kiosk(self) -> onnx.ModelProto:
        """The network with a batch of one, channels last, and probabilities at its end."""
        model = onnx.ModelProto()
        model.CopyFrom(self._model)
        graph = model.graph
        width, height = self.size
        before = [helper.make_node("Transpose", [IMAGE], [self._source], perm=[0, 3, 1, 2])]
        if not self._channels_first:
            before = [helper.make_node("Identity", [IMAGE], [self._source])]
        nodes = [*before, *graph.node, *_head_nodes(self._head, self._target)]
        weights = [tensor for tensor in graph.initializer if tensor.name != self._source]
        weights.append(numpy_helper.from_array(np.array([1.0], np.float32), "maskgate_one"))
        fresh = helper.make_graph(
            nodes,
            graph.name or "imported",
            [helper.make_tensor_value_info(IMAGE, onnx.TensorProto.FLOAT, (1, height, width, 3))],
            [helper.make_tensor_value_info(ANSWER, onnx.TensorProto.FLOAT, (1, self.labels))],
            weights,
        )
        graph.CopyFrom(fresh)
        return model


def _head_nodes(head: Head, raw: str) -> list[Any]:
    """As `heads.probabilities`, in the graph."""
    if head == "probabilities":
        return [helper.make_node("Identity", [raw], [ANSWER])]
    if head == "logits":
        return [helper.make_node("Softmax", [raw], [ANSWER], axis=1)]
    nodes, second = [], raw
    if head == "logit":
        second = "maskgate_second"
        nodes.append(helper.make_node("Sigmoid", [raw], [second]))
    nodes.append(helper.make_node("Sub", ["maskgate_one", second], ["maskgate_first"]))
    return [*nodes, helper.make_node("Concat", ["maskgate_first", second], [ANSWER], axis=1)]
