"""Reading still pictures: every file either becomes pixels or one clear error."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from edge.errors import InputError
from edge.types import Image

SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".bmp", ".webp", ".tif", ".tiff"})


def read_picture(path: Path) -> Image:
    """Decode a picture, turned upright by its EXIF orientation; grey, CMYK, 16-bit and alpha become plain BGR.

    Raises:
        InputError: missing, empty, truncated, too large or no picture; says which.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror})") from error
    if not data:
        raise InputError(f"{path}: is empty; copy the picture again")
    if _is_truncated(data):
        raise InputError(f"{path}: is truncated; copy the picture again")
    try:
        image = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    except cv2.error as error:
        cause = "has too many pixels" if "CV_IO_MAX_IMAGE" in str(error) else "cannot be decoded"
        raise InputError(f"{path}: {cause}; save it smaller, as JPEG or PNG") from error
    if image is None:
        raise InputError(f"{path}: is no picture that can be decoded; save it as JPEG or PNG")
    return np.asarray(image, np.uint8)


def find_pictures(path: Path) -> list[Path]:
    """The file itself, or every picture below the folder, in the order of their names.

    Raises:
        InputError: if the path does not exist, or the folder holds no picture.
    """
    if not path.exists():
        raise InputError(f"{path}: does not exist")
    if not path.is_dir():
        return [path]
    found = sorted(file for file in path.rglob("*") if file.suffix.lower() in SUFFIXES)
    if not found:
        raise InputError(f"{path}: holds no picture ({', '.join(sorted(SUFFIXES))})")
    return found


def _is_truncated(data: bytes) -> bool:
    """Whether the end marker is missing; decoders would fill the rest with grey and say nothing.

    JPEG: an end-of-image marker must follow the last start-of-scan (ITU T.81, B.2.1). PNG: an IEND chunk closes it.
    """
    if data.startswith(b"\xff\xd8"):
        return data.rfind(b"\xff\xd9") < data.rfind(b"\xff\xda") or b"\xff\xda" not in data
    if data.startswith(b"\x89PNG"):
        return b"IEND" not in data[-64:]
    return False
