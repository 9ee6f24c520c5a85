"""Brings every language's texts up to date: `python docs/write_catalogue.py`.

It writes edge/languages/po/*.po, for people at the door, and edge/languages/pages/*.po, for staff.

New texts are added without a translation, those that are gone are taken out. Another language: add its code to
edge/languages/language.py first.
"""

# ruff: noqa: INP001, TID253 - a script beside the files it makes, no module of a package

from __future__ import annotations

import sys
from io import BytesIO
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

from edge.languages.catalogue import FOLDER
from edge.languages.language import LANGUAGES, Language
from edge.languages.words import FOLDER as PAGES
from edge.web.told import texts as told

EDGE = Path(__file__).resolve().parent.parent / "edge"

KEYWORDS = {"Message": ((1, "c"), 2)}
"""Calls that hold a text at the door: context and words."""

PAGE_KEYWORDS = {"_": None, "_n": (1, 2), "many": (1, 2), "mark": None}
"""Calls that hold a text of pages, in Python, templates and scripts."""

PAGE_FILES = [
    ("**/uplot.js", "ignore"),
    ("web/static/**.js", "javascript"),
    ("web/templates/**.html", "jinja2.ext:babel_extract"),
    ("**.py", "python"),
]

HEADER = "# Texts of Maskgate at the door. How they are translated: docs/door-screen.md."
PAGE_HEADER = "# Texts of Maskgate's pages and reports, for staff. How they are translated: CONTRIBUTING.md."


def template() -> Catalog:
    """Every text at the door."""
    catalogue = Catalog(project="Maskgate", charset="utf-8")
    found = extract_from_dir(EDGE, [("**.py", "python")], keywords=KEYWORDS, comment_tags=["Translators:"])
    for name, line, text, comments, context in sorted(found, key=lambda one: one[:2]):
        catalogue.add(text, locations=[(f"edge/{name}", line)], auto_comments=comments, context=context)
    return catalogue


def page_template() -> Catalog:
    """Every text of pages and reports."""
    catalogue = Catalog(project="Maskgate", charset="utf-8")
    # What stands in the ${} of a JavaScript text is looked through if it is asked for alone.
    options = {"web/static/**.js": {"parse_template_string": "true"}}
    found = extract_from_dir(EDGE, PAGE_FILES, options, keywords=PAGE_KEYWORDS, comment_tags=["Translators:"])
    for name, line, text, comments, _ in sorted(found, key=lambda one: one[:2]):
        catalogue.add(text, locations=[(f"edge/{name}", line)], auto_comments=comments)
    for text in told():
        catalogue.add(text, locations=[("edge/web/told.py", 0)])
    return catalogue


def updated(language: Language, texts: Catalog, folder: Path = FOLDER) -> str:
    """The text of a language's file, with every text of the program in it."""
    path = folder / f"{language}.po"
    header = HEADER if folder == FOLDER else PAGE_HEADER
    known = read_po(BytesIO(path.read_bytes() if path.exists() else b""), locale=language)
    catalogue = Catalog(locale=language, charset="utf-8", header_comment=header)
    for message in texts:
        if message.id:
            before = known.get(message.id, message.context)
            catalogue.add(
                message.id,
                before.string if before else "",
                # Without its line, a place is told once.
                locations=[(name, 0) for name in dict.fromkeys(name for name, _ in message.locations)],
                auto_comments=message.auto_comments,
                user_comments=before.user_comments if before else (),
                context=message.context,
            )
    written = BytesIO()
    write_po(written, catalogue, width=0, omit_header=True, include_lineno=False)
    plural = "" if folder == FOLDER else f'"Plural-Forms: {catalogue.plural_forms}\\n"\n'
    return f"{header}\n\n{_header(language)}{plural}\n{written.getvalue().decode()}"


def _header(language: Language) -> str:
    return (
        'msgid ""\nmsgstr ""\n'
        f'"Language: {language}\\n"\n'
        '"MIME-Version: 1.0\\n"\n'
        '"Content-Type: text/plain; charset=utf-8\\n"\n'
        '"Content-Transfer-Encoding: 8bit\\n"\n'
    )


if __name__ == "__main__":
    for folder, texts in ((FOLDER, template()), (PAGES, page_template())):
        for language in LANGUAGES:
            if language != "en":
                (folder / f"{language}.po").write_text(updated(language, texts, folder), encoding="utf-8")
