"""ONNX classifiers: run by OpenCV, and refused in one line where it cannot."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from edge.errors import ModelError
from edge.networks.classifier import Classifier
from edge.networks.manifest import FILE_NAME, InputSpec, Manifest, sha256_of
from edge.types import Box, Label
from tests.builders import LABELS, SHARPNESS


def write_onnx_folder(folder: Path, *, operation: str = "Softmax") -> Path:
    """A model that judges by colour as `tests.builders.write_model_folder`'s does, as an ONNX file."""
    path = folder / "colour.onnx"
    nodes = [
        helper.make_node("ReduceMean", ["image"], ["mean"], axes=[1, 2], keepdims=0),
        helper.make_node("MatMul", ["mean", "weights"], ["logits"]),
        helper.make_node(operation, ["logits"], ["answer"]),
    ]
    graph = helper.make_graph(
        nodes,
        "colour",
        [helper.make_tensor_value_info("image", TensorProto.FLOAT, (1, 8, 8, 3))],
        [helper.make_tensor_value_info("answer", TensorProto.FLOAT, (1, 3))],
        [numpy_helper.from_array(np.eye(3, dtype=np.float32) * SHARPNESS, "weights")],
    )
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)]), path)
    manifest = Manifest(
        name="colour",
        file=path.name,
        sha256=sha256_of(path),
        labels=LABELS,
        input=InputSpec(width=8, height=8),
        recipe="float32",
    )
    (folder / FILE_NAME).write_text(manifest.model_dump_json())
    return folder


def test_an_onnx_model_answers_as_a_tflite_one(tmp_path: Path) -> None:
    """The same formula gives the same label and probability."""
    classifier = Classifier.load(write_onnx_folder(tmp_path))
    reading = classifier(np.full((20, 20, 3), (0, 0, 255), np.uint8), Box(0, 0, 20, 20))
    assert reading.label is Label.WITH_MASK
    assert reading.probability == pytest.approx(0.9993, abs=1e-4)


@pytest.mark.parametrize("damage", ["unknown operation", "no ONNX"])
def test_refuses_what_opencv_cannot_run(tmp_path: Path, damage: str) -> None:
    """One line that names the file, whatever OpenCV prints."""
    folder = write_onnx_folder(tmp_path, operation="NonZero" if damage == "unknown operation" else "Softmax")
    if damage == "no ONNX":
        path = folder / "colour.onnx"
        path.write_bytes(b"no network")
        manifest = folder / FILE_NAME
        manifest.write_text(
            Manifest.model_validate_json(manifest.read_bytes())
            .model_copy(update={"sha256": sha256_of(path)})
            .model_dump_json()
        )
    with pytest.raises(ModelError, match=r"colour\.onnx: is not an ONNX model that runs here") as caught:
        Classifier.load(folder)
    assert "\n" not in str(caught.value)
