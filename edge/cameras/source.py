"""What a source string names: a camera, a stream, a clip, a folder of pictures, or the demo."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from difflib import get_close_matches
from enum import StrEnum
from pathlib import Path
from urllib.parse import urlsplit

from edge.errors import UsageError
from edge.host.addresses import public_name

EXPECTED = "expected picamera, picamera:N, usb:N, /dev/video..., rtsp(s)://..., http(s)://..., demo, a file or a folder"

SCHEMES = ("rtsp", "rtsps", "http", "https", "rtmp", "rtmps")
"""Protocols of network cameras."""

_URL_LIKE = re.compile(rf"({'|'.join(SCHEMES)}):(?!//)", re.IGNORECASE)

_VIDEO_NODE = re.compile(r"/dev/video(\d+)")


class Kind(StrEnum):
    """How a source is opened."""

    DEMO = "demo"
    PI = "picamera"
    USB = "usb"
    NETWORK = "network"
    PATH = "path"


@dataclass(frozen=True, slots=True)
class Source:
    """A source that can be opened.

    Attributes:
        kind: how.
        name: what messages call it; without a password.
        number: of the camera module, or of /dev/videoN; None for a USB camera that is named by a path.
        path: of a file, a folder or a device; None for the others.
        url: of a network camera; it may hold a password and so is never printed.
    """

    kind: Kind
    name: str
    number: int | None = None
    path: Path | None = None
    url: str | None = field(default=None, repr=False)

    def __str__(self) -> str:
        return self.name

    @property
    def address(self) -> str:
        """What `parse_source` makes the same source of. With a password, if there is one: for opening and keeping."""
        return self.url or self.name

    @property
    def is_live(self) -> bool:
        """Whether it is a camera, which has no end, rather than a clip, a folder or the demo."""
        return self.kind in (Kind.PI, Kind.USB, Kind.NETWORK)


def parse_source(text: str) -> Source:
    """Understand a source as people write it; nothing is opened or looked for.

    Raises:
        UsageError: if it can be none; says what was expected, and what may have been meant.
    """
    text = text.strip()
    if text == "demo":
        return Source(Kind.DEMO, text)
    if "://" in text:
        return _network(text)
    kind, colon, number = text.partition(":")
    if kind.lower() in (Kind.PI, Kind.USB) and (colon or kind.lower() == Kind.PI):
        return _numbered(text, Kind(kind.lower()), number)
    if text.startswith("/dev/"):
        return _device(text)
    if text.isdigit() or kind.lower() == Kind.USB:
        raise UsageError(
            f"source {public_name(text)!r}: a USB camera is called usb:{number or text if text.isdigit() else 0}"
        )
    if not text:
        raise UsageError(f"source is empty; {EXPECTED}")
    if _URL_LIKE.match(text):
        raise UsageError(f"source {kind}:...: an address has two slashes after the colon; {EXPECTED}")
    return Source(Kind.PATH, text, path=_path(text))


def _numbered(text: str, kind: Kind, number: str) -> Source:
    if kind is Kind.PI and not number:
        number = "0"
    if not number.isdecimal() or not number.isascii():
        raise UsageError(f"source {public_name(text)!r}: expected a number, such as {kind}:0")
    return Source(kind, f"{kind}:{int(number)}" if text != kind else text, number=int(number))


def _device(text: str) -> Source:
    """A device by its node, or by a link that stays the same whatever is plugged in first."""
    node = _VIDEO_NODE.fullmatch(text)
    if node:
        return Source(Kind.USB, f"usb:{int(node[1])}", number=int(node[1]))
    if text.startswith(("/dev/v4l/by-id/", "/dev/v4l/by-path/")):
        return Source(Kind.USB, text, path=Path(text))
    raise UsageError(
        f"source {public_name(text)!r}: not a camera; expected /dev/videoN, /dev/v4l/by-id/... or /dev/v4l/by-path/..."
    )


def _network(text: str) -> Source:
    scheme, _, rest = text.partition("://")
    if scheme.lower() == "file":
        return Source(Kind.PATH, rest, path=_path(rest))
    if scheme.lower() not in SCHEMES:
        near = " or ".join(f"{one}://" for one in sorted(get_close_matches(scheme.lower(), SCHEMES, n=3)))
        hint = f"did you mean {near}?" if near else f"expected one of {', '.join(SCHEMES)}"
        raise UsageError(f"source {scheme}://...: not a camera protocol; {hint}")
    url = f"{scheme.lower()}://{rest}"
    try:
        host, _ = urlsplit(url).hostname, urlsplit(url).port
    except ValueError as error:
        # The error's own words may hold a part of the password.
        hint = "write / ? # @ in a password as %2F %3F %23 %40"
        raise UsageError(f"source {scheme.lower()}://...: is not an address; {hint}") from error
    if not host:
        raise UsageError(f"source {scheme.lower()}://...: names no host; expected {scheme.lower()}://HOST[:PORT]/PATH")
    return Source(Kind.NETWORK, public_name(url), url=url)


def _path(text: str) -> Path:
    try:
        return Path(text).expanduser()
    except RuntimeError as error:
        raise UsageError(
            f"source {public_name(text)!r}: nobody here has the home {text.partition('/')[0]}; write the folder out"
        ) from error
