"""The commands `maskgate models`: what is installed, whether it is whole, and how to get what is not shipped."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import click

from edge.errors import MaskgateError, ModelError
from edge.host.owner import hand_to_owner
from edge.networks.alternatives import ALTERNATIVES, check_form, copy_form, download_form, installed_form
from edge.networks.detector import load_detector
from edge.networks.find import WEIGHTS_VARIABLE, installed_model, store_folder, weights_search
from edge.networks.golden import prove
from edge.networks.manifest import FILE_NAME, DetectorManifest, Manifest, load_any_manifest

_PATH = click.Path(path_type=Path, file_okay=False)


@dataclass(frozen=True, slots=True)
class Installed:
    """A model on this machine, or one that could be: `place` is empty then.

    Attributes:
        name: as the configuration calls it.
        task: mask-classification or face-detection.
        place: folder it lies in.
        size: bytes of its files.
        facts: a few words.
        error: why it cannot be used; empty if nothing is known against it.
    """

    name: str
    task: str
    place: str = ""
    size: int = 0
    facts: str = ""
    error: str = ""


@click.group("models")
def models() -> None:
    """List, check and fetch the networks."""


@models.command("list")
@click.option("--json", "as_json", is_flag=True, help="one JSON object per line on standard output")
def list_models(as_json: bool) -> None:
    """Show the networks that the configuration can name."""
    if hand_to_owner(store_folder()):
        return
    for model in installed_models():
        click.echo(json.dumps(asdict(model)) if as_json else _as_text(model))


@models.command()
@click.argument("names", nargs=-1)
def verify(names: tuple[str, ...]) -> None:
    """Check the hash of each network, run it, and compare its answers where they are known; NAMES, or all there are."""
    if hand_to_owner(store_folder()):
        return
    known = {model.name: model for model in installed_models()}
    for name in names:
        if name not in known:
            raise ModelError(f"{name}: no such model; `maskgate models list` shows them")
    failed = 0
    for name in names or tuple(name for name, model in known.items() if model.place):
        try:
            click.echo(f"{name}: {_verify(known[name])}")
        except MaskgateError as error:
            click.echo(f"{name}: {error}")
            failed += 1
    if failed:
        raise ModelError(f"{failed} of the models cannot be used")


@models.command()
@click.argument("name", type=click.Choice(list(ALTERNATIVES)))
@click.option("--from", "source", type=_PATH, help="Folder that holds the files: for a machine without internet.")
@click.option(
    "--to", "target", type=_PATH, help="Folder to write; default: the first of MASKGATE_WEIGHTS, or the cache."
)
def fetch(name: str, source: Path | None, target: Path | None) -> None:
    """Download another face detector from where OpenCV publishes it."""
    place = (target or default_target()) / name
    if hand_to_owner(place):
        return
    paths = copy_form(name, source, place) if source else download_form(name, place)
    for path in paths:
        click.echo(f"{path}  {path.stat().st_size / 1e6:.1f} MB, hash as published")
    click.echo(f'use it with: [detector] name = "{name}"')


def installed_models() -> Iterator[Installed]:
    """Every network in the folders that are searched, then the alternatives that are not there."""
    seen = set()
    for place in weights_search():
        for path in sorted(place.glob(f"*/{FILE_NAME}")):
            if path.parent.name not in seen:
                name = path.parent.name
                seen.add(name)
                yield replace(_look_at(installed_model(name) or path.parent), name=name)
    for name in ALTERNATIVES:
        paths = installed_form(name, weights_search())
        if paths is None:
            yield Installed(name, "face-detection", facts=f"not installed: maskgate models fetch {name}")
        else:
            size = sum(path.stat().st_size for path in paths)
            yield Installed(name, "face-detection", str(paths[0].parent), size, paths[0].name)


def default_target() -> Path:
    """Where fetched networks go: the first folder that MASKGATE_WEIGHTS names, else the user's cache.

    Raises:
        ModelError: if there is neither, as for a service without a home.
    """
    named = [Path(folder) for folder in os.environ.get(WEIGHTS_VARIABLE, "").split(os.pathsep) if folder]
    for folder in (*named, *weights_search()[1:]):
        return folder
    raise ModelError("no folder to write to; choose one with --to")


def _look_at(folder: Path) -> Installed:
    try:
        manifest = load_any_manifest(folder)
    except ModelError as error:
        return Installed(folder.name, "unknown", str(folder), error=str(error))
    size = (folder / manifest.file).stat().st_size
    return Installed(folder.name, manifest.task, str(folder), size, _facts(manifest))


def _facts(manifest: Manifest | DetectorManifest) -> str:
    if isinstance(manifest, DetectorManifest):
        return f"{manifest.input.long_side} px, score at least {manifest.min_score:.2f}"
    return f"{len(manifest.labels)} classes, {manifest.input.width} px, {manifest.recipe}"


def _verify(model: Installed) -> str:
    if not model.place:
        raise ModelError(model.facts)
    if model.error:
        raise ModelError(model.error)
    folder = Path(model.place)
    if model.task == "mask-classification":
        return prove(folder)
    if model.name in ALTERNATIVES:
        check_form(model.name, installed_form(model.name, (folder,)) or ())
    load_detector(name=model.name, search=(folder.parent, folder))
    return "hash as published, runs"


def _as_text(model: Installed) -> str:
    what = model.error or model.facts
    size = f"{model.size / 1e6:5.2f} MB  {model.place}" if model.place else ""
    return f"{model.name:<24} {model.task:<20} {what:<44} {size}".rstrip()
