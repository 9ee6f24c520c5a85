"""The shipped file as a network to learn on with."""

from __future__ import annotations

import shutil
from pathlib import Path

import cv2
import keras
import numpy as np
import onnx
import pytest

from edge.errors import InputError
from edge.networks.manifest import DetectorManifest, sha256_of
from training.detector.anchors import LEVELS
from training.detector.folding import restore
from training.detector.model import build_ssd
from training.detector.publish import write_model_folder

SHIPPED = Path(__file__).parents[3] / "models" / "face-ssd"


def test_the_shipped_detector_can_be_learned_on() -> None:
    """The Keras network gives what the file gives, to a ten-thousandth of a logit, and everything in it may learn."""
    model = restore(SHIPPED)
    pixels = np.random.default_rng(0).uniform(0, 255, (1, 96, 160, 3)).astype(np.float32)
    network = cv2.dnn.readNetFromONNX(str(SHIPPED / "face-ssd.onnx"))
    network.setInput(np.ascontiguousarray(pixels.transpose(0, 3, 1, 2)))
    wanted = network.forward([f"faces_{number}" for number in range(len(LEVELS))])
    for one, other in zip(model(pixels), wanted, strict=True):
        assert np.ptp(other) > 1
        np.testing.assert_allclose(np.asarray(one).transpose(0, 3, 1, 2), other, atol=1e-4)
    assert len(model.trainable_weights) == len(model.weights) > 100


def test_a_restored_detector_is_written_as_it_was(tmp_path: Path) -> None:
    """Restored, exported and restored again, no weight has moved by more than rounding."""
    first = restore(SHIPPED)
    write_model_folder(first, tmp_path / "again", LEVELS, min_score=0.5)
    for one, other in zip(restore(tmp_path / "again").get_weights(), first.get_weights(), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-6)


def test_norms_are_folded_in(tmp_path: Path) -> None:
    """A network with batch norms and its folded copy answer alike, and the copy has no norm left."""
    keras.utils.set_random_seed(1)
    model = build_ssd(LEVELS)
    for layer in model.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.moving_variance.assign(np.full(layer.moving_variance.shape, 0.5, np.float32))
    write_model_folder(model, tmp_path / "run", LEVELS, min_score=0.5)
    folded = restore(tmp_path / "run")
    assert not any(isinstance(layer, keras.layers.BatchNormalization) for layer in folded.layers)
    pixels = np.random.default_rng(0).uniform(0, 255, (1, 64, 96, 3)).astype(np.float32)
    for one, other in zip(folded(pixels), model(pixels, training=False), strict=True):
        np.testing.assert_allclose(one, other, atol=1e-4)


@pytest.mark.parametrize("fault", ["no folder", "no onnx", "renamed", "other size"])
def test_another_network_is_refused(tmp_path: Path, fault: str) -> None:
    """The folder and the cause are named."""
    folder = tmp_path / "face-ssd"
    if fault != "no folder":
        shutil.copytree(SHIPPED, folder)
        _spoil(folder, fault)
    with pytest.raises(InputError, match=r"face-ssd: is not a detector trained here \("):
        restore(folder)


def _spoil(folder: Path, fault: str) -> None:
    path = folder / "face-ssd.onnx"
    if fault == "no onnx":
        path.write_bytes(b"no network")
    else:
        model = onnx.load(path)
        kernel = next(one for one in model.graph.initializer if one.name == "mix_0.kernel")
        if fault == "renamed":
            kernel.name = "stirred_0.kernel"
        else:
            kernel.dims[0], kernel.dims[1] = 32, 128
        onnx.save(model, path)
    _sign(folder)


def _sign(folder: Path) -> None:
    """Have the manifest promise the file that lies there."""
    path = folder / "manifest.json"
    manifest = DetectorManifest.model_validate_json(path.read_bytes())
    path.write_text(manifest.model_copy(update={"sha256": sha256_of(folder / manifest.file)}).model_dump_json())
