"""A text in another language, out of the gettext files of `po/`.

They are read as they are: they are small, and a compiled file could be older than its source. The reader knows what our
files hold - comments, `msgctxt`, `msgid`, `msgstr` - and no plural forms, which no text at a door needs.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

from edge.languages.language import Language
from edge.languages.messages import Message

FOLDER = Path(__file__).parent / "po"

_LINE = re.compile(r'(?:(msgctxt|msgid|msgstr) )?(".*")')


def translate(message: Message, language: Language) -> str:
    """The text in a language; in English where that has none."""
    return _texts(language).get(message, message.text)


def read_po(content: str) -> dict[Message, str]:
    """Every translated text of a gettext file.

    Raises:
        ValueError: if a line is none of such a file.
    """
    texts: dict[Message, str] = {}
    for entry in re.split(r"\n\s*\n", content):
        parts = {"msgctxt": "", "msgid": "", "msgstr": ""}
        keyword = ""
        for line in entry.splitlines():
            if line.startswith("#"):
                continue
            found = _LINE.fullmatch(line)
            keyword = (found and found[1]) or keyword
            if not found or not keyword:
                raise ValueError(f"expected a line of a gettext file, received {line!r}")
            # The escapes of these files are among JSON's.
            parts[keyword] += json.loads(found[2])
        # The entry without an id is the file's header.
        if parts["msgid"] and parts["msgstr"]:
            texts[Message(parts["msgctxt"], parts["msgid"])] = parts["msgstr"]
    return texts


@lru_cache
def _texts(language: Language) -> Mapping[Message, str]:
    """English is what the program itself holds."""
    return {} if language == "en" else read_po((FOLDER / f"{language}.po").read_text(encoding="utf-8"))
