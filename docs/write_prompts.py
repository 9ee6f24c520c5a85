"""Speaks every prompt of the voice in every language: `python docs/write_prompts.py` writes edge/voice/sounds/.

It needs espeak-ng (Debian: apt install espeak-ng). The program and its voices are under the GPL, version 3 or later,
which does not reach what a program puts out (GPL FAQ, gnu.org/licenses/gpl-faq.html#WhatCaseIsOutputGPL): its voices
are made by rules, without a recording of anybody. The files are Maskgate's own, under its own licence.
"""

# ruff: noqa: INP001, TID253 - a script beside the files it makes, no module of a package

from __future__ import annotations

import io
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import av

from edge.languages.catalogue import translate
from edge.languages.language import LANGUAGES, Language
from edge.languages.messages import SPOKEN
from edge.voice.announcer import PROMPTS, Prompt
from edge.voice.prompts import SHIPPED

VOICES: dict[Language, str] = {"en": "en-gb", "fr": "fr-fr", "zh": "cmn"}
"""espeak-ng's names, where they are not the language's own."""

WORDS_PER_MINUTE = 150
BITS_PER_S = 12_000

READINGS: dict[tuple[Language, Prompt], str] = {
    ("ja", "checking"): "しょうしょう おまちください。",
    ("ja", "pass"): "ありがとうございます。おはいりください。",
    ("ja", "without_mask"): "ますくを つけてください。",
    ("ja", "incorrect_mask"): "はなと くちを おおってください。",
    ("ja", "needs_respirator"): "ここでは えぬ きゅうじゅうご ますくが ひつようです。",
    ("ja", "needs_medical"): "ここでは いりょうよう ますくが ひつようです。",
    ("ja", "held_open"): "どあを しめてください。",
    ("ja", "fault"): "この どあは こしょうちゅうです。すたっふに おこえがけください。",
}
"""What is said where the program cannot read what is written: it knows no kanji."""


def speak(text: str, language: Language) -> bytes:
    """A text as a WAV file."""
    voice = VOICES.get(language, str(language))
    command = ["espeak-ng", "-v", voice, "-s", str(WORDS_PER_MINUTE), "--stdout", text]
    return subprocess.run(command, check=True, capture_output=True).stdout  # noqa: S603 - ours


def to_opus(wav: bytes) -> bytes:
    """The same as Opus in Ogg, a tenth as large."""
    made = io.BytesIO()
    with av.open(io.BytesIO(wav)) as source, av.open(made, "w", format="ogg") as target:
        stream = target.add_stream("libopus", rate=48_000, layout="mono")
        stream.bit_rate = BITS_PER_S
        for frame in source.decode(audio=0):
            target.mux(stream.encode(frame))
        target.mux(stream.encode(None))
    return made.getvalue()


def main() -> None:
    """Write every file."""
    for language in LANGUAGES:
        for prompt in PROMPTS:
            text = READINGS.get((language, prompt)) or translate(SPOKEN[prompt], language)
            path = SHIPPED / language / f"{prompt}.ogg"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(to_opus(speak(text, language)))


if __name__ == "__main__":
    main()
