"""A network's weights in half precision, for a later training to learn on from."""

from __future__ import annotations

from pathlib import Path

import keras
import numpy as np

from edge.networks.manifest import WEIGHTS_FILE


def save_half(model: keras.Model, folder: Path) -> None:
    """Write the weights of all layers beside a published model: half of float32's size, and exact enough to go on."""
    arrays = {
        f"{layer.name}/{number}": np.asarray(value, np.float16)
        for layer in model.layers
        for number, value in enumerate(layer.get_weights())
    }
    with (folder / WEIGHTS_FILE).open("wb") as file:
        np.savez_compressed(file, allow_pickle=False, **arrays)
