"""Puts notices into words: the kiosk's name, what happened in the door's language, the time on the wall."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, tzinfo

from edge.languages.catalogue import translate
from edge.languages.language import Language
from edge.languages.messages import TOLD
from edge.notify.notice import Notice

MOST_LINES = 20
"""Notices that a summary names; of more it says how many there are."""


def sentence(notice: Notice, language: Language) -> str:
    """What happened, in a few words."""
    return translate(TOLD["over" if notice.is_over else notice.rule], language)


def local_time(at: datetime, zone: tzinfo | None = None) -> str:
    """As on the wall, with its zone; None for this machine's."""
    return f"{at.astimezone(zone):%Y-%m-%d %H:%M:%S %Z}"


def words(notices: Sequence[Notice], kiosk: str, language: Language, zone: tzinfo | None = None) -> tuple[str, str]:
    """Title and text of a message that tells of one thing or of several."""
    if len(notices) == 1:
        only = notices[0]
        title = sentence(only, language)
        lines = [only.detail, local_time(only.at, zone)]
    else:
        title = f"{translate(TOLD['summary'], language)}: {len(notices)}"
        lines = [_line(notice, language, zone) for notice in notices[-MOST_LINES:]]
        left_out = len(notices) - len(lines)
        lines = [f"+ {left_out}"] * bool(left_out) + lines
    return f"{kiosk}: {title}", "\n".join(line for line in (*lines, kiosk) if line)


def test_words(kiosk: str, language: Language, at: datetime, zone: tzinfo | None) -> tuple[str, str]:
    """Title and text of a test message."""
    title = translate(TOLD["test"], language)
    return f"{kiosk}: {title}", f"{title}\n{local_time(at, zone)}\n{kiosk}"


def _line(notice: Notice, language: Language, zone: tzinfo | None) -> str:
    detail = f" ({notice.detail})" if notice.detail else ""
    return f"{local_time(notice.at, zone)}: {sentence(notice, language)}{detail}"
