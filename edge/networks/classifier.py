"""What does a face wear? The call of the network is thin; the decoding is pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import isfinite
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edge.errors import ModelError
from edge.networks.interpreter import UNQUANTIZED, Interpreter, open_interpreter
from edge.networks.manifest import Manifest, load_manifest
from edge.networks.preprocess import crop_square, input_table, resize, to_input
from edge.types import Box, Image, Label, MaskKind, Reading, Required


class Classifier:
    """A mask classifier as its manifest describes it; one face at a time, not for use by two threads at once."""

    def __init__(self, manifest: Manifest, interpreter: Interpreter, path: Path) -> None:
        """Wrap an interpreter whose tensors are allocated; `path` names the model in errors.

        Raises:
            ModelError: if the network's input or output is not what the manifest says.
        """
        self.manifest = manifest
        self._interpreter = interpreter
        self._path = path
        spec = manifest.input
        source = _only(interpreter.get_input_details(), "input", path)
        target = _only(interpreter.get_output_details(), "output", path)
        _check_tensor("input", source, (1, spec.height, spec.width, 3), path)
        _check_tensor("output", target, (1, len(manifest.labels) + len(manifest.kinds)), path)
        self._input_index = source["index"]
        self._output_index = target["index"]
        self._output_quantization = target["quantization"]
        self._table = input_table(
            spec,
            quantization=None if source["quantization"] == UNQUANTIZED else source["quantization"],
            dtype=np.dtype(source["dtype"]),
        )

    @classmethod
    def load(cls, folder: Path, *, threads: int = 1) -> Classifier:
        """Open the model in `folder`, which holds a manifest and the file it names.

        Raises:
            ModelError: if a file is missing, damaged, does not run here, or is not what the manifest says.
        """
        manifest = load_manifest(folder)
        path = folder / manifest.file
        spec = manifest.input
        shape = (1, spec.height, spec.width, 3)
        return cls(manifest, open_interpreter(path, shape=shape, threads=threads), path)

    def __call__(self, image: Image, box: Box) -> Reading:
        """Classify the face in `box` of a BGR picture.

        Raises:
            ModelError: if the network answers with something that is no probability.
            ValueError: if `box` lies outside the picture.
        """
        face = crop_square(image, box, margin=self.manifest.input.margin)
        manifest = self.manifest
        answer, of_kinds = self.answer(face), manifest.kind_thresholds
        return decode(answer, manifest.labels, manifest.thresholds, manifest.kinds, kind_thresholds=of_kinds)

    def probabilities(self, face: Image) -> NDArray[np.float32]:
        """What the network says of a face that is already cut out (BGR, any size); shape (labels,)."""
        return self.answer(face)[: len(self.manifest.labels)]

    def answer(self, face: Image) -> NDArray[np.float32]:
        """The same with the probabilities of the kinds of masks behind those of the labels; shape (labels + kinds,)."""
        spec = self.manifest.input
        self._interpreter.set_tensor(self._input_index, to_input(resize(face, spec), spec, self._table))
        self._interpreter.invoke()
        output = self._interpreter.get_tensor(self._output_index)[0]
        return dequantize(output, self._output_quantization)


def dequantize(output: NDArray[Any], quantization: tuple[float, int]) -> NDArray[np.float32]:
    """Real values of an 8-bit tensor, `(q - zero point) * scale`; a float32 tensor stays as it is."""
    if quantization == UNQUANTIZED:
        return output.astype(np.float32, copy=False)
    scale, zero_point = quantization
    return (output.astype(np.float32) - zero_point) * np.float32(scale)


def decode(
    output: NDArray[np.floating],
    labels: Sequence[Label],
    thresholds: Mapping[Label, float],
    kinds: Sequence[MaskKind] = (),
    *,
    kind_thresholds: Mapping[Required, float] | None = None,
) -> Reading:
    """Turn a network's output into a reading.

    Args:
        output: shape (labels + kinds,), a softmax over the labels and one over the kinds.
        labels: what each of the first outputs means.
        thresholds: the smallest probability at which a label is believed; 0 for one that is not named.
        kinds: what each of the others means; none for a model that tells no kinds.
        kind_thresholds: what the kinds that meet a rule must reach together; see `Reading`.

    Returns:
        the likeliest label, or UNCERTAIN if it stays below its threshold. Rounding of quantised outputs may leave
        [0, 1]; the probabilities are clipped to it.

    Raises:
        ModelError: if the output has another shape or holds values that are not finite.
    """
    expected = (len(labels) + len(kinds),)
    if output.shape != expected:
        raise ModelError(f"the model answers with shape {output.shape}, expected {expected}; convert it again")
    answers = output.tolist()
    if not all(map(isfinite, answers)):
        raise ModelError(f"the model answers with {answers}, which are not probabilities; install the model again")
    values = [min(max(value, 0.0), 1.0) for value in answers]
    best = answers.index(max(answers[: len(labels)]))
    sure = values[best] >= thresholds.get(labels[best], 0.0)
    of_labels, of_kinds = values[: len(labels)], values[len(labels) :]
    return Reading(
        labels[best] if sure else Label.UNCERTAIN,
        tuple(zip(labels, of_labels, strict=True)),
        tuple(zip(kinds, of_kinds, strict=True)),
        tuple((kind_thresholds or {}).items()),
    )


def _only(details: list[dict[str, Any]], what: str, path: Path) -> dict[str, Any]:
    if len(details) != 1:
        raise ModelError(f"{path}: expected 1 {what}, the model has {len(details)}; convert it again")
    return details[0]


def _check_tensor(what: str, details: dict[str, Any], shape: tuple[int, ...], path: Path) -> None:
    """Raise ModelError unless the tensor has `shape` and is float32, or 8-bit with a scale."""
    actual = tuple(int(size) for size in details["shape"])
    if actual != shape:
        raise ModelError(
            f"{path}: its manifest describes {what} shape {shape}, the model has {actual}; "
            "convert the model again, so that the two agree"
        )
    dtype, quantized = np.dtype(details["dtype"]), details["quantization"] != UNQUANTIZED
    # Kiosks' own models are int8; uint8 is what Teachable Machine and older converters write.
    if (dtype.name, quantized) not in (("float32", False), ("int8", True), ("uint8", True)):
        raise ModelError(
            f"{path}: expected a float32 or quantised 8-bit {what}, the model has {dtype}; convert it again"
        )
