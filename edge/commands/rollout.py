"""The commands `maskgate models pack`, `install` and `rollback`."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import click

from edge.commands.options import config_option, door_option
from edge.config.schema import load_config
from edge.config.settings import as_changed
from edge.errors import ModelError
from edge.host.doors import the_door
from edge.host.extras import how_to_add
from edge.host.folders import service_folder
from edge.host.owner import hand_to_owner
from edge.networks.find import store_folder
from edge.networks.store import SHIPPED, ModelStore
from edge.rollout.fetch import STANDARD_INPUT, is_url
from edge.rollout.install import install as install_bundle
from edge.rollout.install import roll_back

_PATH = click.Path(path_type=Path)


@click.command()
@click.argument("folder", type=_PATH)
@click.argument("bundle", type=_PATH)
@click.option(
    "--version",
    required=True,
    type=click.IntRange(1, 2**31 - 1),
    help="Version number, greater than every earlier one.",
)
@click.option("--key", required=True, type=_PATH, help="PEM file of the private Ed25519 key.")
@click.option(
    "--model", help="Model that it replaces, as in classifier.model of the kiosks. Default: the folder's name."
)
def pack(folder: Path, bundle: Path, version: int, key: Path, model: str | None) -> None:
    """Sign the model in FOLDER and write it as one file, BUNDLE."""
    try:
        from edge.rollout.bundle import write_bundle
    except ImportError as error:
        raise ModelError(f"{error.name} is missing; {how_to_add('models')}") from error
    contents = write_bundle(folder, bundle, model=model or folder.resolve().name, version=version, key=key)
    click.echo(f"{bundle}: {contents.model} {contents.version}, {bundle.stat().st_size / 1e6:.1f} MB")


_reload_option = click.option(
    "--reload/--no-reload", "reload", default=True, help="Whether the running service loads it at once; default: yes."
)


@click.command()
@click.argument("bundle")
@click.option("--force", is_flag=True, help="Install even if it is older or has failed here before.")
@click.option("--key", "keys", multiple=True, type=_PATH, help="Trust this public key instead of models.keys.")
@config_option
@_reload_option
def install(bundle: str, force: bool, keys: tuple[Path, ...], config_path: Path | None, reload: bool) -> None:
    """Check, test and switch to a signed BUNDLE, a file, a URL or - for standard input.

    It is taken back if its first minute fails. Asked with sudo, the owner of the service's folder does it.
    """
    store = store_folder()
    arguments = ["models", "install", *_door(), "--no-reload", *(["--force"] if force else [])]
    arguments += [word for key in keys for word in ("--key", str(key.absolute()))]
    arguments += ["--config", str(config_path.absolute())] if config_path else []
    file = None if bundle == STANDARD_INPUT or is_url(bundle) else Path(bundle)
    if not hand_to_owner(store, [*arguments, "--", STANDARD_INPUT if file else bundle], standard_input=file):
        config = as_changed(load_config(config_path), service_folder())
        trusted, required = keys or config.models.keys, config.required_of
        place = ModelStore(store)
        model, version = install_bundle(
            bundle, store=place, keys=trusted, scratch=store, force=force, required=required
        )
        click.echo(f"{model} {version} has passed its test")
    if reload:
        click.echo(_have_it_loaded())


@click.command()
@click.argument("model", required=False)
@door_option
@_reload_option
def rollback(model: str | None, reload: bool) -> None:
    """Switch back to the version that was live before; MODEL is needed only if several were ever installed."""
    folder = store_folder()
    if not hand_to_owner(folder, ["models", "rollback", *_door(), "--no-reload", *(["--", model] if model else [])]):
        store = ModelStore(folder)
        names = (model,) if model else store.models()
        if len(names) != 1:
            raise ModelError(f"name one of the installed models: {', '.join(names) or 'there are none'}")
        version = roll_back(store, names[0], "rolled back by hand")
        click.echo(f"{names[0]}: back to {'the shipped version' if version == SHIPPED else version}")
    if reload:
        click.echo(_have_it_loaded())


def _door() -> list[str]:
    """The option that names this door again."""
    return ["--door", the_door().name] if the_door().name else []


def _have_it_loaded() -> str:
    """Tell the service, if there is one here."""
    systemctl = shutil.which("systemctl")
    command = [systemctl or "systemctl", "reload", the_door().unit]
    if systemctl and subprocess.run(command, capture_output=True, check=False).returncode == 0:  # noqa: S603 - fixed
        return "the service loads it now"
    return f"the kiosk loads it at its next start, or: sudo systemctl reload {the_door().unit}"
