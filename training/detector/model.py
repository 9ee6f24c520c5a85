"""The detector's network: MobileNetV2 0.35 up to stride 32, a small feature pyramid, one map for each level."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

import keras
import numpy as np
from keras import KerasTensor, layers, ops

from edge.errors import InputError
from edge.networks.manifest import Level
from training.seeding import draw_anew

WIDTH = 0.35
INPUT_SCALE = 1 / 127.5
"""What pixels are multiplied with."""

CHANNELS = 64
"""Of the pyramid's maps."""

TAPS = ("block_5_add", "block_12_add", "block_16_project_BN")
"""Where the backbone's features leave it, at strides 8, 16 and 32."""

MOMENTUM = 0.98
"""Of the batch norms' running statistics."""

PRIOR = 0.01
"""Score of every default box before training, so that the many empty ones do not swamp it (Lin et al., 2017)."""


def build_ssd(levels: Sequence[Level], *, weights: Path | None = None, seed: int = 0) -> keras.Model:
    """Build the network for inputs of any size that is a multiple of the largest stride.

    Pixels enter as they are: float32, 0 to 255, blue, green, red, shape (batch, height, width, 3). They are only
    scaled, not shifted, so that the scale folds into the first convolution, borders included.

    Args:
        levels: default boxes of each of the three maps.
        weights: ImageNet weights of MobileNetV2 0.35 without top; None starts from random ones.
        seed: of what is random.

    Returns:
        a model with one output a level, shape (batch, rows, columns, 5 * boxes); see `edge.networks.manifest.Level`.

    Raises:
        InputError: if the weights cannot be read.
    """
    pixels = keras.Input((None, None, 3), name="pixels")
    scaled = layers.Rescaling(INPUT_SCALE, name="scale")(pixels)
    base = keras.applications.MobileNetV2(input_tensor=scaled, alpha=WIDTH, include_top=False, weights=None)
    for layer in base.layers:
        if isinstance(layer, layers.BatchNormalization):
            # Keras' 0.999 would lag behind the weights by many epochs of a small data set.
            layer.momentum = MOMENTUM
    features = [base.get_layer(name).output for name in TAPS]
    merged: list[KerasTensor] = []
    for number, feature in reversed(list(enumerate(features))):
        lateral = _activated(layers.Conv2D(CHANNELS, 1, use_bias=False, name=f"lateral_{number}")(feature))
        if merged:
            lateral = layers.Add(name=f"merge_{number}")([lateral, layers.UpSampling2D(name=f"up_{number}")(merged[0])])
        merged.insert(0, lateral)
    outputs = [
        _head(feature, level, number) for number, (feature, level) in enumerate(zip(merged, levels, strict=True))
    ]
    model = keras.Model(pixels, outputs, name="face_ssd")
    draw_anew(model, seed=seed)
    if weights is not None:
        _load_imagenet(base, weights)
    return model


def with_joined_maps(model: keras.Model) -> keras.Model:
    """The same network with one output for the loss: (batch, default boxes, 5), in the order of `anchor_grid`."""
    rows = [layers.Reshape((-1, 5), name=f"rows_{number}")(one) for number, one in enumerate(model.outputs)]
    return keras.Model(model.input, layers.Concatenate(axis=1, name="joined")(rows), name="face_ssd_joined")


def freeze_stem(model: keras.Model, *, until: str | None) -> None:
    """Keep everything up to the layer `until` as it is; its batch norms run on their stored statistics.

    The first blocks see the largest maps: they are most of the cost of a training step, and edges and colours of
    ImageNet serve faces as well.
    """
    model.trainable = True
    if until is None:
        return
    names = [layer.name for layer in model.layers]
    for layer in model.layers[: names.index(until) + 1]:
        layer.trainable = False


def _activated(tensor: KerasTensor) -> KerasTensor:
    return layers.ReLU(6.0)(layers.BatchNormalization(momentum=MOMENTUM)(tensor))


def _head(feature: KerasTensor, level: Level, number: int) -> KerasTensor:
    tensor = _activated(layers.DepthwiseConv2D(3, padding="same", use_bias=False, name=f"look_{number}")(feature))
    tensor = _activated(layers.Conv2D(CHANNELS, 1, use_bias=False, name=f"mix_{number}")(tensor))
    bias = np.zeros((len(level.boxes), 5), np.float32)
    bias[:, 4] = -math.log((1 - PRIOR) / PRIOR)
    return layers.Conv2D(
        5 * len(level.boxes), 1, bias_initializer=_constant(bias.reshape(-1)),
        kernel_initializer=keras.initializers.RandomNormal(stddev=0.01), name=f"faces_{number}",
    )(tensor)  # fmt: skip


def _constant(values: np.ndarray) -> keras.initializers.Initializer:
    def initialise(shape: Sequence[int], dtype: str | None = None) -> keras.KerasTensor:
        return ops.convert_to_tensor(values.reshape(shape), dtype=dtype)

    return initialise


def _load_imagenet(base: keras.Model, path: Path) -> None:
    """Load weights made for red, green, blue in [-1, 1], and turn them into ones for blue, green, red in [0, 2]."""
    try:
        base.load_weights(path)
    except (OSError, ValueError) as error:
        raise InputError(f"{path}: contains no MobileNetV2 {WIDTH} weights ({str(error)[:100]})") from error
    convolution, norm = base.get_layer("Conv1"), base.get_layer("bn_Conv1")
    kernel = np.asarray(ops.convert_to_numpy(convolution.kernel))[:, :, ::-1]
    convolution.kernel.assign(kernel)
    norm.moving_mean.assign(ops.convert_to_numpy(norm.moving_mean) + kernel.sum(axis=(0, 1, 2)))
