"""Networks for cv2.dnn."""

from __future__ import annotations

from pathlib import Path

import cv2
import keras
import numpy as np
import pytest

from convert import onnx
from convert.onnx import export_onnx
from edge.errors import ModelError


@pytest.fixture(scope="module")
def detector() -> keras.Model:
    """The parts of a small SSD: strided, depthwise and separable convolutions, a sum, two heads for 768 boxes."""
    keras.utils.set_random_seed(3)
    image = keras.Input((32, 64, 3))
    features = keras.layers.Conv2D(8, 3, strides=2, padding="same", use_bias=False)(image)
    features = keras.layers.ReLU(6.0)(keras.layers.BatchNormalization()(features))
    features = keras.layers.DepthwiseConv2D(3, padding="same")(features)
    wide = keras.layers.SeparableConv2D(12, 3, padding="same", activation="relu")(features)
    features = keras.layers.Add()([wide, keras.layers.Conv2D(12, 1)(features)])
    scores = keras.layers.Reshape((-1, 2))(keras.layers.Conv2D(3 * 2, 3, padding="same")(features))
    boxes = keras.layers.Reshape((-1, 4))(keras.layers.Conv2D(3 * 4, 3, padding="same")(features))
    return keras.Model(image, [keras.layers.Softmax()(scores), boxes])


def test_opencv_answers_as_keras(detector: keras.Model, tmp_path: Path) -> None:
    """Both outputs agree to 1e-4 on pictures other than the exporter's own probe, in the network's order."""
    path = tmp_path / "new" / "detector.onnx"
    export_onnx(detector, path)
    network = cv2.dnn.readNetFromONNX(str(path))
    pictures = np.random.default_rng(7).normal(size=(3, 1, 32, 64, 3)).astype(np.float32)
    for picture in pictures:
        network.setInput(picture)
        for theirs, ours in zip(
            network.forward(network.getUnconnectedOutLayersNames()), detector(picture), strict=True
        ):
            assert theirs.shape[1] == 3 * 16 * 32
            np.testing.assert_allclose(theirs, np.asarray(ours), atol=1e-4)
    assert [file.name for file in path.parent.iterdir()] == ["detector.onnx"]


def test_a_difference_writes_nothing(detector: keras.Model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What OpenCV computes differently is refused, and an older file stays."""
    path = tmp_path / "detector.onnx"
    path.write_bytes(b"older")
    monkeypatch.setattr(onnx, "MAX_DIFFERENCE", 0.0)
    with pytest.raises(ModelError, match=r"detector\.onnx: output \d differs from Keras"):
        export_onnx(detector, path)
    assert path.read_bytes() == b"older"
    assert [file.name for file in tmp_path.iterdir()] == ["detector.onnx"]


def test_refuses_a_network_without_a_fixed_size(tmp_path: Path) -> None:
    """cv2.dnn plans its memory for one size."""
    image = keras.Input((None, None, 3))
    model = keras.Model(image, keras.layers.Conv2D(1, 3)(image))
    with pytest.raises(ModelError, match="expected one input of fixed size"):
        export_onnx(model, tmp_path / "any.onnx")


def test_says_what_opencv_cannot_run(detector: keras.Model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An importer's complaint becomes one line that names the file."""

    def refuse(_: str) -> None:
        raise cv2.error("unsupported\n  layer")

    monkeypatch.setattr(cv2.dnn, "readNetFromONNX", refuse)
    with pytest.raises(ModelError, match=r"detector\.onnx: OpenCV cannot run it \(unsupported layer\)"):
        export_onnx(detector, tmp_path / "detector.onnx")
