"""Whether a monitor on the kiosk itself has the letters of the door's languages."""

from __future__ import annotations

from collections.abc import Sequence

from edge.doctor.finding import Finding, ok, warn
from edge.doctor.system import Ask, ask_system

CHINESE_JAPANESE_KOREAN = ("zh", "ja", "ko")

_KNOWN_AS = {"zh": "zh-cn"}
"""What fontconfig calls a language, where it is not its code."""


def look_at_fonts(languages: Sequence[str], *, ask: Ask = ask_system) -> Finding:
    """Whether there is a font for each language, as fontconfig knows them; a browser asks it, too."""
    lacking = [one for one in languages if not ask(["fc-list", f":lang={_KNOWN_AS.get(one, one)}", "family"])]
    if not lacking:
        return ok("fonts", f"for {', '.join(languages)}")
    packages = sorted({"fonts-noto-cjk" if one in CHINESE_JAPANESE_KOREAN else "fonts-noto-core" for one in lacking})
    remedy = f"sudo apt install fontconfig {' '.join(packages)}"
    return warn("fonts", f"the door screen has no letters for {', '.join(lacking)}", remedy)
