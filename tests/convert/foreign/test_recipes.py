"""The recipes people really use, trained briefly on real pictures, imported and asked at the door's own command."""

from __future__ import annotations

import importlib
import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import cv2
import keras
import numpy as np
import pytest
import tensorflow as tf

from edge.networks.manifest import load_manifest
from edge.pictures import read_picture

pytestmark = pytest.mark.slow

LABELS = ("with_mask", "without_mask")
LEARNT, HELD_OUT = 60, 30


def faces(shared: Path, label: str) -> list[Path]:
    """Pictures of a label, in an order that mixes their sources."""
    found = sorted((shared / "data" / "crops" / label).glob("*.jp*g"))
    order = np.random.default_rng(11).permutation(len(found))
    return [found[index] for index in order]


@pytest.fixture(scope="module")
def pictures(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Faces that were not learnt from, in folders as somebody may call them."""
    folder = tmp_path_factory.mktemp("held") / "out"
    for label, name in zip(LABELS, ("Mask", "No Mask"), strict=True):
        (folder / name).mkdir(parents=True)
        for path in faces(shared, label)[LEARNT : LEARNT + HELD_OUT]:
            shutil.copyfile(path, folder / name / path.name)
    return folder


def train(kit: Any, shared: Path, *, width: str) -> Any:
    """The recipe of PyImageSearch (2020): MobileNetV2 frozen below pooling, 128 units, dropout and a softmax of two.

    Keras 3 makes the base from its file of weights, whichever Keras trains the head.
    """
    weights = shared / "weights" / f"mobilenet_v2_{width}_224_imagenet_no_top.weights.h5"
    size = {"input_shape": (224, 224, 3), "include_top": False, "weights": None, "alpha": float(width)}
    known = keras.applications.MobileNetV2(**size)
    known.load_weights(weights)
    base = kit.applications.MobileNetV2(**size)
    base.set_weights(known.get_weights())
    base.trainable = False
    head = kit.layers.AveragePooling2D(pool_size=(7, 7))(base.output)
    head = kit.layers.Dense(128, activation="relu")(kit.layers.Flatten(name="flatten")(head))
    head = kit.layers.Dense(2, activation="softmax")(kit.layers.Dropout(0.5)(head))
    model = kit.Model(base.input, head)
    model.compile(optimizer=kit.optimizers.Adam(1e-3), loss="binary_crossentropy", metrics=["accuracy"])
    images, targets = learnt(shared)
    model.fit(images, targets, batch_size=24, epochs=3, verbose=0)
    return model


def learnt(shared: Path) -> tuple[np.ndarray, np.ndarray]:
    """Inputs by MobileNetV2's `preprocess_input`, RGB, and one-hot targets in LabelBinarizer's order."""
    rows, targets = [], []
    for index, label in enumerate(LABELS):
        for path in faces(shared, label)[:LEARNT]:
            picture = cv2.resize(read_picture(path), (224, 224))
            rows.append(picture[..., ::-1].astype(np.float32) / 127.5 - 1)
            targets.append(np.eye(2, dtype=np.float32)[index])
    order = np.random.default_rng(0).permutation(len(rows))
    return np.stack(rows)[order], np.stack(targets)[order]


def run(*arguments: object, cwd: Path) -> str:
    """A command's output; it must succeed."""
    result = subprocess.run(
        [sys.executable, "-m", *map(str, arguments)], cwd=cwd, capture_output=True, text=True, check=False, timeout=900
    )
    assert result.returncode == 0, result.stderr[-2000:]
    return result.stdout


def import_and_detect(path: Path, pictures: Path, shared: Path, tmp_path: Path) -> None:
    """Import; the manifest is the recipe's; `maskgate detect` uses it on a photograph of masked people."""
    told = run(
        "convert.command", "import", path, "--name", "mine", "--models", tmp_path, "--pictures", pictures, cwd=tmp_path
    )
    manifest = load_manifest(tmp_path / "mine")
    assert tuple(map(str, manifest.labels)) == LABELS, told
    assert manifest.input.scale == pytest.approx((1 / 127.5,) * 3), told
    assert manifest.input.offset == pytest.approx((-1.0,) * 3), told
    accuracy = manifest.figures["accuracy"]
    assert isinstance(accuracy, float)
    assert accuracy >= 0.85, told
    assert manifest.figures["agreement"] == 1.0
    (tmp_path / "mine.toml").write_text(f'[classifier]\nmodel = "{tmp_path / "mine"}"\n')
    seen = []
    for folder in ("Mask", "No Mask"):
        output = run("edge", "detect", pictures / folder, "--json", "--config", tmp_path / "mine.toml", cwd=tmp_path)
        found = [face["label"] for line in output.splitlines() for face in json.loads(line)["faces"]]
        assert found
        seen.append(found.count("with_mask") / len(found))
    # Not how good it is, which a minute of training does not decide, but that its labels mean what they say.
    assert seen[0] > seen[1] + 0.4


@pytest.mark.parametrize("ending", [".h5", ".keras"])
def test_keras_3(shared: Path, pictures: Path, tmp_path: Path, ending: str) -> None:
    """Trained and saved by the Keras of today."""
    path = tmp_path / f"mask_detector{ending}"
    train(keras, shared, width="0.35").save(path)
    import_and_detect(path, pictures, shared, tmp_path)


@pytest.mark.filterwarnings("ignore:You are saving your model as an HDF5 file:UserWarning")
@pytest.mark.parametrize("form", ["h5", "keras", "tf"])
def test_keras_2(shared: Path, pictures: Path, tmp_path: Path, form: str) -> None:
    """Trained and saved by tf_keras, which is Keras 2, under the name that the recipe gives it."""
    old = pytest.importorskip("tf_keras", reason="needs Keras 2: pip install --no-deps tf_keras")
    path = tmp_path / ("mask_detector.keras" if form == "keras" else "mask_detector.model")
    train(importlib.reload(old), shared, width="0.35").save(path, save_format=form)
    import_and_detect(path, pictures, shared, tmp_path)


@pytest.mark.filterwarnings("ignore:Statistics for quantized inputs were expected:UserWarning")
@pytest.mark.parametrize("kind", ["float32", "uint8"])
def test_teachable_machine(shared: Path, pictures: Path, tmp_path: Path, kind: str) -> None:
    """A TFLite file as it exports them, with labels.txt beside it."""
    converter = tf.lite.TFLiteConverter.from_keras_model(train(keras, shared, width="0.35"))
    if kind == "uint8":
        images, _ = learnt(shared)
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
        converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
        converter.inference_input_type = converter.inference_output_type = tf.uint8
        converter.representative_dataset = lambda: ([image[np.newaxis]] for image in images[:60])
    path = tmp_path / "model.tflite"
    path.write_bytes(converter.convert())
    (tmp_path / "labels.txt").write_text("0 Mask\n1 No Mask\n")
    import_and_detect(path, pictures, shared, tmp_path)
