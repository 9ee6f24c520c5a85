"""What a camera's sensor and compression do to a picture."""

from __future__ import annotations

import cv2
import numpy as np

from edge.types import Image


def add_noise(rng: np.random.Generator, image: Image, deviation: float, *, coloured: bool) -> Image:
    """Normal noise of a standard deviation in grey values; `coloured` draws each channel's own, else all have the same.

    Sensors give coloured noise, of which cameras that smooth colours leave the grey part.
    """
    shape = image.shape if coloured else (*image.shape[:2], 1)
    noise = rng.standard_normal(shape, np.float32) * np.float32(deviation)
    return np.asarray(np.clip(image + noise, 0, 255), np.uint8)


def compress(image: Image, quality: int) -> Image:
    """The picture after JPEG of a quality from 1 to 100."""
    _, packed = cv2.imencode(".jpg", image, (cv2.IMWRITE_JPEG_QUALITY, quality))
    return np.asarray(cv2.imdecode(packed, cv2.IMREAD_COLOR), np.uint8)
