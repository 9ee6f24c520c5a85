"""The command line `python -m release`."""

from __future__ import annotations

from pathlib import Path

import click

from release.build import build
from release.changelog import notes
from release.wheels import Lock, fetch

_a_file = click.Path(path_type=Path, exists=True, dir_okay=False)


@click.group()
def cli() -> None:
    """Make what a publisher of Maskgate hands out."""


@cli.command("build")
@click.option("--commit", default="HEAD", show_default=True, help="tag or commit that it is made of")
@click.option("--key", type=_a_file, help="PEM file of the Ed25519 private key that signs it")
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), default=Path("dist"), show_default=True)
def build_command(commit: str, key: Path | None, out: Path) -> None:
    """Make archive and packages; the same commit and key make the same bytes."""
    for path in build(commit, out, key=key):
        click.echo(f"{path}  {path.stat().st_size / 1e6:.1f} MB")


@cli.command("fetch")
@click.argument("lock", type=_a_file)
@click.option("--to", type=click.Path(path_type=Path, file_okay=False), required=True)
def fetch_command(lock: Path, to: Path) -> None:
    """Fetch the wheels that a file of systemd/locks names."""
    fetch(Lock(lock), to)


@cli.command("notes")
@click.argument("version")
def notes_command(version: str) -> None:
    """Print what CHANGELOG.md says of a version; it must be the one of this checkout."""
    click.echo(notes(version))


if __name__ == "__main__":
    cli(prog_name="python -m release")
