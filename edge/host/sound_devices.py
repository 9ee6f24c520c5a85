"""What may be named as a sound device: a sound card, or a name that the system's own ALSA configuration explains."""

from __future__ import annotations

import re

_WORD = r"[A-Za-z0-9_-]{1,40}"
_VALUE = rf"([A-Z]{{1,10}}=)?{_WORD}"
_NAME = re.compile(rf"{_WORD}|(default|sysdefault|hw|plughw|dmix|front|hdmi|iec958):{_VALUE}(,{_VALUE}){{0,3}}")

EXPECTED = "expected the name of one, such as default or plughw:CARD=Headphones; `aplay -L` lists them"


def is_sound_device(name: str) -> bool:
    """Whether a name is that of a device, and no more.

    ALSA takes whole plug-ins for names, with what they are to do: `file` writes to any file, and runs any command
    (alsa-lib, "PCM (digital audio) plugins", file).
    """
    return _NAME.fullmatch(name) is not None
