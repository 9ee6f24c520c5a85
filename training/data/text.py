"""The text of annotation files, as editors and tools of every country save it."""

from __future__ import annotations

import codecs
import re
from pathlib import Path

from edge.errors import InputError

_MARKS = {
    codecs.BOM_UTF8: "utf-8",
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
"""Byte order marks, the longer ones before those that they begin with (Unicode Standard, 23.8)."""

_DECLARATION = re.compile(r"\s*<\?xml[^>]*?(?:encoding\s*=\s*[\"']([\w.:-]+)[\"'][^>]*?)?\?>")


def read_text(path: Path, *, errors: str = "strict") -> str:
    """A file's text: by its byte order mark, else as UTF-8.

    Args:
        path: the file.
        errors: what becomes of bytes that are no text; see `bytes.decode`.

    Raises:
        InputError: if it cannot be read, or is no such text.
    """
    return _decoded(path, _bytes(path), "utf-8", errors)


def read_xml(path: Path) -> str:
    """An XML file's text without its declaration: by its byte order mark, else as it declares, else as UTF-8.

    Python's own parser knows but few of the encodings that tools write, and believes a declaration more than a mark.

    Raises:
        InputError: if it cannot be read, or is not the text that it says it is.
    """
    data = _bytes(path)
    found = _DECLARATION.match(data[:200].replace(b"\0", b"").decode("latin-1"))
    declared = found[1] if found and found[1] else "utf-8"
    if declared.lower().replace("-", "").startswith("utf16") and b"\0" in data[:2]:
        declared = "utf-16-le" if data[1:2] == b"\0" else "utf-16-be"
    text = _decoded(path, data, declared, "strict")
    begin = _DECLARATION.match(text)
    return text[begin.end() :] if begin else text


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror})") from error


def _decoded(path: Path, data: bytes, encoding: str, errors: str) -> str:
    for mark, marked in _MARKS.items():
        if data.startswith(mark):
            encoding = marked
            break
    try:
        return data.decode(encoding, errors).removeprefix("\ufeff")
    except (UnicodeDecodeError, LookupError) as error:
        raise InputError(f"{path}: is not text in {encoding.upper()} ({error}); save it in UTF-8") from error
