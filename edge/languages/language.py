"""The languages that the kiosk speaks at the door."""

from __future__ import annotations

from typing import Literal, get_args

Language = Literal["en", "ar", "fr", "de", "es", "zh", "it", "pt", "nl", "pl", "tr", "hi", "ja", "ko"]
"""By its code (BCP 47); zh is written in simplified characters."""

LANGUAGES: tuple[Language, ...] = get_args(Language)

RIGHT_TO_LEFT: frozenset[Language] = frozenset({"ar"})
