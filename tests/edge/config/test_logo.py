"""The owner's logo: a picture, small, or one clear error."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from edge.config.logo import MAX_BYTES, read_logo
from edge.errors import ConfigError

SVG = b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 2 1"><rect width="2" height="1"/></svg>'
PICTURE = np.zeros((8, 16, 3), np.uint8)


@pytest.mark.parametrize(
    ("ending", "media_type"), [("png", "image/png"), ("jpg", "image/jpeg"), ("webp", "image/webp")]
)
def test_pictures_are_taken(ending: str, media_type: str, tmp_path: Path) -> None:
    """By their content; a wrong ending of the name does no harm."""
    content = cv2.imencode(f".{ending}", PICTURE)[1].tobytes()
    path = tmp_path / "logo.gif"
    path.write_bytes(content)
    logo = read_logo(path)
    assert (logo.content, logo.media_type) == (content, media_type)


@pytest.mark.parametrize("before", [b"", b"\xef\xbb\xbf", b'<?xml version="1.0"?>\n<!-- made by hand -->\n'])
def test_svg_files_are_taken(before: bytes, tmp_path: Path) -> None:
    """As programs write them."""
    path = tmp_path / "logo.svg"
    path.write_bytes(before + SVG)
    assert read_logo(path).media_type == "image/svg+xml"


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "is no logo; expected a PNG, JPEG, WebP or SVG file"),
        (b"GIF89a", "is no logo; expected a PNG, JPEG, WebP or SVG file"),
        (cv2.imencode(".png", PICTURE)[1].tobytes()[:40], "is truncated; copy the picture again"),
        (SVG[:-6], "is no SVG file that a browser can show"),
        (SVG.replace(b' xmlns="http://www.w3.org/2000/svg"', b""), "its first element must be <svg xmlns="),
        (b"<html></html>", "its first element must be <svg xmlns="),
        (b"\x89PNG\r\n\x1a\n" + bytes(MAX_BYTES), "is larger than 512 kB; save the logo in a smaller size"),
    ],
    ids=["empty", "gif", "truncated", "broken-svg", "no-namespace", "html", "large"],
)
def test_anything_else_is_refused(content: bytes, told: str, tmp_path: Path) -> None:
    """One line that names the file, what is wrong, and what to do."""
    path = tmp_path / "logo.png"
    path.write_bytes(content)
    with pytest.raises(ConfigError) as refused:
        read_logo(path)
    assert str(refused.value).startswith(f"{path}: ")
    assert told in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    """A folder, too."""
    for path, cause in ((tmp_path / "none.png", "No such file or directory"), (tmp_path, "Is a directory")):
        with pytest.raises(ConfigError, match=rf"cannot be read \({cause}\); name a file that the kiosk may read"):
            read_logo(path)
