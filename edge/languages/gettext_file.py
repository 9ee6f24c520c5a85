"""Reads gettext's files of translations as they are: small, and never older than a compiled file could be.

The reader knows what our files hold: comments, contexts, texts, plural forms. How a plural is chosen stands in a file's
header, and is computed by the standard library.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from gettext import c2py

_LINE = re.compile(r'(?:(msgctxt|msgid_plural|msgid|msgstr(?:\[\d\])?) )?(".*")')
_PLURAL = re.compile(r"nplurals=\d+; *plural=([^;]+);")


@dataclass(frozen=True, slots=True)
class Entry:
    """A text and its translation.

    Attributes:
        context: where the text stands; empty if that needs no saying.
        text: in English.
        plural: in English, for many; empty where the text has none.
        forms: the translation; several where there is a plural, empty ones where it is not translated.
        places: the files that the text is in.
    """

    context: str
    text: str
    plural: str
    forms: Sequence[str]
    places: Sequence[str]

    @property
    def is_translated(self) -> bool:
        """Whether every form is there."""
        return bool(self.forms) and all(self.forms)


@dataclass(frozen=True, slots=True)
class GettextFile:
    """A file's texts, and the rule that says which form of a plural goes with a number."""

    entries: Sequence[Entry]
    form: Callable[[int], int]


def read_file(content: str) -> GettextFile:
    """Read the text of a file.

    Raises:
        ValueError: if a line is none of such a file.
    """
    entries = [_entry(part) for part in re.split(r"\n\s*\n", content)]
    # The entry without an id is the file's header.
    header = next((entry.forms[0] for entry in entries if not entry.text and entry.forms), "")
    rule = _PLURAL.search(header)
    return GettextFile([entry for entry in entries if entry.text], c2py(rule[1] if rule else "0"))


def _entry(content: str) -> Entry:
    parts: dict[str, str] = {}
    places: list[str] = []
    keyword = ""
    for line in content.splitlines():
        if line.startswith("#"):
            places += line.removeprefix("#:").split() if line.startswith("#:") else []
            continue
        found = _LINE.fullmatch(line)
        keyword = (found and found[1]) or keyword
        if not found or not keyword:
            raise ValueError(f"expected a line of a gettext file, received {line!r}")
        # The escapes of these files are among JSON's.
        parts[keyword] = parts.get(keyword, "") + json.loads(found[2])
    forms = [text for name, text in parts.items() if name.startswith("msgstr")]
    return Entry(parts.get("msgctxt", ""), parts.get("msgid", ""), parts.get("msgid_plural", ""), forms, places)
