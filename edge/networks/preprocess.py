"""From pixels to a network's input: crop, resize, scale. Pure functions, shared with training and conversion."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.networks.manifest import InputSpec
from edge.types import Box, Image


def crop_square(image: Image, box: Box, *, margin: float) -> Image:
    """Cut a square around `box`, enlarged by `margin` times its longer side on every side.

    Where the square leaves the picture the border pixels are repeated, so that the face stays centred and keeps
    its proportions. A box that does not touch the picture at all is a caller's bug.

    Returns:
        uint8 (side, side, 3) in the picture's channel order; a view of `image` where no border is needed.

    Raises:
        ValueError: if `box` lies outside the picture.
    """
    height, width = image.shape[:2]
    if box.x1 >= width or box.y1 >= height:
        raise ValueError(f"expected a box inside the {width}x{height} picture, received {box.xyxy}")
    side = max(1, round(box.longer_side * (1 + 2 * margin)))
    left = round((box.x1 + box.x2 - side) / 2)
    top = round((box.y1 + box.y2 - side) / 2)
    right, bottom = left + side, top + side
    inside = image[max(0, top) : min(height, bottom), max(0, left) : min(width, right)]
    missing = (max(0, -top), max(0, bottom - height), max(0, -left), max(0, right - width))
    if not any(missing):
        return inside
    return np.asarray(cv2.copyMakeBorder(inside, *missing, borderType=cv2.BORDER_REPLICATE), np.uint8)


def resize(image: Image, spec: InputSpec) -> Image:
    """Scale a face to the network's size; what halving leaves is done bilinearly, a fifth of the work."""
    return resize_to(image, spec.width, spec.height, remainder=cv2.INTER_LINEAR)


def resize_to(image: Image, width: int, height: int, *, remainder: int = cv2.INTER_AREA) -> Image:
    """Scale to `width` x `height`: by pixel area when shrinking (no aliasing), bilinear when enlarging.

    Halving is several times faster than any other shrinking, so it comes first; `remainder` says how what is left, less
    than a half, is done.
    """
    while image.shape[0] >= 2 * height and image.shape[1] >= 2 * width:
        rows, columns = image.shape[0] // 2, image.shape[1] // 2
        if image.shape[:2] != (2 * rows, 2 * columns):
            image = np.asarray(cv2.resize(image, (2 * columns, 2 * rows), interpolation=cv2.INTER_LINEAR), np.uint8)
        image = np.asarray(cv2.resize(image, (columns, rows), interpolation=cv2.INTER_AREA), np.uint8)
    if image.shape[:2] == (height, width):
        return image
    shrinking = width < image.shape[1] or height < image.shape[0]
    interpolation = remainder if shrinking else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(image, (width, height), interpolation=interpolation), np.uint8)


def input_table(
    spec: InputSpec, *, quantization: tuple[float, int] | None = None, dtype: np.dtype[Any] | None = None
) -> NDArray[Any]:
    """The network's input value for each pixel value of each channel, worked out once.

    Args:
        spec: scale and offset per channel.
        quantization: (scale, zero point) of an 8-bit input tensor; None for a float32 one.
        dtype: of an 8-bit input tensor, int8 or uint8; int8 if None.

    Returns:
        shape (256, 3), channels in `spec.channel_order`; float32, or `dtype` if quantised.
    """
    pixels = np.arange(256, dtype=np.float64)[:, None]
    values: NDArray[np.float64] = pixels * np.array(spec.scale) + np.array(spec.offset)
    if quantization is None:
        return values.astype(np.float32)
    step, zero_point = quantization
    steps: NDArray[np.float64] = np.rint(values / step) + zero_point
    limits = np.iinfo(np.int8 if dtype is None else dtype)
    return steps.clip(limits.min, limits.max).astype(limits.dtype)


def to_input(image: Image, spec: InputSpec, table: NDArray[Any]) -> NDArray[Any]:
    """Turn a BGR picture of the network's size into its input.

    Returns:
        shape (1, height, width, 3), the dtype of `table`.

    Raises:
        ValueError: if the picture has not the network's size.
    """
    if image.shape != (spec.height, spec.width, 3):
        raise ValueError(f"expected shape {(spec.height, spec.width, 3)}, received {image.shape}")
    ordered = cv2.cvtColor(image, cv2.COLOR_BGR2RGB) if spec.channel_order == "RGB" else image
    return np.asarray(cv2.LUT(ordered, table[np.newaxis]))[np.newaxis]
