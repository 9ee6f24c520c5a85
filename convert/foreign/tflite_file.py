"""TFLite files of others: they run on the kiosk as they are."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import numpy as np
from ai_edge_litert.interpreter import Interpreter

from convert.foreign.heads import Floats, probabilities
from convert.foreign.original import find_head, fixed_size
from convert.recipes import Recipe
from convert.tflite import NetworkInputs
from edge.errors import ModelError, UsageError


class TfliteOriginal:
    """A TFLite classifier with float32 or quantised tensors, such as Teachable Machine's.

    Raises:
        ModelError: if it does not run, or is no classifier with a softmax.
    """

    form = "TensorFlow Lite"

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            self._interpreter = Interpreter(model_path=str(path))
            self._interpreter.allocate_tensors()
        except (ValueError, RuntimeError) as error:
            raise ModelError(f"{path}: is not a TFLite model that runs ({' '.join(str(error).split())})") from error
        self._input = _only(self._interpreter.get_input_details(), "input", path)
        self._output = _only(self._interpreter.get_output_details(), "output", path)
        self.size = fixed_size([int(side) for side in self._input["shape"]], path)
        self.span = self._range()
        head, self.labels = find_head(self._raw, self.size, path)
        if head != "probabilities":
            raise ModelError(
                f"{path}: its output is a {head} and a TFLite file cannot be given another layer; "
                "import the Keras file that it was made from, or end the network in a softmax of two outputs"
            )

    def answers(self, inputs: Floats) -> Floats:
        return probabilities(self._raw(inputs), "probabilities")

    def write(self, stem: Path, recipe: Recipe | None, inputs: NetworkInputs) -> tuple[Path, str]:
        if recipe is not None:
            raise UsageError(f"{self._path}: is converted already; leave --recipe out, or import the Keras file")
        target = stem.parent / f"{stem.name}.tflite"
        shutil.copyfile(self._path, target)
        return target, str(np.dtype(self._input["dtype"]))

    def _raw(self, inputs: Floats) -> Floats:
        rows = []
        for one in inputs:
            self._interpreter.set_tensor(self._input["index"], _quantized(one[np.newaxis], self._input))
            self._interpreter.invoke()
            rows.append(_real(self._interpreter.get_tensor(self._output["index"]), self._output)[0])
        return np.stack(rows)

    def _range(self) -> tuple[float, float] | None:
        """Of a quantised input; a float32 one takes anything."""
        dtype = np.dtype(self._input["dtype"])
        if dtype == np.float32:
            return None
        limits = np.iinfo(dtype)
        low, high = _real(np.array([limits.min, limits.max], dtype), self._input)
        return float(low), float(high)


def _only(details: list[dict[str, Any]], what: str, path: Path) -> dict[str, Any]:
    if len(details) != 1:
        raise ModelError(f"{path}: has {len(details)} {what}s; expected a classifier with one")
    return details[0]


def _quantized(values: Floats, details: dict[str, Any]) -> np.ndarray:
    """As TFLite defines it: real = scale * (q - zero point)."""
    dtype, (scale, zero) = np.dtype(details["dtype"]), details["quantization"]
    if dtype == np.float32:
        return values
    limits = np.iinfo(dtype)
    return np.asarray((np.rint(values / scale) + zero).clip(limits.min, limits.max), dtype)


def _real(values: np.ndarray, details: dict[str, Any]) -> Floats:
    scale, zero = details["quantization"]
    return np.asarray(values if not scale else (values.astype(np.float32) - zero) * scale, np.float32)
