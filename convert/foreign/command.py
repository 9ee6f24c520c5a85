"""`maskgate-convert import`: its options, questions and what it prints."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import click

from convert.foreign.names import read_labels
from convert.foreign.scales import ORDERS, SCALES, Order
from convert.recipes import INT8, RECIPES
from edge.errors import UsageError
from edge.types import MODEL_LABELS, Label

if TYPE_CHECKING:
    from convert.foreign.original import Original
    from convert.foreign.probe import Guess

LABELS_FILE = "labels.txt"
"""Lies beside Teachable Machine's models."""

_SCALES_HELP = "; ".join(f"{scale.name}: {scale.used_by}" for scale in SCALES.values())


@click.command("import")
@click.argument("path", metavar="FILE", type=click.Path(path_type=Path))
@click.option("--name", required=True, help="Publish under this name.")
@click.option(
    "--pictures",
    "folder",
    type=click.Path(path_type=Path, file_okay=False),
    help="Faces whose labels are known, a folder for each label: what the file does not tell is found out on them.",
)
@click.option(
    "--labels",
    help="What each output means, in their order: names separated by commas, or a file with one on each line.  "
    f"[default: {LABELS_FILE} beside FILE]",
)
@click.option("--scale", type=click.Choice(list(SCALES)), help=f"Range of the input.  {_SCALES_HELP}.")
@click.option("--order", type=click.Choice(ORDERS), help="Order of the input's channels.")
@click.option(
    "--margin",
    type=click.FloatRange(0, 2),
    default=0.0,
    show_default=True,
    help="What the network sees around a face, as a share of the longer side of the detector's box.",
)
@click.option(
    "--recipe",
    type=click.Choice([name for name in RECIPES if not RECIPES[name].float_operations]),
    help="How to write a Keras network; int8 needs --pictures.  [default: float32]",
)
@click.option(
    "--models",
    type=click.Path(path_type=Path, file_okay=False),
    default="models",
    show_default=True,
    help="Folder of published models.",
)
@click.option("--force", is_flag=True, help="Replace a model of that name.")
def import_command(
    path: Path,
    name: str,
    folder: Path | None,
    labels: str | None,
    scale: str | None,
    order: Order | None,
    margin: float,
    recipe: str | None,
    models: Path,
    force: bool,
) -> None:
    """Make a model of a network that was trained elsewhere: Keras, SavedModel, TFLite or ONNX."""
    # TensorFlow takes seconds to load: not for --help, nor to complain about an argument.
    from convert.foreign.importing import Source, import_model  # noqa: PLC0415
    from convert.foreign.opening import open_original  # noqa: PLC0415
    from convert.foreign.probe import pictures_in, probe  # noqa: PLC0415
    from convert.publish import check_target  # noqa: PLC0415

    check_target(models / name, force=force)
    if recipe == INT8.name and folder is None:
        raise UsageError("int8 is fitted to pictures; give some with --pictures, or choose another --recipe")
    given = _given_labels(path, labels)
    pictures = pictures_in(folder) if folder else ()
    original = open_original(path)
    click.echo(f"{path}: {original.form}, {original.size[0]} x {original.size[1]} pixels, {original.labels} labels")
    if given and len(given) != original.labels:
        raise UsageError(f"{path}: has {original.labels} labels, received {len(given)} ({', '.join(given)})")
    if pictures:
        guesses = probe(original, pictures, labels=given, scale=scale, order=order)
        understood = guesses[0]
        click.echo(_found(guesses))
    else:
        understood = _asked(original, given, scale, order)
    manifest = import_model(
        Source(path, original, understood, margin, pictures),
        models / name,
        recipe=RECIPES[recipe] if recipe else None,
        force=force,
    )
    click.echo(_told(manifest.figures))
    click.echo(f'wrote {models / name} ({", ".join(manifest.labels)}); use it with: [classifier] model = "{name}"')


def _given_labels(path: Path, labels: str | None) -> tuple[Label, ...] | None:
    """Those of the command line, else those of the file that lies beside the network."""
    beside = path.parent / LABELS_FILE
    if labels is None and beside.is_file():
        labels = str(beside)
    return read_labels(labels) if labels else None


def _found(guesses: list[Guess]) -> str:
    """How the network is read, and what came next to it."""
    best = guesses[0]
    lines = [f"read as {best.in_words()}: {best.right:.1%} of the pictures are right"]
    others = [guess for guess in guesses[1:] if guess.labels == best.labels]
    if others:
        near = " (too near to be sure: give --scale or --order if you know them)" if _near(best, others[0]) else ""
        lines.append(f"next best {others[0].in_words()}: {others[0].right:.1%}{near}")
    return "\n".join(lines)


def _near(best: Guess, other: Guess) -> bool:
    return best.right - other.right < 0.02


def _asked(original: Original, labels: tuple[Label, ...] | None, scale: str | None, order: Order | None) -> Guess:
    """What nobody found out is asked, if somebody is there to answer.

    Raises:
        UsageError: if nobody is.
    """
    from convert.foreign.probe import Guess  # noqa: PLC0415

    if (labels is None or scale is None) and not sys.stdin.isatty():
        missing = [option for option, value in (("--labels", labels), ("--scale", scale)) if value is None]
        raise UsageError(f"what the network takes and gives is not known; give {' and '.join(missing)}, or --pictures")
    if labels is None:
        default = ",".join(MODEL_LABELS[: original.labels])
        labels = read_labels(click.prompt("What does each output mean, in their order?", default=default))
    if scale is None:
        click.echo("\n".join(f"  {one.name:<9} {one.used_by}" for one in SCALES.values()))
        scale = click.prompt("Which range does the input have?", type=click.Choice(list(SCALES)), default="-1..1")
    return Guess(scale, order or "RGB", labels, right=0.0, loss=0.0)


def _told(figures: Mapping[str, object]) -> str:
    """What the comparison with the original found."""
    if not figures:
        return "compared with its original on drawn pictures alone: nobody knows how often it is right; give --pictures"
    return (
        f"on {figures['pictures']} pictures {figures['accuracy']:.1%} right, its original "
        f"{figures['keras_accuracy']:.1%}; both agree on {figures['agreement']:.1%}; "
        f"{figures['cpu_ms_per_face']} ms per face"
    )
