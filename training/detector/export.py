"""The detector as ONNX: channels first, batch norms folded into convolutions, any input size.

Written layer by layer because tf2onnx leaves the batch norms of linear layers unfolded, turns upsampling into nine
fixed-size nodes and transposes at both ends: OpenCV then takes 25 % longer, and only the exported size.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import numpy as np
import onnx
from keras import layers, ops
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

OPSET = 13
Array = NDArray[np.float32]


def export_onnx(model: keras.Model, path: Path, *, width: int, height: int) -> tuple[str, ...]:
    """Write `model` as ONNX.

    Args:
        model: made of the layers listed in `_Graph.add`.
        path: file to write.
        width, height: the declared input size, pixels; OpenCV takes any other that fits the strides.

    Returns:
        the names of the outputs, in the model's order; shape (1, channels, rows, columns) each.

    Raises:
        ValueError: if the model holds another kind of layer.
    """
    graph = _Graph()
    for layer in model.layers:
        graph.add(layer)
    names = tuple(graph.names[id(tensor)][0] for tensor in model.outputs)
    onnx.save(graph.finish(names, width=width, height=height), path)
    return names


class _Graph:
    """Collects nodes; a convolution's weights stay open until the batch norm behind it is folded in."""

    def __init__(self) -> None:
        self.names: dict[int, tuple[str, list[int]]] = {}
        """Keras tensor -> ONNX name, and the padding (top, left, bottom, right) it has yet to be given."""
        self._nodes: list[onnx.NodeProto] = []
        self._kernels: dict[str, tuple[Array, Array]] = {}
        self._scale = 1.0

    def add(self, layer: keras.Layer) -> None:
        if isinstance(layer, layers.InputLayer):
            self._name(layer, "pixels")
            return
        given = layer.input if isinstance(layer.input, list) else [layer.input]
        inputs = [self.names[id(tensor)] for tensor in given]
        source, padding = inputs[0]
        if isinstance(layer, layers.Rescaling):
            self._scale = float(layer.scale)
            self._name(layer, source)
        elif isinstance(layer, layers.ZeroPadding2D):
            (top, bottom), (left, right) = layer.padding
            self._name(layer, source, [top, left, bottom, right])
        elif isinstance(layer, layers.BatchNormalization):
            self._fold(source, layer)
            self._name(layer, source)
        elif isinstance(layer, layers.Conv2D | layers.DepthwiseConv2D):
            self._convolve(layer, source, padding)
        elif isinstance(layer, layers.ReLU):
            self._node(layer, "Clip", [source, "zero", "six"])
        elif isinstance(layer, layers.Add):
            self._node(layer, "Add", [name for name, _ in inputs])
        elif isinstance(layer, layers.UpSampling2D):
            settings = {"mode": "nearest", "coordinate_transformation_mode": "asymmetric", "nearest_mode": "floor"}
            self._node(layer, "Resize", [source, "", "twice"], **settings)
        else:
            raise ValueError(  # noqa: TRY004 - the value of a model, not a wrong argument
                f"expected layers this export knows, received {type(layer).__name__} {layer.name}"
            )

    def finish(self, outputs: tuple[str, ...], *, width: int, height: int) -> onnx.ModelProto:
        constants = {
            "zero": np.array(0, np.float32),
            "six": np.array(6, np.float32),
            "twice": np.array([1, 1, 2, 2], np.float32),
        }
        for name, (kernel, bias) in self._kernels.items():
            constants |= {f"{name}.kernel": kernel, f"{name}.bias": bias}
        pixels = helper.make_tensor_value_info("pixels", TensorProto.FLOAT, [1, 3, height, width])
        results = [
            helper.make_tensor_value_info(
                name, TensorProto.FLOAT, [1, len(self._kernels[name][1]), f"rows_{number}", f"columns_{number}"]
            )
            for number, name in enumerate(outputs)
        ]
        tensors = [numpy_helper.from_array(np.ascontiguousarray(value), name) for name, value in constants.items()]
        graph = helper.make_graph(self._nodes, "face_ssd", [pixels], results, tensors)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=8)
        onnx.checker.check_model(model, full_check=True)
        return model

    def _convolve(self, layer: keras.Layer, source: str, padding: list[int]) -> None:
        kernel = np.asarray(ops.convert_to_numpy(layer.kernel))
        depthwise = isinstance(layer, layers.DepthwiseConv2D)
        kernel = kernel.transpose((2, 3, 0, 1) if depthwise else (3, 2, 0, 1))
        if source == "pixels":
            kernel = kernel * np.float32(self._scale)
        bias = np.asarray(ops.convert_to_numpy(layer.bias)) if layer.use_bias else np.zeros(len(kernel), np.float32)
        self._kernels[layer.name] = (kernel, bias)
        side, stride = kernel.shape[2], layer.strides[0]
        if layer.padding == "same":
            # Keras pads the end more; inputs are multiples of the stride.
            total = max(side - stride, 0)
            padding = [total // 2, total // 2, total - total // 2, total - total // 2]
        self._node(
            layer,
            "Conv",
            [source, f"{layer.name}.kernel", f"{layer.name}.bias"],
            kernel_shape=[side, side],
            strides=[stride, stride],
            pads=padding,
            group=len(kernel) if depthwise else 1,
        )

    def _fold(self, convolution: str, norm: keras.Layer) -> None:
        """y = gamma (x - mean) / sqrt(variance + epsilon) + beta, into the kernel and bias of `convolution`."""
        kernel, bias = self._kernels[convolution]
        gamma, beta, mean, variance = (
            np.asarray(ops.convert_to_numpy(weight))
            for weight in (norm.gamma, norm.beta, norm.moving_mean, norm.moving_variance)
        )
        gain = gamma / np.sqrt(variance + norm.epsilon)
        self._kernels[convolution] = (kernel * gain[:, None, None, None], (bias - mean) * gain + beta)

    def _node(self, layer: keras.Layer, kind: str, inputs: list[str], **settings: Any) -> None:
        self._nodes.append(helper.make_node(kind, inputs, [layer.name], **settings))
        self._name(layer, layer.name)

    def _name(self, layer: keras.Layer, name: str, padding: list[int] | None = None) -> None:
        self.names[id(layer.output)] = (name, padding or [0, 0, 0, 0])
