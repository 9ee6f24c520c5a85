"""What runs a classifier's file: LiteRT for TFLite, OpenCV for ONNX, behind the same few calls."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.errors import ModelError
from edge.host.chatter import without_chatter

UNQUANTIZED = (0.0, 0)
"""The (scale, zero point) that TFLite reports for a tensor that is not quantised."""

_INPUT, _OUTPUT = 0, 1


class Interpreter(Protocol):
    """The calls of TFLite's interpreter that a classifier needs."""

    def get_input_details(self) -> list[dict[str, Any]]: ...
    def get_output_details(self) -> list[dict[str, Any]]: ...
    def set_tensor(self, index: int, value: NDArray[Any]) -> None: ...
    def invoke(self) -> None: ...
    def get_tensor(self, index: int) -> NDArray[Any]: ...


def open_interpreter(path: Path, *, shape: tuple[int, ...], threads: int) -> Interpreter:
    """An interpreter for the file `path`, ready to run.

    Args:
        path: TFLite, or ONNX if its name ends so.
        shape: of its input, (1, height, width, 3).
        threads: of TFLite; OpenCV's are those of the process.

    Raises:
        ModelError: if the file does not run here.
    """
    return OnnxInterpreter(path, shape) if path.suffix == ".onnx" else _open_tflite(path, threads)


class OnnxInterpreter:
    """An ONNX network with one input and one output, both float32, run by OpenCV.

    Raises:
        ModelError: if OpenCV cannot run it on an input of this shape.
    """

    def __init__(self, path: Path, shape: tuple[int, ...]) -> None:
        try:
            self._net = cv2.dnn.readNetFromONNX(str(path))
            self.set_tensor(_INPUT, np.zeros(shape, np.float32))
            self.invoke()
        except (cv2.error, TypeError) as error:
            reason = " ".join(str(error).split())[:200]
            raise ModelError(
                f"{path}: is not an ONNX model that runs here ({reason}); install the model again"
            ) from error
        self._shapes = shape, self._answer.shape

    def get_input_details(self) -> list[dict[str, Any]]:
        return [self._details(_INPUT)]

    def get_output_details(self) -> list[dict[str, Any]]:
        return [self._details(_OUTPUT)]

    def set_tensor(self, _index: int, value: NDArray[Any]) -> None:
        self._net.setInput(value)

    def invoke(self) -> None:
        self._answer = np.asarray(self._net.forward(), np.float32)

    def get_tensor(self, _index: int) -> NDArray[Any]:
        return self._answer

    def _details(self, index: int) -> dict[str, Any]:
        return {"index": index, "shape": self._shapes[index], "dtype": np.float32, "quantization": UNQUANTIZED}


def _open_tflite(path: Path, threads: int) -> Interpreter:
    """LiteRT's, or where that does not exist its predecessor's."""
    try:
        from ai_edge_litert import interpreter as runtime
    except ImportError:
        try:
            from tflite_runtime import interpreter as runtime
        except ImportError as error:
            raise ModelError(f"{path}: no TFLite interpreter is installed; run `pip install ai-edge-litert`") from error
    try:
        with without_chatter():
            opened: Interpreter = runtime.Interpreter(model_path=str(path), num_threads=threads)
            # Declared by TFLite alone: OpenCV makes room where it runs.
            opened.allocate_tensors()  # type: ignore[attr-defined]
    except (ValueError, RuntimeError) as error:
        reason = " ".join(str(error).split())
        raise ModelError(f"{path}: is not a TFLite model that runs here ({reason}); install the model again") from error
    return opened
