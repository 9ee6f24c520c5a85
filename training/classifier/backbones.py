"""The networks a classifier is built on: one interface, each with its own preprocessing and points to unfreeze."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Literal

import keras
import numpy as np

from edge.errors import ModelError
from edge.networks.manifest import InputSpec, Triple

Construct = Callable[[tuple[int, int, int], str | None], keras.Model]
"""(height, width, 3), weights 'imagenet' or None -> a network from input to feature map."""

_UNIT_SCALE: Triple = (1 / 127.5, 1 / 127.5, 1 / 127.5)
_UNIT_OFFSET: Triple = (-1.0, -1.0, -1.0)
_CAFFE_OFFSET: Triple = (-103.939, -116.779, -123.68)
"""Mean of ImageNet, blue, green, red, as subtracted by the authors of ResNet in Caffe."""


@dataclass(frozen=True, slots=True)
class Backbone:
    """A convolutional network without its classifier.

    Attributes:
        name: as on the command line.
        construct: makes the network.
        upper_blocks: layers after which training may begin, from the top of the network down.
        size: rows and columns of input it was designed for.
    """

    name: str
    construct: Construct
    upper_blocks: tuple[str, ...]
    size: int = 224
    channel_order: Literal["RGB", "BGR"] = "RGB"
    scale: Triple = _UNIT_SCALE
    offset: Triple = _UNIT_OFFSET

    def input_spec(self, size: int | None = None, *, margin: float = 0.0) -> InputSpec:
        """The preprocessing this network was made for, at `size` rows and columns (its own size if None)."""
        side = size or self.size
        return InputSpec(
            width=side,
            height=side,
            channel_order=self.channel_order,
            scale=self.scale,
            offset=self.offset,
            margin=margin,
        )

    def build(self, spec: InputSpec, weights: str | None) -> keras.Model:
        """Make the network, from float32 (N, H, W, 3) to a feature map.

        Args:
            spec: gives height and width.
            weights: a file (.h5, .npz), 'imagenet' to let Keras download them, or None for random ones.

        Raises:
            ModelError: if the weights cannot be read, downloaded or do not fit.
        """
        shape = (spec.height, spec.width, 3)
        if weights == "imagenet":
            return _downloaded(self, shape)
        network = self.construct(shape, None)
        if weights is not None:
            load_weights(network, Path(weights))
        return network


def load_weights(network: keras.Model, path: Path) -> None:
    """Fill `network` from a Keras weights file, or from an .npz whose sorted keys follow `get_weights()`.

    Raises:
        ModelError: naming the file and the cause.
    """
    if not path.is_file():
        raise ModelError(f"{path}: no such weights file; name another, or 'imagenet' to download, or 'none'")
    try:
        if path.suffix == ".npz":
            with np.load(path) as arrays:
                network.set_weights([arrays[name].astype(np.float32) for name in sorted(arrays.files)])
        else:
            network.load_weights(path)
    except (ValueError, OSError, KeyError) as error:
        raise ModelError(f"{path}: does not fit the network ({str(error).splitlines()[0]})") from error


def _downloaded(backbone: Backbone, shape: tuple[int, int, int]) -> keras.Model:
    try:
        return backbone.construct(shape, "imagenet")
    except Exception as error:  # Keras wraps whatever the network raised in a plain Exception
        cause = str(error).splitlines()[0]
        raise ModelError(f"{backbone.name}: ImageNet weights cannot be downloaded ({cause}); give a file") from error


def _mobilenet_v2(shape: tuple[int, int, int], weights: str | None, *, alpha: float) -> keras.Model:
    return keras.applications.MobileNetV2(input_shape=shape, alpha=alpha, include_top=False, weights=weights)


def _resnet50(shape: tuple[int, int, int], weights: str | None) -> keras.Model:
    return keras.applications.ResNet50(input_shape=shape, include_top=False, weights=weights)


def _inception_v3_to_mixed8(shape: tuple[int, int, int], weights: str | None) -> keras.Model:
    """Without the last two blocks: they hold 40 % of the weights, and two classes of face do not need them."""
    whole = keras.applications.InceptionV3(input_shape=shape, include_top=False, weights=weights)
    return keras.Model(whole.input, whole.get_layer("mixed8").output, name="inception_v3_to_mixed8")


_MOBILENET_BLOCKS = ("block_15_add", "block_12_add", "block_9_add", "block_5_add")

BACKBONES = {
    backbone.name: backbone
    for backbone in (
        Backbone("mobilenetv2", partial(_mobilenet_v2, alpha=1.0), _MOBILENET_BLOCKS),
        Backbone("mobilenetv2-0.35", partial(_mobilenet_v2, alpha=0.35), _MOBILENET_BLOCKS),
        Backbone(
            "resnet50",
            _resnet50,
            ("conv5_block2_out", "conv4_block6_out", "conv3_block4_out"),
            channel_order="BGR",
            scale=(1.0, 1.0, 1.0),
            offset=_CAFFE_OFFSET,
        ),
        Backbone("inceptionv3", _inception_v3_to_mixed8, ("mixed7", "mixed6", "mixed4", "mixed2"), size=224),
    )
}
