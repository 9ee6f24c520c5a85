"""Every text of the pages and reports, in every language, and the marks from which they are gathered."""

from __future__ import annotations

import re
import unicodedata
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po as read_with_babel

from docs.write_catalogue import EDGE, page_template, updated
from edge.languages.gettext_file import Entry
from edge.languages.language import LANGUAGES, RIGHT_TO_LEFT, Language, direction
from edge.languages.words import FOLDER, Words, offered, offered_words, words_in
from edge.web.scripted import COUNTED, TOLD
from edge.web.told import HINDSIGHT, LIGHT, LIMITS, REFUSALS
from edge.web.told import texts as told_elsewhere
from tests.edge.languages.test_catalogue import SCRIPTS

OTHERS = tuple(language for language in LANGUAGES if language != "en")

SCRIPT_MARK = re.compile(r'(?<![\w.])_n?\(\s*("(?:[^"\\\n]|\\.)*")?')
"""A call in a script, and the text it begins with."""

ENDS = "?\N{FULLWIDTH QUESTION MARK}\N{ARABIC QUESTION MARK}\N{HORIZONTAL ELLIPSIS}"

NAMES = re.compile(r"\{\w+\}")


@pytest.fixture(scope="module")
def texts() -> Catalog:
    """As they stand in the program now."""
    return page_template()


@pytest.mark.parametrize("language", OTHERS)
def test_the_file_holds_every_text_of_the_program(language: Language, texts: Catalog) -> None:
    """It is what its script writes, read as babel reads it: run `python docs/write_catalogue.py`."""
    content = (FOLDER / f"{language}.po").read_text(encoding="utf-8")
    assert updated(language, texts, FOLDER) == content
    with (FOLDER / f"{language}.po").open("rb") as file:
        known = read_with_babel(file, locale=language)
    assert not known.obsolete
    assert not any(one.fuzzy for one in known if one.id)
    told = {(one.id if isinstance(one.id, str) else one.id[0]): one.string for one in known if one.id}
    found = {entry.text: tuple(entry.forms) if entry.plural else entry.forms[0] for entry in words_in(language).entries}
    assert found == told
    assert words_in(language).form(1) in range(known.num_plurals)


@pytest.mark.parametrize("language", OTHERS)
def test_every_text_is_translated(language: Language) -> None:
    """A language is offered for pages as a whole, or not at all: translate what is new."""
    assert [entry.text for entry in words_in(language).entries if not entry.is_translated] == []
    assert language in offered()


@pytest.mark.parametrize("language", OTHERS)
def test_translations_keep_what_is_put_in(language: Language) -> None:
    """Each form names the same values; the forms for one or two may leave their number out."""
    for entry in words_in(language).entries:
        for form in entry.forms:
            missing = {*NAMES.findall(entry.plural or entry.text)} - {*NAMES.findall(form)}
            assert missing <= ({"{n}"} if entry.plural and form != entry.forms[-1] else set()), form
            assert {*NAMES.findall(form)} <= {*NAMES.findall(entry.plural or entry.text)}, form


@pytest.mark.parametrize("language", OTHERS)
def test_texts_are_written_as_the_language_writes(language: Language) -> None:
    """Composed, without stray blanks; in its own letters, names and keys aside; a sentence stays one."""
    for entry in words_in(language).entries:
        for form in entry.forms:
            assert form == unicodedata.normalize("NFC", form.strip()), form
            assert not re.search(r"[ \t]{2}|[<>]", form), form
            assert entry.text[-1] not in "?…" or form[-1] in ENDS, form
            if language in SCRIPTS and _has_words(entry):
                letters = [unicodedata.name(letter) for letter in NAMES.sub("", form) if letter.isalpha()]
                assert any(re.match(SCRIPTS[language], name) for name in letters), form


def _has_words(entry: Entry) -> bool:
    """More than names, units and keys."""
    return len(re.findall("[a-z]{3}", NAMES.sub("", entry.text))) > 0


def test_every_mark_in_a_script_is_found(texts: Catalog) -> None:
    """What is not found is never translated: `_` takes a text as it stands, and is not nested in another."""
    known = {one.id if isinstance(one.id, str) else one.id[0] for one in texts if one.id}
    marks = 0
    for path in (EDGE / "web/static").glob("*.js"):
        if path.name not in ("uplot.js", "words.js"):
            for found in SCRIPT_MARK.finditer(path.read_text(encoding="utf-8")):
                assert found[1], f"{path.name}: {found[0]} names no text"
                assert found[1][1:-1].replace(r"\"", '"') in known, f"{path.name}: {found[0]} is not found"
                marks += 1
    assert marks > 150


def test_no_script_hides_the_translation() -> None:
    """A parameter that is not used is called `_` elsewhere; here it would take the place of the mark."""
    for path in (EDGE / "web/static").glob("*.js"):
        if path.name != "uplot.js":
            assert not re.search(r"(\(|, )_(, \w+)*\) =>|\b_ =>", path.read_text(encoding="utf-8")), path.name


def test_every_word_of_a_template_is_marked() -> None:
    """What people read, and what is read out to them; but for code, and the door screen, which has its own words."""
    unmarked = {}
    for path in (EDGE / "web/templates").glob("*.html"):
        if path.name != "door.html":
            unmarked[path.name] = _bare_words(path)
    assert {name: words for name, words in unmarked.items() if words} == {}


def _bare_words(path: Path) -> list[str]:
    text = re.sub(r"\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
    named = re.findall(r'(?:alt|aria-label|placeholder|title)="([^"]*[^\W\d_][^"]*)"', text)
    text = re.sub(r"<(code|kbd)\b.*?</\1>", "", text, flags=re.DOTALL)
    return [*named, *re.findall(r"[^\W\d_]+", re.sub(r"<[^>]*>", " ", text))]


def test_texts_of_the_api_are_those_of_the_program() -> None:
    """What is listed for translation is said somewhere: each part of it stands in a source, or in pydantic's."""
    sources = [path for path in EDGE.rglob("*.py") if path.name != "told.py"]
    program = "".join(path.read_text(encoding="utf-8") for path in sources)
    # Texts are broken over lines, and hold what is computed.
    program = re.sub(r'"\s*\n\s*f?"', "", program)
    listed = (*REFUSALS, *HINDSIGHT, *LIGHT)
    assert [text for text in listed if not _stands_in(program, text)] == []
    of_api = {entry.text for entry in words_in("de").entries if TOLD in entry.places}
    assert {*listed, *LIMITS, *told_elsewhere()} == of_api


def _stands_in(program: str, text: str) -> bool:
    return all(part.strip(" :;?") in program for part in re.split(r"\{\w+\}|: ", text))


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_plural_follows_from_two_digits(language: Language) -> None:
    """The scripts have the rule as a table of numbers below two hundred."""
    form = words_in(language).form
    for n in range(COUNTED, 2500):
        assert form(n) == form(COUNTED + n % COUNTED)


def test_words_are_put_in(monkeypatch: pytest.MonkeyPatch) -> None:
    """Values, plural forms, and what has no translation."""
    german = Words("de", [Entry("", "one", "many {n}", ["eins von {of}", "{n} von {of}"], ())], lambda n: int(n != 1))
    assert german.many("one", "many {n}", 1, of=5) == "eins von 5"
    assert german.many("one", "many {n}", 3, of="{n}") == "3 von {n}"
    assert german("left as {it} is {0}", it="it") == "left as it is {0}"
    assert Words("en").many("one", "many {n}", 1) == "one"
    monkeypatch.setattr("edge.languages.words.offered", lambda: ("en",))
    assert offered_words("de").language == "en"


def test_each_language_has_its_direction() -> None:
    """As its letters run."""
    assert {language for language in LANGUAGES if direction(language) == "rtl"} == RIGHT_TO_LEFT
