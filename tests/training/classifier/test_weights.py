"""What a network is started from."""

from __future__ import annotations

import io
from pathlib import Path

import keras
import numpy as np
import pytest

from edge.errors import ModelError
from edge.networks.classifier import Classifier
from edge.networks.golden import PICTURES, draw
from edge.networks.manifest import WEIGHTS_FILE, load_manifest
from edge.networks.preprocess import input_table, resize, to_input
from tests.training import tiny
from training.classifier.backbones import BACKBONES
from training.classifier.heads import mask_classifier
from training.classifier.weights import blend, read_weights, take_over

MODELS = Path(__file__).parents[3] / "models"
SHIPPED = sorted(path.parent.name for path in MODELS.glob(f"*/{WEIGHTS_FILE}"))

QUANTISATION = 0.12
"""How far a label's probability of an 8-bit network may lie from its original's on a drawn picture that is no face."""

QUANTISATION_OF_KINDS = 0.25
"""The same of a kind's, which is far from sure on such a picture."""


def network(*, kinds: int = 0, seed: int = 1) -> keras.Model:
    keras.utils.set_random_seed(seed)
    return mask_classifier(tiny.construct((8, 8, 3), None), classes=3, kinds=kinds, dropout=0.0)


def write_half(model: keras.Model, folder: Path) -> Path:
    """The file as conversion writes it."""
    folder.mkdir(exist_ok=True)
    arrays = {
        f"{layer.name}/{n}": w.astype(np.float16) for layer in model.layers for n, w in enumerate(layer.get_weights())
    }
    buffer = io.BytesIO()
    np.savez_compressed(buffer, allow_pickle=False, **arrays)
    (folder / WEIGHTS_FILE).write_bytes(buffer.getvalue())
    return folder


def test_a_network_starts_where_another_ended(tmp_path: Path) -> None:
    """From half precision it answers alike to three digits."""
    first, second = network(kinds=2), network(kinds=2, seed=2)
    picture = np.random.default_rng(0).random((1, 8, 8, 3)).astype(np.float32)
    expected = first.predict(picture, verbose=0)
    assert np.abs(second.predict(picture, verbose=0) - expected).max() > 0.01
    take_over(second, write_half(first, tmp_path / "model"))
    np.testing.assert_allclose(second.predict(picture, verbose=0), expected, atol=2e-3)


def test_kinds_may_be_new(tmp_path: Path) -> None:
    """A network that told no kinds is a start for one that shall; its labels come along."""
    folder = write_half(network(), tmp_path / "model")
    model = network(kinds=2, seed=2)
    fresh = model.get_layer("head_kinds").get_weights()
    take_over(model, folder)
    np.testing.assert_array_equal(model.get_layer("head_kinds").get_weights()[0], fresh[0])
    labels = model.get_layer("head_softmax").get_weights()[0]
    np.testing.assert_allclose(labels, read_weights(folder)["head_softmax"][0])


def test_another_network_is_refused(tmp_path: Path) -> None:
    """A layer that is missing or of another shape is named; so is a file that cannot be read."""
    folder = write_half(network(), tmp_path / "model")
    other = mask_classifier(tiny.construct((8, 8, 3), None), classes=2, dropout=0.0)
    with pytest.raises(ModelError, match="head_softmax"):
        take_over(other, folder)
    for content in (None, b"no zip"):
        (folder / WEIGHTS_FILE).unlink()
        if content is not None:
            (folder / WEIGHTS_FILE).write_bytes(content)
        with pytest.raises(ModelError, match=WEIGHTS_FILE):
            read_weights(folder)
        (folder / WEIGHTS_FILE).touch()


@pytest.mark.slow
@pytest.mark.parametrize("name", SHIPPED)
def test_shipped_weights_are_the_shipped_model(name: str) -> None:
    """The network they make answers to the drawn pictures as the converted one does, within what 8 bits cost."""
    folder = MODELS / name
    manifest = load_manifest(folder)
    base = BACKBONES[str(manifest.training["backbone"])].build(manifest.input, None)
    model = mask_classifier(base, classes=len(manifest.labels), kinds=len(manifest.kinds), dropout=0.0)
    take_over(model, folder)
    classifier, table = Classifier.load(folder), input_table(manifest.input)
    for picture in PICTURES:
        face = draw(picture, width=manifest.input.width, height=manifest.input.height)
        said = model.predict(to_input(resize(face, manifest.input), manifest.input, table), verbose=0)[0]
        labels, kinds = np.split(classifier.answer(face) - said, [len(manifest.labels)])
        assert np.abs(labels).max() <= QUANTISATION
        assert np.abs(kinds).max(initial=0) <= QUANTISATION_OF_KINDS


def test_weights_meet_in_the_middle(tmp_path: Path) -> None:
    """A share of 1 is the network that was learnt on from, 0 the new one, a half their mean."""
    first, second = network(), network(seed=2)
    folder = write_half(first, tmp_path / "model")
    before, after = (model.get_layer("head_softmax").get_weights()[0] for model in (first, second))
    blend(second, folder, 0.5)
    np.testing.assert_allclose(second.get_layer("head_softmax").get_weights()[0], (before + after) / 2, atol=2e-3)
    blend(second, folder, 1)
    np.testing.assert_allclose(second.get_layer("head_softmax").get_weights()[0], before, atol=2e-3)
