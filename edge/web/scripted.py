"""The words of the pages' scripts, as one small file for each language that a browser may keep."""

from __future__ import annotations

import json
import zlib
from functools import lru_cache

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from edge.languages.gettext_file import Entry
from edge.languages.language import LANGUAGES, Language
from edge.languages.words import Words, words_in
from edge.web.packed import Packed

PATH = "/words/{language}.js"

TOLD = "edge/web/told.py"
"""Where the texts of the API are listed."""

COUNTED = 100
"""In every language that we speak, a number's plural follows from whether it is below this, and from its last two
digits."""


def address_of(words: Words) -> str:
    """Where the words are; they have another address when they change. English ones stand in the scripts."""
    if words.language == "en":
        return ""
    return f"{PATH.format(language=words.language)}?{zlib.crc32(_script(words.language)):08x}"


async def show(request: Request) -> Response:
    """The words in the language that the path names."""
    asked = request.path_params["language"]
    language = next((one for one in LANGUAGES if one == asked), None)
    if language is None:
        raise HTTPException(404, "there are no words in that language")
    return _packed(language).answer(request, **{"Cache-Control": "max-age=31536000, immutable"})


@lru_cache
def _packed(language: Language) -> Packed:
    return Packed(_script(language), "text/javascript")


@lru_cache
def _script(language: Language) -> bytes:
    """A script that leaves the words where `words.js` finds them: it waits for nothing, as a JSON file would have it.

    `plural` has the digit of a number's form at its place, for 0 to 199; `patterns` are texts of the API.
    """
    words = words_in(language)
    shown = [entry for entry in words.entries if entry.is_translated and not _is_of_templates(entry)]
    told = {
        "plural": "".join(str(words.form(n)) for n in range(2 * COUNTED)),
        "texts": {entry.text: entry.forms if entry.plural else entry.forms[0] for entry in shown},
        # The longest says most about what it stands for.
        "patterns": sorted(
            (entry.text for entry in shown if TOLD in entry.places and "{" in entry.text), key=len, reverse=True
        ),
    }
    return f"globalThis.WORDS = {json.dumps(told, ensure_ascii=False, separators=(',', ':'))};\n".encode()


def _is_of_templates(entry: Entry) -> bool:
    """Whether only pages have it, and no script."""
    return all(place.endswith(".html") for place in entry.places)
