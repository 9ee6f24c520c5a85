"""The exported detector against the one that was trained."""

from __future__ import annotations

from pathlib import Path

import cv2
import keras
import numpy as np
import pytest

from edge.networks.detector import FaceSsd
from training.detector.anchors import LEVELS
from training.detector.export import export_onnx
from training.detector.model import build_ssd
from training.detector.publish import write_model_folder


@pytest.fixture(scope="module")
def model() -> keras.Model:
    """A detector of random weights whose batch norms have lived."""
    keras.utils.set_random_seed(3)
    model = build_ssd(LEVELS)
    rng = np.random.default_rng(3)
    for layer in model.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            size = layer.gamma.shape
            layer.gamma.assign(rng.uniform(0.8, 1.6, size))
            layer.beta.assign(rng.normal(0, 0.3, size))
            layer.moving_mean.assign(rng.normal(0, 0.1, size))
            layer.moving_variance.assign(rng.uniform(0.3, 1.0, size))
    return model


@pytest.mark.parametrize(("width", "height"), [(320, 256), (320, 320), (160, 96)])
def test_opencv_agrees_with_keras(model: keras.Model, tmp_path: Path, width: int, height: int) -> None:
    """Every output within 1e-4 at the 4:3 size, the square one, and one the file does not declare."""
    names = export_onnx(model, tmp_path / "face.onnx", width=320, height=256)
    pixels = np.random.default_rng(0).uniform(0, 255, (1, height, width, 3)).astype(np.float32)
    expected = [np.asarray(one).transpose(0, 3, 1, 2) for one in model(pixels, training=False)]
    network = cv2.dnn.readNetFromONNX(str(tmp_path / "face.onnx"))
    network.setInput(np.ascontiguousarray(pixels.transpose(0, 3, 1, 2)))
    for wanted, actual in zip(expected, network.forward(names), strict=True):
        assert np.ptp(wanted) > 0.01
        np.testing.assert_allclose(actual, wanted, atol=1e-4)


def test_layers_it_does_not_know_are_refused(tmp_path: Path) -> None:
    """A network this export cannot express is named, not half written."""
    pixels = keras.Input((32, 32, 3))
    model = keras.Model(pixels, keras.layers.Softmax(name="odd")(keras.layers.Conv2D(4, 3)(pixels)))
    with pytest.raises(ValueError, match="Softmax odd"):
        export_onnx(model, tmp_path / "face.onnx", width=32, height=32)


def test_a_model_folder_is_ready_for_the_kiosk(model: keras.Model, tmp_path: Path) -> None:
    """What training writes, the kiosk loads and runs, and the file is small enough to ship."""
    manifest = write_model_folder(model, tmp_path / "face-ssd", LEVELS, min_score=0.3, figures={"ap": 0.5})
    assert FaceSsd(tmp_path / "face-ssd")(np.zeros((48, 64, 3), np.uint8)) is not None
    assert manifest.min_score == 0.3
    assert (tmp_path / "face-ssd" / manifest.file).stat().st_size < 3_000_000
