"""Where a prompt's sound lies: the operator's own file, or the one that Maskgate ships."""

from __future__ import annotations

from pathlib import Path

SHIPPED = Path(__file__).parent / "sounds"

SUFFIXES = (".wav", ".flac", ".ogg", ".opus")
"""What an own file may be; the first that is there counts."""


def find_sound(prompt: str, language: str, folder: Path | None) -> Path | None:
    """The file that says `prompt` in a language; None if there is none.

    Args:
        folder: the operator's own sounds, as `LANGUAGE/PROMPT.wav`; None for the shipped ones alone.
    """
    for place in (folder, SHIPPED):
        if place is not None:
            names = (place / language / f"{prompt}{suffix}" for suffix in SUFFIXES)
            found = next((name for name in names if name.is_file()), None)
            if found is not None:
                return found
    return None
