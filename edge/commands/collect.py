"""The commands `maskgate collect`: faces kept for labelling, listed, handed on and erased."""

from __future__ import annotations

from pathlib import Path

import click

from edge.collection.collector import uncertain_faces
from edge.collection.kept import KeptPictures
from edge.collection.label_studio import export
from edge.commands.options import config_option
from edge.config.schema import Config, load_config
from edge.config.settings import settings_folder
from edge.errors import ConfigError
from edge.host.folders import service_folder
from edge.host.owner import hand_to_owner


@click.group("collect")
def collect() -> None:
    """Faces the model was least sure of, kept for labelling if collect.until is set."""


@collect.command("list")
@config_option
def list_faces(config_path: Path | None) -> None:
    """Show what is kept, newest first: time (UTC), margin, the model's guess and its probability."""
    config = load_config(config_path)
    if hand_to_owner(_folder(config)):
        return
    until = config.collect.until
    click.echo(f"faces are kept until the end of {until}" if until else "no faces are kept: collect.until is not set")
    for name in _kept(config).names():
        click.echo(name)


@collect.command("export")
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
@config_option
def export_faces(folder: Path, config_path: Path | None) -> None:
    """Write pictures, tasks with the model's guesses and a labelling page for Label Studio into FOLDER."""
    config = load_config(config_path)
    count = export(_kept(config), folder)
    click.echo(f"{folder}: {count} faces; import tasks.json into a project with the labelling page page.xml")


@collect.command("erase")
@click.option("--yes", is_flag=True, help="Do not ask.")
@config_option
def erase_faces(yes: bool, config_path: Path | None) -> None:
    """Erase every kept face on this kiosk."""
    config = load_config(config_path)
    if not yes:
        click.confirm("Erase every kept face on this kiosk?", abort=True)
    if hand_to_owner(_folder(config)):
        return
    click.echo(f"{_kept(config).erase_all()} faces erased")


def _folder(config: Config) -> Path:
    return settings_folder(config) or service_folder()


def _kept(config: Config) -> KeptPictures:
    kept = uncertain_faces(_folder(config), most=lambda: config.collect.most, max_age_days=lambda: config.collect.days)
    try:
        kept.folder.is_dir()
    except OSError as error:
        raise ConfigError(f"{kept.folder}: cannot be read ({error.strerror}); use sudo") from error
    return kept
