"""The letters of the door's languages, on a monitor of the kiosk itself."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from edge.doctor.finding import Level
from edge.doctor.fonts import look_at_fonts


@pytest.mark.parametrize(
    ("languages", "there", "found", "remedy"),
    [
        (["en", "hi"], {":lang=en", ":lang=hi"}, "for en, hi", ""),
        (["de", "hi"], {":lang=de"}, "no letters for hi", "sudo apt install fontconfig fonts-noto-core"),
        (["zh", "ko"], {":lang=zh-cn"}, "no letters for ko", "sudo apt install fontconfig fonts-noto-cjk"),
        (["en", "ja"], None, "no letters for en, ja", "sudo apt install fontconfig fonts-noto-cjk fonts-noto-core"),
    ],
)
def test_a_language_without_a_font_is_named(
    languages: list[str], there: set[str] | None, found: str, remedy: str
) -> None:
    """With the packages that have its letters; so it is where fontconfig itself is missing."""

    def ask(command: Sequence[str]) -> str | None:
        assert (command[0], command[2]) == ("fc-list", "family")
        return None if there is None else "Noto Sans" if command[1] in there else ""

    finding = look_at_fonts(languages, ask=ask)
    assert found in finding.text
    assert (finding.level is Level.OK) == (not remedy)
    assert finding.remedy == remedy
