"""The words of the pages and reports for staff, in each language.

In the program they stand in English, marked for `docs/write_catalogue.py`: `_("Log out")` where `_` is a language's
`Words`, or `mark("Log out")` where the language is not known yet. The translations lie in `pages/`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from edge.languages.gettext_file import Entry, read_file
from edge.languages.language import LANGUAGES, Language

FOLDER = Path(__file__).parent / "pages"


@dataclass(frozen=True, slots=True)
class Words:
    """The words in one language.

    Attributes:
        language: which it is.
        entries: every text, with its translation; English has none.
        form: which form of a plural goes with a number.
    """

    language: Language
    entries: Sequence[Entry] = ()
    form: Callable[[int], int] = lambda n: int(n != 1)
    _found: Mapping[str, Sequence[str]] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        found = {entry.text: entry.forms for entry in self.entries if entry.is_translated}
        object.__setattr__(self, "_found", found)

    def __call__(self, text: str, /, **values: object) -> str:
        """The text in this language, with values for its `{names}`; in English where it has no translation."""
        return fill(self._found.get(text, [text])[0], values)

    def many(self, one: str, many: str, n: int, /, **values: object) -> str:
        """The form that goes with the number `n`, which the text may name as `{n}`."""
        return fill(self._found.get(one, [one, many])[self.form(n)], {"n": n, **values})


def mark(text: str) -> str:
    """A text that is translated where it is shown."""
    return text


def fill(text: str, values: Mapping[str, object]) -> str:
    """Put values in the place of their `{names}`."""
    return re.sub(r"\{(\w+)\}", lambda name: str(values.get(name[1], name[0])), text)


@lru_cache
def words_in(language: Language) -> Words:
    """The words in a language; English is what the program itself holds."""
    path = FOLDER / f"{language}.po"
    if language == "en" or not path.exists():
        return Words(language)
    found = read_file(path.read_text(encoding="utf-8"))
    return Words(language, found.entries, found.form)


@lru_cache
def offered() -> tuple[Language, ...]:
    """The languages that pages may have: those in which no text lacks its translation."""
    return tuple(language for language in LANGUAGES if language == "en" or _is_complete(words_in(language)))


def offered_words(language: Language) -> Words:
    """The words in a language; in English if that is not offered."""
    return words_in(language if language in offered() else "en")


def _is_complete(words: Words) -> bool:
    return bool(words.entries) and all(entry.is_translated for entry in words.entries)
