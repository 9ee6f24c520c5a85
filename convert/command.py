"""The command line `maskgate-convert`."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path

import click

from convert.foreign.command import import_command
from convert.recipes import DEFAULT_RECIPES, INT8, RECIPES
from edge import __version__
from edge.command_line import run_command
from edge.errors import ModelError, UsageError
from edge.networks.manifest import load_manifest

_FOLDER = click.Path(path_type=Path, file_okay=False)

WAY_ON = (
    "The way on: train with more pictures, so that fewer faces lie at the boundary of two classes, or choose another "
    "recipe with --publish; float16 and float32 round least"
)
"""What to do about a conversion that failed."""


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="maskgate-convert")
def convert() -> None:
    """Turn a training run's network into a verified model that the kiosk loads."""


@convert.command()
@click.argument("run_path", metavar="RUN", type=_FOLDER)
@click.option("--crops", type=_FOLDER, help="Folder of the prepared crops, if the run was trained on crops.")
@click.option("--name", help="Publish under this name; without it the run is only converted and verified.")
@click.option("--models", type=_FOLDER, default="models", show_default=True, help="Folder of published models.")
@click.option(
    "--recipe",
    "names",
    type=click.Choice(list(RECIPES)),
    multiple=True,
    help=f"Convert by this recipe; may be given several times.  [default: {', '.join(DEFAULT_RECIPES)}]",
)
@click.option(
    "--publish",
    "published",
    type=click.Choice(list(RECIPES)),
    default=INT8.name,
    show_default=True,
    help="What to ship.",
)
@click.option(
    "--max-loss", type=click.FloatRange(0, 100), help="Largest loss of accuracy of any recipe, in percentage points."
)
@click.option("--force", is_flag=True, help="Replace a model of that name.")
def run(
    run_path: Path,
    crops: Path | None,
    name: str | None,
    models: Path,
    names: tuple[str, ...],
    published: str,
    max_loss: float | None,
    force: bool,
) -> None:
    """Convert the network of a training run, verify it against Keras, and publish it."""
    # TensorFlow takes seconds to load: not for --help, nor to complain about an argument.
    from convert.conversion import choose_passed, convert_run, refused  # noqa: PLC0415
    from convert.publish import check_target, publish  # noqa: PLC0415
    from convert.run import open_run  # noqa: PLC0415
    from convert.tables import few_faces, verification_line, verification_report  # noqa: PLC0415

    wanted = names or DEFAULT_RECIPES
    if name:
        wanted = (*wanted, published)
        check_target(models / name, force=force)
    source = open_run(run_path, crops=crops)
    recipes = [RECIPES[chosen] for chosen in dict.fromkeys(wanted)]
    outcomes = []
    for outcome in convert_run(source, recipes, max_loss=None if max_loss is None else max_loss / 100):
        outcomes.append(outcome)
        click.echo(verification_line(outcome.verification))
    report = source.converted / "verify.md"
    report.write_text(verification_report(source.name, [outcome.verification for outcome in outcomes]))
    if few := few_faces(outcomes[0].verification):
        click.echo(few, err=True)
    failures = [f"{one.recipe.name} {', '.join(one.verification.failures)}" for one in refused(outcomes, recipes)]
    chosen = choose_passed(outcomes, published if name else recipes[0].name)
    if chosen is None or (failures and not name):
        raise ModelError(f"{run_path}: {'; '.join(failures)}; nothing is published, see {report}")
    if failures:
        click.echo(f"not published: {'; '.join(failures)}. {WAY_ON}", err=True)
    if name:
        publish(source, chosen, outcomes, models / name, force=force)
        click.echo(f"published {models / name} ({chosen.recipe.name})")


@convert.command()
@click.argument("model", type=_FOLDER)
@click.option(
    "--evaluation",
    "evaluations",
    type=click.Path(path_type=Path, dir_okay=False),
    multiple=True,
    help="An evaluation.json that `maskgate-train evaluate MODEL` wrote; may be given several times.",
)
def card(model: Path, evaluations: tuple[Path, ...]) -> None:
    """Write the card of the published MODEL folder again, with evaluations made since."""
    from convert.adopted import adopt  # noqa: PLC0415
    from convert.card.card import write_card  # noqa: PLC0415

    manifest = load_manifest(model)
    for path in evaluations:
        adopt(model, manifest, path)
    write_card(model, manifest)


@convert.command()
@click.argument("run_paths", metavar="RUN...", nargs=-1, required=True, type=_FOLDER)
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help="Markdown file; a chart beside it (.png).")
def pareto(run_paths: tuple[Path, ...], out: Path | None) -> None:
    """Compare the converted models of several runs by accuracy and time per face."""
    from convert.pareto import choices, pareto_chart, pareto_table  # noqa: PLC0415
    from convert.run import read_run  # noqa: PLC0415

    found = choices([read_run(path) for path in run_paths])
    table = pareto_table(found)
    click.echo(table, nl=False)
    if out is not None:
        chart = out.with_suffix(".png")
        out.parent.mkdir(parents=True, exist_ok=True)
        pareto_chart(found, chart)
        out.write_text(f"# Accuracy and time of the converted models\n\n{table}\n![chart]({chart.name})\n")


@convert.command()
@click.argument("model", type=click.Path(path_type=Path, dir_okay=False))
@click.argument("output", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--force", is_flag=True, help="Replace OUTPUT.")
def onnx(model: Path, output: Path, force: bool) -> None:
    """Write the Keras file MODEL as the ONNX file OUTPUT for OpenCV, and check that both answer alike."""
    if output.exists() and not force:
        raise UsageError(f"{output}: already exists; name another file, or replace it with --force")
    from convert.onnx import export_onnx  # noqa: PLC0415
    from convert.tflite import read_keras  # noqa: PLC0415

    export_onnx(read_keras(model), output)
    click.echo(f"wrote {output}")


convert.add_command(import_command)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and exit with the codes of sysexits.h."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    # Only TensorFlow's converter writes TFLite files, whatever trained the network.
    os.environ["KERAS_BACKEND"] = "tensorflow"
    sys.exit(run_command(convert, "maskgate-convert", arguments, extra="train"))


if __name__ == "__main__":
    main()
