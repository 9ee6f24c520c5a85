"""A training run that costs nothing: pictures of one colour, and a network whose weights are known, not learnt."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import keras
import numpy as np

from edge.networks.manifest import InputSpec
from edge.types import MaskKind
from tests.builders import LABELS, SHARPNESS

SIDE = 16
SPEC = InputSpec(width=SIDE, height=SIDE)


def colour_network(*, sharpness: float = SHARPNESS, kinds: int = 0) -> keras.Model:
    """Judges by the mean colour, as `tests.builders.colour_classifier` does, but through a convolution and a ReLU.

    The convolution copies each channel v into relu(v) and relu(-v); the dense layer takes their difference. With
    `kinds`, a second layer beside it does so for the first channels.
    """
    image = keras.Input((SIDE, SIDE, 3))
    copied = keras.layers.Conv2D(6, 3, padding="same", activation="relu", name="copy")(image)
    mean = keras.layers.GlobalAveragePooling2D()(copied)
    answer = keras.layers.Dense(len(LABELS), activation="softmax", name="judge")(mean)
    if kinds:
        of_kinds = keras.layers.Dense(kinds, activation="softmax", name="kinds")(mean)
        answer = keras.layers.Concatenate()([answer, of_kinds])
    model = keras.Model(image, answer)
    kernel = np.zeros((3, 3, 3, 6), np.float32)
    kernel[1, 1] = np.concatenate([np.eye(3), -np.eye(3)], axis=1)
    model.get_layer("copy").set_weights([kernel, np.zeros(6, np.float32)])
    weights = np.concatenate([np.eye(3), -np.eye(3)]) * sharpness
    model.get_layer("judge").set_weights([weights.astype(np.float32), np.zeros(3, np.float32)])
    if kinds:
        model.get_layer("kinds").set_weights([weights[:, :kinds].astype(np.float32), np.zeros(kinds, np.float32)])
    return model


def write_run(folder: Path, *, per_label: int = 6, kinds: tuple[MaskKind, ...] = ()) -> Path:
    """A finished run of the colour network, with `per_label` pictures of each label in each part.

    With `kinds`, every masked face is known to wear the first one.
    """
    pictures = folder / "pictures"
    pictures.mkdir(parents=True)
    chance = np.random.default_rng(5)
    samples = []
    for channel, label in enumerate(LABELS):
        for index in range(2 * per_label):
            picture = chance.integers(0, 90, (20, 20, 3), dtype=np.uint8)
            picture[..., 2 - channel] += np.uint8(100)
            file = f"{label}-{index}.png"
            cv2.imwrite(str(pictures / file), picture)
            part = "validation" if index % 2 else "train"
            kind = kinds[0] if kinds and not channel else None
            samples.append({"file": file, "label": label, "group": file, "source": "crops", "part": part, "kind": kind})
    split = {"format": 1, "root": str(pictures), "seed": 1, "samples": samples, "dropped": []}
    facts = {
        "labels": LABELS,
        "kinds": kinds,
        "input": SPEC.model_dump(),
        "backbone": "colour",
        "thresholds": {"with_mask": 0.4},
    }
    options = {"command": "classic", "options": {"base_weights": "/home/somebody/imagenet.h5"}, "data_sha256": "ab"}
    for name, record in (("split", split), ("model", facts), ("options", options)):
        (folder / f"{name}.json").write_text(json.dumps(record))
    colour_network(kinds=len(kinds)).save(folder / "model.keras")
    return folder
