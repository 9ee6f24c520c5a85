"""A job small enough for a test: pictures of one colour, and a network of a few hundred weights."""

from __future__ import annotations

from pathlib import Path

import keras
import numpy as np
from keras import layers

from edge.networks.manifest import InputSpec
from edge.types import Image, Label, MaskKind
from training.classifier.backbones import Backbone
from training.classifier.batches import PictureBatches
from training.classifier.job import Job
from training.classifier.recipe import FinetuneRecipe
from training.data.samples import Part, Sample, Split
from training.faces.store import CropRecord, CropStore
from training.runs import ModelFacts

LABELS = (Label.WITH_MASK, Label.WITHOUT_MASK, Label.INCORRECT_MASK)
SPEC = InputSpec(width=8, height=8)
FACTS = ModelFacts(labels=LABELS, input=SPEC, backbone="tiny")
RECIPE = FinetuneRecipe(head_epochs=2, upper_epochs=3, head_rate=0.1, upper_rate=0.03, blocks=1, batch_size=12)


def construct(shape: tuple[int, int, int], _weights: str | None) -> keras.Model:
    """Two convolutions, the upper one with a batch norm."""
    inputs = keras.Input(shape)
    features = layers.Conv2D(4, 3, activation="relu", name="lower")(inputs)
    features = layers.Conv2D(6, 3, use_bias=False, name="upper")(features)
    features = layers.BatchNormalization(name="upper_norm")(features)
    return keras.Model(inputs, layers.ReLU(name="upper_relu")(features))


BACKBONE = Backbone("tiny", construct, upper_blocks=("lower",), size=8)


def weights_file(folder: Path) -> Path:
    """Weights for the tiny network, so that it counts as pretrained; written once."""
    path = folder / "tiny.weights.h5"
    if not path.exists():
        keras.utils.set_random_seed(7)
        construct((8, 8, 3), None).save_weights(path)
    return path


def job(folder: Path, *, recipe: FinetuneRecipe = RECIPE, pretrained: bool = True) -> Job:
    """A job whose split and crops are never opened."""
    weights = str(weights_file(folder)) if pretrained else None
    return Job(folder / "split.json", folder / "crops", BACKBONE, weights, None, 0.0, recipe)


def write_crops(
    folder: Path, *, train: int = 18, validation: int = 6, kinds: tuple[MaskKind, ...] = ()
) -> tuple[Path, Path]:
    """A split file and the folder of its crops: grey surroundings, a face of its class's colour.

    Masked faces have `kinds` in turn, if there are any.

    Returns:
        paths of the split file and of the crops.
    """
    crops, records, samples = folder / "crops", [], []
    for index in range(train + validation):
        part = Part.TRAIN if index < train else Part.VALIDATION
        label = LABELS[index % len(LABELS)]
        picture = np.full((64, 64, 3), 128, np.uint8)
        picture[16:48, 16:48] = 40
        picture[16:48, 16:48, 2 - index % len(LABELS)] = 220
        name = f"{index:02}.jpg"
        CropStore(crops, (), margin=0.5).add_picture(name, picture)
        kind = kinds[index // 3 % len(kinds)] if kinds and label is Label.WITH_MASK else None
        record = CropRecord(file=name, label=label, part=part, source="tiny", group=name, box=(16, 16, 48, 48))
        records.append(record.model_copy(update={"kind": kind}))
        samples.append(Sample(file=name, label=label, part=part, source="tiny", group=name, sha256=f"{index:064x}"))
    CropStore(crops, tuple(records), margin=0.5).save()
    Split(root=crops, seed=0, samples=tuple(samples)).save(folder / "split.json")
    return folder / "split.json", crops


def batches(samples: int, *, seed: int, shuffle: bool, batch_size: int = 12, weight: float = 1.0) -> PictureBatches:
    """Noisy pictures: class 0 reddish, 1 greenish, 2 bluish."""
    targets = np.arange(samples, dtype=np.int64) % len(LABELS)

    def picture(index: int, chance: np.random.Generator) -> Image:
        colour = np.full(3, 90.0)
        colour[2 - targets[index]] += 40
        noise = chance.normal(0, 20, (8, 8, 3))
        return np.clip(colour + noise, 0, 255).astype(np.uint8)

    return PictureBatches(
        picture,
        targets,
        spec=SPEC,
        classes=len(LABELS),
        batch_size=batch_size,
        weights=np.full(samples, weight, np.float32),
        shuffle=shuffle,
        seed=seed,
    )
