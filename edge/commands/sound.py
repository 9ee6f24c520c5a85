"""`maskgate sound`: is the voice heard?"""

from __future__ import annotations

from pathlib import Path

import click

from edge.commands.options import config_option
from edge.config.schema import load_config
from edge.errors import SoundError
from edge.voice.announcer import PROMPTS
from edge.voice.prompts import find_sound
from edge.voice.speaker import Speaker, read_sound


@click.group()
def sound() -> None:
    """The voice at the door."""


@sound.command()
@click.option("--device", help="ALSA device; default: voice.device of the configuration")
@click.option("--all", "everything", is_flag=True, help="every prompt, rather than one in each language")
@config_option
def test(device: str | None, everything: bool, config_path: Path | None) -> None:
    """Say a prompt in each language of the door, and name the file that was played."""
    config = load_config(config_path)
    voice = config.voice
    speaker = Speaker(device or voice.device)
    for language in config.web.languages:
        for prompt in PROMPTS if everything else ("pass",):
            path = find_sound(prompt, language, voice.folder)
            if path is None:
                raise SoundError(f"there is no sound for {prompt!r} in {language!r}")
            click.echo(f"{language} {prompt}: {path}")
            speaker.play(read_sound(path), volume=voice.volume, go_on=lambda: True)
