"""A text in another language, out of the gettext files of `po/`."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

from edge.languages.gettext_file import read_file
from edge.languages.language import Language
from edge.languages.messages import Message

FOLDER = Path(__file__).parent / "po"


def translate(message: Message, language: Language) -> str:
    """The text in a language; in English where that has none."""
    return _texts(language).get(message, message.text)


def read_po(content: str) -> dict[Message, str]:
    """Every translated text of a gettext file; no text at a door needs a plural.

    Raises:
        ValueError: if a line is none of such a file.
    """
    entries = read_file(content).entries
    return {Message(entry.context, entry.text): entry.forms[0] for entry in entries if entry.is_translated}


@lru_cache
def _texts(language: Language) -> Mapping[Message, str]:
    """English is what the program itself holds."""
    return {} if language == "en" else read_po((FOLDER / f"{language}.po").read_text(encoding="utf-8"))
