"""Backbones: preprocessing as their authors meant it, points to unfreeze that exist, weights that fit."""

from __future__ import annotations

from pathlib import Path

import keras
import numpy as np
import pytest

from edge.errors import ModelError
from edge.networks.preprocess import input_table, to_input
from tests.training import tiny
from training.classifier.backbones import BACKBONES, Backbone

KERAS_PREPROCESSING = {
    "mobilenetv2": keras.applications.mobilenet_v2.preprocess_input,
    "mobilenetv2-0.35": keras.applications.mobilenet_v2.preprocess_input,
    "resnet50": keras.applications.resnet50.preprocess_input,
    "inceptionv3": keras.applications.inception_v3.preprocess_input,
}
SHARED_WEIGHTS = {
    "mobilenetv2": "mobilenet_v2_1.0_224_imagenet_no_top.weights.h5",
    "mobilenetv2-0.35": "mobilenet_v2_0.35_224_imagenet_no_top.weights.h5",
    "inceptionv3": "inception_v3_imagenet_to_mixed8_float16.npz",
}


@pytest.mark.parametrize("name", sorted(BACKBONES))
def test_preprocessing_is_keras_own(name: str) -> None:
    """The input spec turns a BGR picture into what Keras' preprocess_input makes of the same picture in RGB."""
    spec = BACKBONES[name].input_spec(16)
    picture = np.random.default_rng(0).integers(0, 256, (16, 16, 3), np.uint8)
    ours = to_input(picture, spec, input_table(spec))
    theirs = KERAS_PREPROCESSING[name](picture[None, ..., ::-1].astype(np.float32))
    np.testing.assert_allclose(ours, theirs, atol=1e-4)


@pytest.mark.parametrize("name", sorted(BACKBONES))
@pytest.mark.slow
def test_upper_blocks_exist_from_the_top_down(name: str) -> None:
    """Every point to unfreeze is a layer of the network, and the first one lies highest."""
    backbone = BACKBONES[name]
    names = [layer.name for layer in backbone.build(backbone.input_spec(96), None).layers]
    positions = [names.index(block) for block in backbone.upper_blocks]
    assert positions == sorted(positions, reverse=True)
    assert len(positions) >= 3


@pytest.mark.parametrize("name", sorted(SHARED_WEIGHTS))
@pytest.mark.slow
def test_pretrained_weights_load(name: str, shared: Path) -> None:
    """A weights file changes what the network sees in a picture, and gives finite numbers."""
    backbone = BACKBONES[name]
    spec = backbone.input_spec(96)
    picture = np.random.default_rng(0).integers(0, 256, (96, 96, 3), np.uint8)
    batch = to_input(picture, spec, input_table(spec))
    random = backbone.build(spec, None)(batch)
    features = np.asarray(backbone.build(spec, str(shared / "weights" / SHARED_WEIGHTS[name]))(batch))
    assert np.isfinite(features).all()
    assert features.std() > 0
    assert not np.allclose(features, random)


def test_npz_weights_are_taken_in_the_order_of_their_names(tmp_path: Path) -> None:
    """Sorted names follow get_weights(), half precision becomes single."""
    source = tiny.construct((8, 8, 3), None)
    path = tmp_path / "tiny.npz"
    arrays = {f"{at:03}": value.astype(np.float16) for at, value in enumerate(source.get_weights())}
    np.savez(path, **dict(reversed(arrays.items())))
    loaded = tiny.BACKBONE.build(tiny.SPEC, str(path))
    for ours, theirs in zip(loaded.get_weights(), source.get_weights(), strict=True):
        np.testing.assert_allclose(ours, theirs, atol=1e-3)


@pytest.mark.parametrize(
    ("file", "content", "cause"),
    [
        ("absent.weights.h5", None, "no such weights file"),
        ("empty.weights.h5", b"", "does not fit"),
        ("other.npz", b"PK", "does not fit"),
    ],
)
def test_bad_weights_are_a_model_error(tmp_path: Path, file: str, content: bytes | None, cause: str) -> None:
    """Missing, empty or damaged weights are named, in one line."""
    if content is not None:
        (tmp_path / file).write_bytes(content)
    with pytest.raises(ModelError, match=cause) as raised:
        tiny.BACKBONE.build(tiny.SPEC, str(tmp_path / file))
    assert file in str(raised.value)
    assert "\n" not in str(raised.value)


def test_a_download_that_fails_is_a_model_error() -> None:
    """Without internet the error says what to do instead."""

    def offline(_shape: tuple[int, int, int], _weights: str | None) -> keras.Model:
        raise Exception("URL fetch failure on https://example.org: no route\nlong story")  # noqa: TRY002 - as Keras does

    with pytest.raises(ModelError, match="give a file") as raised:
        Backbone("far", offline, ()).build(tiny.SPEC, "imagenet")
    assert "\n" not in str(raised.value)
