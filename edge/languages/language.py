"""The languages that the kiosk speaks at the door."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, get_args

Language = Literal["en", "ar", "fr", "de", "es", "zh", "it", "pt", "nl", "pl", "tr", "hi", "ja", "ko"]
"""By its code (BCP 47); zh is written in simplified characters."""

LANGUAGES: tuple[Language, ...] = get_args(Language)

RIGHT_TO_LEFT: frozenset[Language] = frozenset({"ar"})

NAMES: Mapping[Language, str] = {
    "en": "English",
    "ar": "العربية",
    "fr": "Français",
    "de": "Deutsch",
    "es": "Español",
    "zh": "简体中文",
    "it": "Italiano",
    "pt": "Português",
    "nl": "Nederlands",
    "pl": "Polski",
    "tr": "Türkçe",
    "hi": "हिन्दी",
    "ja": "日本語",
    "ko": "한국어",
}
"""What each calls itself."""


def direction(language: Language) -> Literal["ltr", "rtl"]:
    """As HTML's `dir` names it."""
    return "rtl" if language in RIGHT_TO_LEFT else "ltr"


_DECIMAL_COMMA: frozenset[Language] = frozenset({"fr", "de", "es", "it", "pt", "nl", "pl", "tr"})


def decimal_mark(language: Language) -> str:
    """What parts the decimals from a number (CLDR)."""
    return "," if language in _DECIMAL_COMMA else "."
