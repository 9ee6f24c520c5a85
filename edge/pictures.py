"""Reading still pictures: every file either becomes pixels or one clear error."""

from __future__ import annotations

import io
import logging
import os
import re
from collections import Counter
from pathlib import Path

import cv2
import numpy as np

from edge.errors import InputError
from edge.host.files import why_no_input
from edge.types import Image

log = logging.getLogger(__name__)

SUFFIXES = frozenset(
    {".jpg", ".jpeg", ".jpe", ".jfif", ".mpo", ".png", ".bmp", ".webp", ".tif", ".tiff", ".gif", ".jp2", ".avif"}
    | {".heic", ".heif"}
)
"""How the names of pictures end, in lower case."""

PHOTOS_MISSING = "HEIC pictures need the extra `photos` (pillow-heif); without it save the picture as JPEG"

_HEIF_BRANDS = frozenset({b"heic", b"heix", b"hevc", b"heim", b"heis", b"mif1", b"msf1"})
"""What an ISO media file calls itself (ISO/IEC 23008-12) if it holds a picture coded by HEVC, as phones write it."""

_AVIF_BRANDS = frozenset({b"avif", b"avis"})

PROPERTIES_BYTES = 4096
"""A picture's properties stand before its data, at the begin of the file."""

_MARKER_IN_SCAN = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]", re.DOTALL)
"""What ends a scan of a JPEG: any marker but a stuffed zero and the restart markers (ITU T.81, B.1.1.2)."""


def read_picture(path: Path) -> Image:
    """Decode a picture, turned upright by its EXIF orientation; grey, CMYK, 16-bit and alpha become plain BGR.

    What phones hang on behind a JPEG's or PNG's end, a film or a depth map, is passed over. Of a file with several
    pictures the first is read.

    Raises:
        InputError: missing, empty, truncated, too large or no picture; says which.
    """
    trouble = why_no_input(path)
    if trouble is not None:
        raise InputError(f"{path}: cannot be read ({trouble})")
    try:
        data = path.read_bytes()
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror})") from error
    if not data:
        raise InputError(f"{path}: is empty; copy the picture again")
    data = _first_picture(path, data)
    brand = _brand(data)
    if brand in _HEIF_BRANDS:
        return _read_heif(path, data)
    try:
        image = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    except cv2.error as error:
        cause = "has too many pixels" if "CV_IO_MAX_IMAGE" in str(error) else "cannot be decoded"
        raise InputError(f"{path}: {cause}; save it smaller, as JPEG or PNG") from error
    if image is None:
        raise InputError(f"{path}: is not a picture that can be decoded; save it as JPEG or PNG")
    if brand in _AVIF_BRANDS:
        image = _turned(image, data)
    return np.asarray(image, np.uint8)


def find_pictures(path: Path) -> list[Path]:
    """The file itself, or every picture below the folder, in the order of their names.

    Raises:
        InputError: if the path does not exist, or the folder may not be read or contains no picture.
    """
    trouble = why_no_input(path)
    if trouble is not None:
        raise InputError(f"{path}: {trouble}")
    if not path.is_dir():
        return [path]
    if not _may_list(path):
        raise InputError(f"{path}: cannot be read (Permission denied); give this user the right to the folder")
    found = pictures_below(path)
    if not found:
        raise InputError(f"{path}: contains no picture ({', '.join(sorted(SUFFIXES))})")
    return found


def pictures_below(folder: Path) -> list[Path]:
    """Every picture below a folder, in the order of their names.

    What is passed over is counted in the log: files of other kinds, macOS's `._` files, which carry a picture's name
    and hold none, and folders that may not be read.
    """
    below = sorted(folder.rglob("*"))
    # Path.is_file and is_dir raise in a folder that is closed.
    files = [path for path in below if os.path.isfile(path)]  # noqa: PTH113
    found = [file for file in files if file.suffix.lower() in SUFFIXES and not file.name.startswith("._")]
    passed_over = Counter(_kind(file) for file in set(files).difference(found))
    passed_over["folders without rights"] = sum(os.path.isdir(path) and not _may_list(path) for path in below)  # noqa: PTH112
    passed_over = +passed_over
    if passed_over:
        counted = ", ".join(f"{count} {kind}" for kind, count in sorted(passed_over.items()))
        log.warning("folder=%s pictures=%d passed_over=%r", folder, len(found), counted)
    return found


def write_jpeg(path: Path, image: Image) -> None:
    """Write a BGR picture as JPEG, under any name that the file system allows.

    Raises:
        OSError: if it cannot be written.
    """
    # cv2.imwrite ends the process at a name that is no UTF-8.
    path.write_bytes(cv2.imencode(".jpg", image)[1].tobytes())


def jpeg_length(data: bytes | bytearray) -> int | None:
    """How many bytes the JPEG picture has that `data` begins with (ITU T.81, annex B); None if its end is missing.

    Raises:
        ValueError: if the data is not a JPEG, or damaged.
    """
    if data[:2] != b"\xff\xd8":
        raise ValueError("is not a JPEG")
    at = 2
    while at + 2 <= len(data):
        if data[at] != 0xFF:
            raise ValueError(f"no marker at byte {at}")
        marker = data[at + 1]
        if marker == 0xD9:
            return at + 2
        if marker == 0xFF:  # a fill byte
            at += 1
        elif marker == 0x01 or 0xD0 <= marker <= 0xD8:
            at += 2
        else:
            at += 2 + int.from_bytes(data[at + 2 : at + 4], "big")
            if marker == 0xDA:  # a scan has no length; it ends at the next marker
                found = _MARKER_IN_SCAN.search(data, at)
                at = found.start() if found else len(data)
    return None


def _first_picture(path: Path, data: bytes) -> bytes:
    """A JPEG or PNG without what follows its end; decoders would fill what is missing with grey and say nothing.

    Raises:
        InputError: if the end is missing.
    """
    try:
        if data.startswith(b"\xff\xd8"):
            length = jpeg_length(data)
        elif data.startswith(b"\x89PNG"):
            length = _png_length(data)
        else:
            return data
    except ValueError as error:
        raise InputError(f"{path}: is damaged ({error}); copy the picture again") from error
    if length is None:
        raise InputError(f"{path}: is truncated; copy the picture again")
    return data[:length]


def _png_length(data: bytes) -> int | None:
    """Bytes up to the end of the IEND chunk (PNG specification, 5.3); None if it is missing."""
    at = 8
    while at + 12 <= len(data):
        kind = data[at + 4 : at + 8]
        at += 12 + int.from_bytes(data[at : at + 4], "big")
        if kind == b"IEND":
            return at if at <= len(data) else None
    return None


def _brand(data: bytes) -> bytes | None:
    return data[8:12] if data[4:8] == b"ftyp" else None


def _read_heif(path: Path, data: bytes) -> Image:
    try:
        from pillow_heif import open_heif
    except ImportError as error:
        raise InputError(f"{path}: {PHOTOS_MISSING}") from error
    try:
        # It turns the picture upright by itself.
        picture = open_heif(io.BytesIO(data), convert_hdr_to_8bit=True, bgr_mode=True)
        pixels = np.asarray(picture)
    except (ValueError, EOFError, OSError, RuntimeError) as error:
        raise InputError(f"{path}: cannot be decoded ({error}); save it as JPEG") from error
    return np.ascontiguousarray(pixels[..., :3], np.uint8)


def _turned(image: np.ndarray, data: bytes) -> np.ndarray:
    """An AVIF picture upright: OpenCV leaves its turn and mirror properties to others.

    `irot` counts quarter turns anticlockwise in its lowest two bits, `imir` says in its lowest bit whether top and
    bottom (0) or left and right (1) change places, after the turn (ISO/IEC 23008-12, 6.5.10 and 6.5.12).
    """
    turn, mirror = data.find(b"irot", 0, PROPERTIES_BYTES), data.find(b"imir", 0, PROPERTIES_BYTES)
    if turn >= 0:
        image = np.rot90(image, data[turn + 4] & 3)
    if mirror >= 0:
        image = image[:, ::-1] if data[mirror + 4] & 1 else image[::-1]
    return np.ascontiguousarray(image)


def _may_list(folder: Path) -> bool:
    """Whether this user may see what a folder contains; listing one that is closed finds nothing, and says nothing."""
    return os.access(folder, os.R_OK | os.X_OK, effective_ids=True)


def _kind(file: Path) -> str:
    if file.name.startswith("._"):
        return "._ (macOS)"
    return file.suffix.lower() or "without an ending"
