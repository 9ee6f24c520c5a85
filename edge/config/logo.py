"""The owner's logo on the door screen: a file that is a picture, and small."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree as ET

from edge.errors import ConfigError, InputError
from edge.pictures import read_picture

MAX_BYTES = 512 * 2**10
"""A logo of print quality is smaller; a photograph is not meant."""

_BEGINNINGS = {b"\x89PNG\r\n\x1a\n": "image/png", b"\xff\xd8\xff": "image/jpeg"}

_SVG = "{http://www.w3.org/2000/svg}svg"


@dataclass(frozen=True, slots=True)
class Logo:
    """A file's content, and what kind of picture it is."""

    content: bytes
    media_type: str


def read_logo(path: Path) -> Logo:
    """Read a PNG, JPEG, WebP or SVG file.

    Raises:
        ConfigError: if it is missing, too large or no such picture; says which, and what to do.
    """
    try:
        if path.stat().st_size > MAX_BYTES:
            raise ConfigError(f"{path}: is larger than {MAX_BYTES // 1024} kB; save the logo in a smaller size")
        content = path.read_bytes()
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read ({error.strerror}); name a file that the kiosk may read") from error
    if content.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
        _check_svg(path, content)
        return Logo(content, "image/svg+xml")
    media_type = _media_type(content)
    if media_type is None:
        raise ConfigError(f"{path}: is no logo; expected a PNG, JPEG, WebP or SVG file")
    try:
        read_picture(path)
    except InputError as error:
        raise ConfigError(str(error)) from error
    return Logo(content, media_type)


def _media_type(content: bytes) -> str | None:
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return "image/webp"
    return next((kind for beginning, kind in _BEGINNINGS.items() if content.startswith(beginning)), None)


def _check_svg(path: Path, content: bytes) -> None:
    """A browser shows an SVG file only if it is well-formed and names its namespace.

    Raises:
        ConfigError: if it would not.
    """
    try:
        root = ET.fromstring(content)  # noqa: S314 (of the kiosk's owner, and small)
    except ET.ParseError as error:
        raise ConfigError(f"{path}: is no SVG file that a browser can show ({error}); export it again") from error
    if root.tag != _SVG:
        raise ConfigError(f'{path}: is no SVG file; its first element must be <svg xmlns="http://www.w3.org/2000/svg">')
