"""Small things that tests need: a mask classifier whose answer can be worked out in one's head, a face detector."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from typing import Any, TypeVar

import flatbuffers
import numpy as np
from ai_edge_litert import schema_py_generated as schema
from numpy.typing import NDArray

from edge.config.schema import EventsConfig
from edge.controls import Actions, Controls, Reloaded
from edge.errors import ConfigError, OrderRefusedError
from edge.events.log import EventLog
from edge.events.retention import Bounds
from edge.networks.manifest import FILE_NAME, InputSpec, Manifest, sha256_of
from edge.types import Box, Face, Image, Label, MaskKind, Size

T = TypeVar("T")

LABELS = (Label.WITH_MASK, Label.WITHOUT_MASK, Label.INCORRECT_MASK)
SHARPNESS = 4.0
"""The colour classifier's logits are this times the mean of each channel, which lies in [-1, 1]."""


class PlainDetector:
    """A face detector that takes pictures as they are, and finds what `find` tells."""

    min_score = start_score = 0.0

    def __init__(self, find: Callable[[Image], tuple[Face, ...]]) -> None:
        self._find = find

    def __call__(self, image: Image, size: Size | None = None) -> tuple[Face, ...]:
        assert size in (None, (image.shape[1], image.shape[0]))
        return self._find(image)


def event_log(path: Path, **arguments: Any) -> EventLog:
    """An event log that keeps what the configuration keeps, but for `arguments`, and writes."""
    events = EventsConfig()
    kept = Bounds(
        arguments.pop("max_age_days", events.max_age_days), arguments.pop("max_bytes", events.max_megabytes * 2**20)
    )
    told = {name: arguments.pop(name) for name in ("on_trouble", "on_written") if name in arguments}
    return EventLog(path, bounds=lambda: kept, **arguments).start(**told)


class PromptControls(Controls):
    """Controls that are obeyed at once, by whoever asks; `wishes` has what was asked for.

    Args:
        wishes: where it is written down.
        refuse: whether a new configuration is refused.
    """

    def __init__(self, wishes: list[str] | None = None, *, refuse: bool = False) -> None:
        super().__init__()
        self._log = [] if wishes is None else wishes
        self._refuse = refuse
        self._actions = Actions(
            mute=lambda seconds, by: self._log.append(f"{by}: mute {seconds:g}"),
            acknowledge=lambda by: self._log.append(f"{by}: acknowledge"),
            lock_down=self._lock_down,
            reset_fire=lambda by: self._log.append(f"{by}: reset fire"),
            reload=self._reload,
            take_over_model=lambda: self._log.append("take over"),
        )

    def _lock_down(self, on: bool, by: str) -> None:
        if self._refuse:
            raise OrderRefusedError("the lock-down goes on: its switch at the door is on")
        self._log.append(f"{by}: lock-down {'on' if on else 'off'}")

    def _reload(self) -> Reloaded:
        if self._refuse:
            raise ConfigError("maskgate.toml: alarm.hold_s = -1")
        self._log.append("reload")
        return Reloaded(changed=("alarm.hold_s", "web.listen"), waiting=("web.listen",))

    def _ask(self, wish: Callable[[Actions], T]) -> Future[T]:
        answer = super()._ask(wish)
        self.obey(self._actions)
        return answer


def lively(image: Image, box: Box, number: int) -> Image:
    """The picture with something that leaps about in the face in `box`, never in a round, so that it looks alive."""
    shown = image.copy()
    across, down = np.random.default_rng(number).integers((box.width - 3, box.height - 3))
    shown[box.y1 + down : box.y1 + down + 4, box.x1 + across : box.x1 + across + 4] = 255
    return shown


def write_model_folder(
    folder: Path,
    *,
    labels: tuple[Label, ...] = LABELS,
    kinds: tuple[MaskKind, ...] = (),
    spec: InputSpec | None = None,
    thresholds: dict[Label, float] | None = None,
    quantized: bool = False,
    unsigned: bool = False,
    outputs: int | None = None,
    size: tuple[int, int] | None = None,
) -> Path:
    """Write a model that judges by colour, and its manifest, without TensorFlow.

    A reddish face wears a mask, a greenish one none, a bluish one wears it wrongly. `outputs` and `size` (height,
    width) make a network that contradicts its manifest.
    """
    spec = spec or InputSpec(width=32, height=32)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "colour.tflite"
    height, width = size or (spec.height, spec.width)
    content = colour_classifier(
        height, width, outputs=outputs or len(labels), quantized=quantized or unsigned, unsigned=unsigned
    )
    path.write_bytes(content)
    manifest = Manifest(
        name="colour",
        file=path.name,
        sha256=sha256_of(path),
        labels=labels,
        kinds=kinds,
        input=spec,
        thresholds=thresholds or {},
        recipe="int8" if quantized else "float32",
    )
    (folder / FILE_NAME).write_text(manifest.model_dump_json(indent=2))
    return folder


def colour_classifier(
    height: int, width: int, *, outputs: int = 3, quantized: bool = False, unsigned: bool = False
) -> bytes:
    """A TFLite model: softmax(SHARPNESS * mean colour), input (1, height, width, 3), output (1, outputs).

    With `unsigned` a quantised one takes and gives uint8, as Teachable Machine's does.
    """
    weights = np.zeros((outputs, 3), np.float32)
    for output in range(outputs):
        weights[output, output % 3] = SHARPNESS
    graph = _Graph(quantized)
    pixels = source = graph.tensor("pixels", (1, height, width, 3), scale=1 / 127.5, zero_point=-1)
    if unsigned:
        source = graph.unsigned("bytes", (1, height, width, 3), scale=1 / 127.5, zero_point=127)
        graph.operator(schema.BuiltinOperator.QUANTIZE, [source], pixels, schema.QuantizeOptionsT())
    axes = graph.constant("axes", np.array([1, 2], np.int32))
    mean = graph.tensor("mean", (1, 3), scale=1 / 127.5, zero_point=-1)
    graph.operator(schema.BuiltinOperator.MEAN, [pixels, axes], mean, schema.ReducerOptionsT())
    if quantized:
        dense = graph.constant("dense", np.rint(weights / SHARPNESS * 127).astype(np.int8), scale=SHARPNESS / 127)
        bias = graph.constant("bias", np.zeros(outputs, np.int32), scale=SHARPNESS / 127 / 127.5)
    else:
        dense, bias = graph.constant("dense", weights), graph.constant("bias", np.zeros(outputs, np.float32))
    logits = graph.tensor("logits", (1, outputs), scale=SHARPNESS / 127, zero_point=0)
    graph.operator(schema.BuiltinOperator.FULLY_CONNECTED, [mean, dense, bias], logits, schema.FullyConnectedOptionsT())
    softmax = schema.SoftmaxOptionsT()
    softmax.beta = 1.0
    answer = graph.tensor("answer", (1, outputs), scale=1 / 256, zero_point=-128)
    graph.operator(schema.BuiltinOperator.SOFTMAX, [logits], answer, softmax)
    target = answer
    if unsigned:
        target = graph.unsigned("answer bytes", (1, outputs), scale=1 / 256, zero_point=0)
        graph.operator(schema.BuiltinOperator.QUANTIZE, [answer], target, schema.QuantizeOptionsT())
    return graph.pack(source, target)


class _Graph:
    """Collects tensors and operators of one TFLite subgraph, and writes them as a flatbuffer."""

    def __init__(self, quantized: bool) -> None:
        self._quantized = quantized
        self._tensors: list[schema.TensorT] = []
        self._buffers = [schema.BufferT()]
        self._codes: list[schema.OperatorCodeT] = []
        self._operators: list[schema.OperatorT] = []

    def tensor(self, name: str, shape: tuple[int, ...], *, scale: float, zero_point: int) -> int:
        kind = schema.TensorType.INT8 if self._quantized else schema.TensorType.FLOAT32
        return self._add(name, shape, kind, scale=scale if self._quantized else None, zero_point=zero_point)

    def unsigned(self, name: str, shape: tuple[int, ...], *, scale: float, zero_point: int) -> int:
        return self._add(name, shape, schema.TensorType.UINT8, scale=scale, zero_point=zero_point)

    def constant(self, name: str, values: NDArray[np.generic], *, scale: float | None = None) -> int:
        kinds = {"int8": schema.TensorType.INT8, "int32": schema.TensorType.INT32, "float32": schema.TensorType.FLOAT32}
        buffer = schema.BufferT()
        buffer.data = np.frombuffer(values.tobytes(), np.uint8)
        self._buffers.append(buffer)
        return self._add(name, values.shape, kinds[values.dtype.name], scale=scale, buffer=len(self._buffers) - 1)

    def operator(self, code: int, inputs: list[int], output: int, options: object) -> None:
        entry = schema.OperatorCodeT()
        entry.builtinCode = entry.deprecatedBuiltinCode = code
        entry.version = 2 if self._quantized else 1
        self._codes.append(entry)
        operator = schema.OperatorT()
        operator.opcodeIndex = len(self._codes) - 1
        operator.inputs, operator.outputs = inputs, [output]
        operator.builtinOptionsType = getattr(schema.BuiltinOptions, type(options).__name__.removesuffix("T"))
        operator.builtinOptions = options
        self._operators.append(operator)

    def pack(self, source: int, target: int) -> bytes:
        graph = schema.SubGraphT()
        graph.tensors, graph.operators, graph.inputs, graph.outputs = self._tensors, self._operators, [source], [target]
        model = schema.ModelT()
        model.version, model.operatorCodes, model.subgraphs, model.buffers = 3, self._codes, [graph], self._buffers
        builder = flatbuffers.Builder(1024)
        builder.Finish(model.Pack(builder), b"TFL3")
        return bytes(builder.Output())

    def _add(
        self,
        name: str,
        shape: tuple[int, ...],
        kind: int,
        *,
        scale: float | None,
        zero_point: int = 0,
        buffer: int = 0,
    ) -> int:
        tensor = schema.TensorT()
        tensor.name, tensor.shape, tensor.type, tensor.buffer = name, list(shape), kind, buffer
        if scale is not None:
            tensor.quantization = schema.QuantizationParametersT()
            tensor.quantization.scale, tensor.quantization.zeroPoint = [scale], [zero_point]
        self._tensors.append(tensor)
        return len(self._tensors) - 1
