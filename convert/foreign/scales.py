"""The ways in which published recipes turn pixels into a network's input."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from edge.networks.manifest import InputSpec, Triple
from edge.types import Size

Order = Literal["RGB", "BGR"]

ORDERS: tuple[Order, ...] = ("RGB", "BGR")


@dataclass(frozen=True, slots=True)
class Scale:
    """A pixel v becomes `v * scale + offset`, for red, green and blue in this order.

    Attributes:
        name: on the command line.
        scale: of each channel.
        offset: of each channel.
        used_by: whose recipes.
        orders: of the channels, that go with it.
        rarity: how much surer pictures must be of it than of a common scale, in nats (the negative log of its odds).
    """

    name: str
    scale: Triple
    offset: Triple
    used_by: str
    orders: tuple[Order, ...] = ORDERS
    rarity: float = 0.0

    def spec(self, size: Size, order: Order, *, margin: float) -> InputSpec:
        """As a manifest has it, for a network of this width and height."""
        scale, offset = (self.scale, self.offset) if order == "RGB" else (_turned(self.scale), _turned(self.offset))
        return InputSpec(width=size[0], height=size[1], channel_order=order, scale=scale, offset=offset, margin=margin)

    def span(self) -> tuple[float, float]:
        """Smallest and largest input value."""
        return min(self.offset), max(
            255 * scale + offset for scale, offset in zip(self.scale, self.offset, strict=True)
        )


def _turned(triple: Triple) -> Triple:
    return triple[2], triple[1], triple[0]


def _alike(scale: float, offset: float) -> tuple[Triple, Triple]:
    return (scale,) * 3, (offset,) * 3


SCALES = {
    scale.name: scale
    for scale in (
        Scale("-1..1", *_alike(1 / 127.5, -1.0), "Keras' MobileNet, Inception and Xception; Teachable Machine"),
        Scale("0..1", *_alike(1 / 255, 0.0), "ImageDataGenerator(rescale=1/255), YOLO"),
        Scale("0..255", *_alike(1.0, 0.0), "networks with a Rescaling layer, Keras' EfficientNet"),
        # Mean and standard deviation of ImageNet's pixels, as torchvision's models document them.
        Scale(
            "imagenet",
            (1 / 0.229 / 255, 1 / 0.224 / 255, 1 / 0.225 / 255),
            (-0.485 / 0.229, -0.456 / 0.224, -0.406 / 0.225),
            "torchvision and timm",
            orders=("RGB",),
            rarity=5.0,
        ),
        # The mean of ImageNet's pixels, subtracted (Keras' `imagenet_utils`, mode "caffe"; channels BGR there).
        Scale(
            "caffe",
            (1.0, 1.0, 1.0),
            (-123.68, -116.779, -103.939),
            "Keras' ResNet50 and VGG",
            orders=("BGR",),
            rarity=5.0,
        ),
    )
}
"""By name, the commonest first."""

BGR_RARITY = 3.0
"""As `Scale.rarity`: OpenCV's order, kept by mistake."""
