"""The commands `maskgate models pack`, `install` and `rollback`."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import click

from edge.config.schema import load_config
from edge.errors import ModelError
from edge.networks.find import store_folder
from edge.networks.store import SHIPPED, ModelStore
from edge.rollout.install import install as install_bundle
from edge.rollout.install import roll_back

_PATH = click.Path(path_type=Path)


@click.command()
@click.argument("folder", type=_PATH)
@click.argument("bundle", type=_PATH)
@click.option("--version", required=True, type=click.IntRange(1, 2**31 - 1), help="Greater than every one before.")
@click.option("--key", required=True, type=_PATH, help="PEM file of the private Ed25519 key.")
@click.option("--model", help="Whose place it takes: classifier.model of the kiosks. Default: the folder's name.")
def pack(folder: Path, bundle: Path, version: int, key: Path, model: str | None) -> None:
    """Sign the model in FOLDER and write it as one file, BUNDLE."""
    try:
        from edge.rollout.bundle import write_bundle
    except ImportError as error:
        raise ModelError(f"{error.name} is missing; pip install 'maskgate[models]'") from error
    contents = write_bundle(folder, bundle, model=model or folder.resolve().name, version=version, key=key)
    click.echo(f"{bundle}: {contents.model} {contents.version}, {bundle.stat().st_size / 1e6:.1f} MB")


@click.command()
@click.argument("bundle")
@click.option("--force", is_flag=True, help="Install it though it is older, or has failed here before.")
@click.option("--key", "keys", multiple=True, type=_PATH, help="Trust this public key rather than models.keys.")
@click.option("--config", "config_path", type=_PATH, help="TOML file; default /etc/maskgate/maskgate.toml")
def install(bundle: str, force: bool, keys: tuple[Path, ...], config_path: Path | None) -> None:
    """Check, test and switch to a signed BUNDLE, a file or a URL; it is taken back if its first minute fails."""
    trusted = keys or load_config(config_path).models.keys
    store = store_folder()
    model, version = install_bundle(bundle, store=ModelStore(store), keys=trusted, scratch=store, force=force)
    click.echo(f"{model} {version} has passed its test; {_have_it_loaded()}")


@click.command()
@click.argument("model", required=False)
def rollback(model: str | None) -> None:
    """Switch back to the version that was live before; MODEL is needed only if several were ever installed."""
    store = ModelStore(store_folder())
    names = (model,) if model else store.models()
    if len(names) != 1:
        raise ModelError(f"name one of the installed models: {', '.join(names) or 'there are none'}")
    version = roll_back(store, names[0], "taken back by hand")
    name = "the shipped version" if version == SHIPPED else str(version)
    click.echo(f"{names[0]}: back to {name}; {_have_it_loaded()}")


def _have_it_loaded() -> str:
    """Tell the service, if there is one here."""
    systemctl = shutil.which("systemctl")
    command = [systemctl or "systemctl", "reload", "maskgate.service"]
    if systemctl and subprocess.run(command, capture_output=True, check=False).returncode == 0:  # noqa: S603 - fixed
        return "the service loads it now"
    return "the kiosk loads it at its next start, or: sudo systemctl reload maskgate"
