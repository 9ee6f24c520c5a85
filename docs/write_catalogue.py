"""Brings every language's texts up to date: `python docs/write_catalogue.py` writes edge/languages/po/*.po.

New texts are added without a translation, those that are gone are taken out. Another language: add its code to
edge/languages/language.py first.
"""

# ruff: noqa: INP001 - a script beside the files it makes, no module of a package

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

EDGE = Path(__file__).resolve().parent.parent / "edge"

KEYWORDS = {"Message": ((1, "c"), 2)}
"""Calls that hold a text: context and words."""

HEADER = "# Texts of Maskgate at the door. How they are translated: docs/door-screen.md."


def template() -> Catalog:
    """Every text of the program."""
    catalogue = Catalog(project="Maskgate", charset="utf-8")
    found = extract_from_dir(EDGE, [("**.py", "python")], keywords=KEYWORDS, comment_tags=["Translators:"])
    for name, line, text, comments, context in sorted(found, key=lambda one: one[:2]):
        catalogue.add(text, locations=[(f"edge/{name}", line)], auto_comments=comments, context=context)
    return catalogue


def updated(language: Language, texts: Catalog) -> str:
    """The text of a language's file, with every text of the program in it."""
    path = FOLDER / f"{language}.po"
    known = read_po(BytesIO(path.read_bytes() if path.exists() else b""), locale=language)
    catalogue = Catalog(locale=language, charset="utf-8", header_comment=HEADER)
    for message in texts:
        if message.id:
            before = known.get(message.id, message.context)
            catalogue.add(
                message.id,
                before.string if before else "",
                locations=message.locations,
                auto_comments=message.auto_comments,
                user_comments=before.user_comments if before else (),
                context=message.context,
            )
    written = BytesIO()
    write_po(written, catalogue, width=0, omit_header=True, include_lineno=False)
    return f"{HEADER}\n\n" + _header(language) + "\n" + written.getvalue().decode()


def _header(language: Language) -> str:
    return (
        'msgid ""\nmsgstr ""\n'
        f'"Language: {language}\\n"\n'
        '"MIME-Version: 1.0\\n"\n'
        '"Content-Type: text/plain; charset=utf-8\\n"\n'
        '"Content-Transfer-Encoding: 8bit\\n"\n'
    )


if __name__ == "__main__":
    texts = template()
    for language in LANGUAGES:
        if language != "en":
            (FOLDER / f"{language}.po").write_text(updated(language, texts), encoding="utf-8")
