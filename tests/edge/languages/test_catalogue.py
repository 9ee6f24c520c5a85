"""Every text in every language, and the files that hold them."""

from __future__ import annotations

import re
import unicodedata

import pytest
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po as read_with_babel

from docs.write_catalogue import template, updated
from edge.languages.catalogue import FOLDER, read_po, translate
from edge.languages.language import LANGUAGES, RIGHT_TO_LEFT, Language
from edge.languages.messages import DOOR, SPOKEN, TOLD, Message

MESSAGES = (*DOOR.values(), *SPOKEN.values(), *TOLD.values())
OTHERS = tuple(language for language in LANGUAGES if language != "en")

SCRIPTS = {
    "ar": "ARABIC",
    "hi": "DEVANAGARI",
    "ja": "CJK|HIRAGANA|KATAKANA|FULLWIDTH|IDEOGRAPHIC",
    "ko": "HANGUL",
    "zh": "CJK|FULLWIDTH|IDEOGRAPHIC",
}
"""What the names of the letters begin with where they are not Latin ones."""

ENDS = {"hi": "।", "ja": "。", "zh": "。"}
"""How a sentence ends, where not with a full stop."""


def file_of(language: Language) -> str:
    return (FOLDER / f"{language}.po").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def texts() -> Catalog:
    """As they stand in the program now."""
    return template()


@pytest.mark.parametrize("language", OTHERS)
def test_the_file_holds_every_text_of_the_program(language: Language, texts: Catalog) -> None:
    """It is what its script writes, in full: run `python docs/write_catalogue.py`, then translate what is new."""
    assert updated(language, texts) == file_of(language)
    found = read_po(file_of(language))
    assert found.keys() == {*MESSAGES}, "a text is not translated"
    with (FOLDER / f"{language}.po").open("rb") as file:
        known = read_with_babel(file, locale=language)
    assert {Message(str(one.context), str(one.id)): one.string for one in known if one.id} == found
    assert not known.obsolete
    assert not any(one.fuzzy for one in known if one.id)


@pytest.mark.parametrize("language", LANGUAGES)
def test_texts_are_written_as_the_language_writes(language: Language) -> None:
    """In its own letters, composed, without stray blanks or marks; spoken ones alone end as sentences do."""
    for message in MESSAGES:
        text = translate(message, language)
        assert text == unicodedata.normalize("NFC", text.strip()), text
        assert not re.search(r"[{}<>%]|\s\s|['\"]| [,.:;!?]", text), text
        # Standards are printed so on every mask.
        letters = [letter for letter in re.sub("FFP2|N95", "", text) if letter.isalpha()]
        assert letters
        assert all(re.match(SCRIPTS.get(language, "LATIN"), unicodedata.name(letter)) for letter in letters), text
        assert text.endswith(ENDS.get(language, ".")) is (message.context == "spoken"), text
        if language in ("ja", "zh"):
            assert not re.search("[ ,.:]", text), text
        if language == "fr":
            assert not re.search("(?<!\N{NO-BREAK SPACE})[:;!?]", text), text


@pytest.mark.parametrize("messages", [DOOR, SPOKEN, TOLD], ids=["door", "spoken", "told"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_no_two_states_are_told_alike(messages: dict[str, Message], language: Language) -> None:
    """Whoever reads or hears a text knows which state is meant, and that in the right language."""
    told = [translate(text, language) for text in messages.values()]
    assert len({*told}) == len(told)
    english = {text.text for text in messages.values()}
    assert (english == {*told}) is (language == "en")


def test_right_to_left_languages_are_known() -> None:
    """Those whose letters run so, and no other."""
    for language in LANGUAGES:
        runs = {unicodedata.bidirectional(letter) for letter in translate(DOOR["idle"], language)}
        assert (language in RIGHT_TO_LEFT) is bool(runs & {"R", "AL"})


def test_a_text_without_translation_stays_english() -> None:
    """The screen is never empty."""
    assert translate(Message("door screen", "Mind the step"), "de") == "Mind the step"


def test_the_reader_takes_what_translators_programs_write() -> None:
    """Lines that are broken, escapes, comments, texts without a context or without a translation, and old ones."""
    content = (
        '# note\nmsgid ""\nmsgstr ""\n"Language: xx\\n"\n\n'
        '#: a.py\n#, python-format\nmsgctxt "door"\nmsgid ""\n"one "\n"two"\nmsgstr "\\"eins\\"\\t"\n"zwei\\\\"\n\n'
        'msgid "three"\nmsgstr ""\n \nmsgid "four"\nmsgstr "vier"\n\n#~ msgid "gone"\n#~ msgstr "fort"\n'
    )
    assert read_po(content) == {Message("door", "one two"): '"eins"\tzwei\\', Message("", "four"): "vier"}


@pytest.mark.parametrize("line", ["msgid one", '"one"', 'msgid_many "ones"', 'msgid "one'])
def test_the_reader_refuses_what_it_does_not_know(line: str) -> None:
    """Rather than lose a text."""
    with pytest.raises(ValueError, match="expected a line of a gettext file, received"):
        read_po(line)
