"""The subcommands `finetune` and `compare`, and the options of everything that trains."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click
import keras

from edge.errors import UsageError
from training.classifier.backbones import BACKBONES
from training.classifier.compare import chart, markdown, measure
from training.classifier.finetune import finetune
from training.classifier.job import Job
from training.classifier.recipe import FinetuneRecipe, Keep
from training.runs import RunFolder, check_same_options, save_json

_Command = TypeVar("_Command", bound=Callable[..., object])
_DEFAULT = FinetuneRecipe()
_PATH = click.Path(path_type=Path)


def job_options(command: _Command) -> _Command:
    """Options of everything that trains: the data, the input, and the numbers of the recipe."""
    options = [
        click.option("--split", type=_PATH, required=True, help="Split file the crops were cut from."),
        click.option("--crops", type=_PATH, required=True, help="Folder of prepared crops."),
        click.option("--run", "run_path", type=_PATH, required=True, help="Folder to write."),
        click.option(
            "--size", type=click.IntRange(min=32), help="Input size in pixels, square; default: the backbone's own."
        ),
        click.option("--margin", type=click.FloatRange(0, 2), default=0.1, show_default=True, help="Around a face."),
        click.option("--head-epochs", type=click.IntRange(min=0), default=_DEFAULT.head_epochs, show_default=True),
        click.option("--upper-epochs", type=click.IntRange(min=0), default=_DEFAULT.upper_epochs, show_default=True),
        click.option("--head-rate", type=float, default=_DEFAULT.head_rate, show_default=True, help="Learning rate."),
        click.option("--upper-rate", type=float, default=_DEFAULT.upper_rate, show_default=True, help="Learning rate."),
        click.option(
            "--blocks",
            type=click.IntRange(0, 4),
            default=_DEFAULT.blocks,
            show_default=True,
            help="Number of upper blocks to train.",
        ),
        click.option("--batch-size", type=click.IntRange(min=1), default=_DEFAULT.batch_size, show_default=True),
        click.option(
            "--label-smoothing", type=click.FloatRange(0, 0.5), default=_DEFAULT.label_smoothing, show_default=True
        ),
        click.option("--dropout", type=click.FloatRange(0, 0.9), default=_DEFAULT.dropout, show_default=True),
        click.option(
            "--balance",
            type=click.FloatRange(0, 1),
            default=_DEFAULT.balance,
            show_default=True,
            help="Extra weight of rare classes: 0 for none, 1 for equal weight of all classes.",
        ),
        click.option(
            "--keep",
            type=click.Choice([choice.value for choice in Keep]),
            default=_DEFAULT.keep.value,
            show_default=True,
            help="Epoch to keep: lowest validation loss, highest macro F1, or the last.",
        ),
        click.option(
            "--patience",
            type=click.IntRange(min=1),
            default=_DEFAULT.patience,
            show_default=True,
            help="Epochs without progress before training stops.",
        ),
        click.option("--start", type=_PATH, help="Finished run or shipped model to learn on from, of any input size."),
        click.option("--teacher", type=_PATH, help="What larger networks say of the crops, from `teach`."),
        click.option(
            "--soft",
            type=click.FloatRange(0, 1),
            default=_DEFAULT.soft,
            show_default=True,
            help="Share of the teacher's answer in a labelled face's target.",
        ),
        click.option("--draws", type=click.IntRange(min=1), help="Crops an epoch, drawn by weight; else each once."),
        click.option(
            "--hard",
            type=click.FloatRange(min=1),
            default=_DEFAULT.hard,
            show_default=True,
            help="How much heavier faces with a tag are.",
        ),
        click.option(
            "--blend",
            type=click.FloatRange(0, 1),
            help="Share of the weights of --start in the result: keeps more of what it knew.",
        ),
        click.option("--without", type=_PATH, help="List of training crops to leave out, from `doubts`."),
        click.option("--limit", type=click.IntRange(min=1), help="Train on at most this many crops, chosen at random."),
        click.option("--seed", type=click.IntRange(min=0), default=_DEFAULT.seed, show_default=True),
        click.option("--resume", is_flag=True, help="Resume a run that was stopped."),
    ]
    for option in reversed(options):
        command = option(command)
    return command


def make_job(backbone: str, base_weights: str, chosen: dict[str, Any]) -> Job:
    """The job that the options of `job_options` describe; `base_weights` may be 'none'."""
    names = [field.name for field in dataclasses.fields(FinetuneRecipe)]
    return Job(
        split=chosen["split"],
        crops=chosen["crops"],
        backbone=BACKBONES[backbone],
        base_weights=None if base_weights == "none" else base_weights,
        size=chosen["size"],
        margin=chosen["margin"],
        start=chosen["start"],
        without=chosen["without"],
        teacher=chosen["teacher"],
        recipe=FinetuneRecipe(**({name: chosen[name] for name in names} | {"keep": Keep(chosen["keep"])})),
    )


def open_run(path: Path, job: Job, *, resume: bool) -> RunFolder:
    """The run folder of `job`: new, or to be gone on with if its options have not changed."""
    run = RunFolder.create(path, resume=resume)
    if resume and run.options.exists():
        check_same_options(run, job.options())
    return run


@click.command("finetune")
@click.option("--backbone", type=click.Choice(list(BACKBONES)), default="mobilenetv2", show_default=True)
@click.option("--base-weights", default="imagenet", show_default=True, help="File, 'imagenet' to download, or 'none'.")
@job_options
def finetune_command(
    backbone: str,
    base_weights: str,
    run_path: Path,
    resume: bool,
    **chosen: Any,
) -> None:
    """Fine-tune a backbone on prepared face crops: the head first, then its upper blocks."""
    job = make_job(backbone, base_weights, chosen)
    run = open_run(run_path, job, resume=resume)
    accuracy = finetune(job, run)
    click.echo(run.report_text.read_text())
    click.echo(f"validation accuracy {accuracy:.4f}; everything in {run_path}")


@click.command("compare")
@click.option(
    "--weights",
    "named_weights",
    multiple=True,
    metavar="BACKBONE=FILE",
    help="Weights of a backbone: a file, 'imagenet' (if not named) or 'none'; may be repeated.",
)
@click.option("--backbone", "names", type=click.Choice(list(BACKBONES)), multiple=True, help="Only these.")
@job_options
def compare_command(
    named_weights: tuple[str, ...],
    names: tuple[str, ...],
    run_path: Path,
    resume: bool,
    **chosen: Any,
) -> None:
    """Train every backbone on the same split, and write one table and one chart."""
    weights = dict(_named(text) for text in named_weights)
    rows = []
    for name in names or tuple(BACKBONES):
        job = make_job(name, weights.get(name, "imagenet"), chosen)
        run = open_run(run_path / name, job, resume=resume)
        if not run.model.exists():
            click.echo(f"{name}:")
            finetune(job, run)
        rows.append(measure(run))
        # Keras would hold every network so far in memory.
        keras.utils.clear_session()
    save_json(run_path / "compare.json", {"rows": [row.model_dump() for row in rows]})
    (run_path / "compare.md").write_text(markdown(rows))
    chart(rows, run_path / "compare.png")
    click.echo(markdown(rows))


def _named(text: str) -> tuple[str, str]:
    name, found, value = text.partition("=")
    if not found or name not in BACKBONES:
        raise UsageError(f"--weights {text}: expected BACKBONE=FILE, with a backbone out of {', '.join(BACKBONES)}")
    return name, value
