"""8-bit networks with exceptions: the operations that quantisation hurts most stay float32 (ai-edge-quantizer)."""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from typing import Any

import numpy as np
from ai_edge_litert import schema_py_generated as schema
from ai_edge_litert.interpreter import Interpreter
from ai_edge_quantizer import quantizer, recipe
from numpy.typing import NDArray
from tqdm import tqdm

from edge.networks.classifier import dequantize

PROBES = 48
"""Pictures on which an operation's sensitivity is measured. With 48 instead of 764 the four most sensitive operations
of a MobileNetV2 are the same."""


@dataclass(frozen=True, slots=True)
class Sensitivity:
    """How much the network's answer moves when one operation alone is quantised.

    Attributes:
        tensor: name of the tensor that the operation writes.
        difference: mean absolute difference of the probabilities.
    """

    tensor: str
    difference: float


class MixedQuantizer:
    """Quantises one float32 TFLite network with and without exceptions; calibrated once.

    Args:
        float_model: content of the float32 file.
        inputs: calibration pictures, float32 (1, H, W, 3) each.
    """

    def __init__(self, float_model: bytes, inputs: Sequence[NDArray[np.float32]]) -> None:
        self._float_model = float_model
        self._inputs = inputs
        interpreter = Interpreter(model_content=float_model)
        ((signature, tensors),) = interpreter.get_signature_list().items()
        (name,) = tensors["inputs"]
        with _quiet():
            self._ranges = self._quantizer(recipe.static_wi8_ai8()).calibrate(
                {signature: [{name: array} for array in inputs]}, num_threads=1
            )

    def quantize(self, float_tensors: Sequence[str] = ()) -> bytes:
        """Int8 weights (by channel) and activations, but for the operations that write `float_tensors`."""
        exceptions = [
            {"regex": re.escape(name), "operation": "*", "algorithm_key": "no_quantize", "op_config": {}}
            for name in float_tensors
        ]
        return self._run([*recipe.static_wi8_ai8(), *exceptions])

    def sensitivities(self) -> list[Sensitivity]:
        """Every operation's, the greatest first: each is quantised alone and the answers are compared."""
        probes = self._inputs[:: max(1, len(self._inputs) // PROBES)]
        expected = _answers(self._float_model, probes)
        found = []
        for tensor in tqdm(_written_tensors(self._float_model), desc="sensitivity", leave=False, disable=None):
            (only,) = recipe.static_wi8_ai8()
            answers = _answers(self._run([{**only, "regex": re.escape(tensor)}]), probes)
            found.append(Sensitivity(tensor, float(np.abs(answers - expected).mean())))
        return sorted(found, key=lambda one: -one.difference)

    def _run(self, rules: list[dict[str, Any]]) -> bytes:
        with _quiet():
            return bytes(self._quantizer(rules).quantize(self._ranges).quantized_model)

    def _quantizer(self, rules: list[dict[str, Any]]) -> Any:
        return quantizer.Quantizer(self._float_model, rules)


def _written_tensors(model: bytes) -> list[str]:
    """Names of the tensors that operations write, in the order of computation."""
    graph = schema.ModelT.InitFromPackedBuf(model, 0).subgraphs[0]
    return [graph.tensors[operator.outputs[0]].name.decode() for operator in graph.operators]


def _answers(model: bytes, inputs: Sequence[NDArray[np.float32]]) -> NDArray[np.float32]:
    """Probabilities, shape (inputs, labels), of a network with float32 or int8 input and output."""
    interpreter = Interpreter(model_content=model, num_threads=1)
    interpreter.allocate_tensors()
    (source,), (target,) = interpreter.get_input_details(), interpreter.get_output_details()
    rows = []
    for array in inputs:
        interpreter.set_tensor(source["index"], _as_input(array, source))
        interpreter.invoke()
        rows.append(dequantize(interpreter.get_tensor(target["index"])[0], target["quantization"]))
    return np.array(rows)


def _as_input(array: NDArray[np.float32], details: dict[str, Any]) -> NDArray[Any]:
    if details["dtype"] is np.float32:
        return array
    scale, zero_point = details["quantization"]
    steps: NDArray[np.float32] = np.rint(array / scale) + zero_point
    return steps.clip(-128, 127).astype(np.int8)


@contextmanager
def _quiet() -> Iterator[None]:
    """Hold back what the quantiser prints on every call, and its interpreter's remark that calibration is slow."""
    with warnings.catch_warnings(), redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()):
        warnings.filterwarnings("ignore", message=".*experimental_preserve_all_tensors", category=UserWarning)
        warnings.filterwarnings("ignore", message="invalid value encountered in cast", category=RuntimeWarning)
        yield
