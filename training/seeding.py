"""Initial weights that follow from a seed alone."""

from __future__ import annotations

from collections.abc import Iterable

import keras

_DRAWN = ("kernel_initializer", "depthwise_initializer")
"""What draws a layer's `kernel`; biases and batch norms begin with constants."""


def draw_anew(model: keras.Model, *, seed: int, but: Iterable[keras.layers.Layer] = ()) -> None:
    """Draw the random initial weights of a network again, each layer's from the seed and its place among the layers.

    Keras takes an initialiser's seed from Python's generator, which `keras.utils.set_random_seed` sets for the whole
    process: any other thread that draws from it in the meantime changes the network.

    Args:
        model: any network of convolutions and dense layers.
        seed: of the run.
        but: layers that keep what they have, as they know something already.
    """
    kept = {id(layer) for layer in but}
    for place, layer in enumerate(model.layers):
        for initializer in (getattr(layer, name, None) for name in _DRAWN):
            if initializer is None or not hasattr(initializer, "seed") or id(layer) in kept:
                continue
            config = initializer.get_config() | {"seed": 1000 * seed + place}
            layer.kernel.assign(initializer.from_config(config)(layer.kernel.shape))
