"""Texts that are the same for everybody, sent packed to whoever can unpack them: a third of the bytes."""

from __future__ import annotations

import gzip
from dataclasses import dataclass
from functools import cached_property

from starlette.requests import Request
from starlette.responses import Response


@dataclass(frozen=True)
class Packed:
    """A text, packed once.

    Attributes:
        content: as it is.
        media_type: of HTTP.
    """

    content: bytes
    media_type: str

    @cached_property
    def packed(self) -> bytes:
        """In gzip's format."""
        return gzip.compress(self.content, mtime=0)

    def answer(self, request: Request, **headers: str) -> Response:
        """As the request takes it."""
        told = {"Vary": "Accept-Encoding", **headers}
        if "gzip" not in request.headers.get("Accept-Encoding", ""):
            return Response(self.content, headers=told, media_type=self.media_type)
        return Response(self.packed, headers=told | {"Content-Encoding": "gzip"}, media_type=self.media_type)
