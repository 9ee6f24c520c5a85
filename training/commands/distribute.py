"""The subcommand `distribute`: one worker of a fine-tuning on several GPUs or machines."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from edge.errors import UsageError
from training.classifier.backbones import BACKBONES
from training.classifier.distributed import finetune_distributed, make_strategy
from training.commands.finetune import job_options, make_job, open_run
from training.runs import RunFolder


@click.command("distribute")
@click.option(
    "--worker",
    "workers",
    multiple=True,
    metavar="HOST:PORT",
    help="Every worker, the chief first, in the same order on each; if none is named: this machine's GPUs.",
)
@click.option(
    "--index", type=click.IntRange(min=0), default=0, help="This worker's position in that list, counted from 0."
)
@click.option("--backbone", type=click.Choice(list(BACKBONES)), default="mobilenetv2", show_default=True)
@click.option("--base-weights", default="imagenet", show_default=True, help="File, 'imagenet' to download, or 'none'.")
@job_options
def command(
    workers: tuple[str, ...],
    index: int,
    backbone: str,
    base_weights: str,
    run_path: Path,
    resume: bool,
    **chosen: Any,
) -> None:
    """Fine-tune on several GPUs or machines at once.

    Start it once for each worker with the same options and another --index. All must see the same files; the first
    worker writes the run folder. If a worker is lost, start all of them again with --resume.
    """
    if index >= max(1, len(workers)):
        raise UsageError(f"--index {index}: expected a position in the list of {len(workers)} workers, counted from 0")
    strategy = make_strategy(workers, index)
    job = make_job(backbone, base_weights, chosen)
    run = open_run(run_path, job, resume=resume) if index == 0 else RunFolder(run_path)
    accuracy = finetune_distributed(job, run, strategy)
    if accuracy is not None:
        click.echo(run.report_text.read_text())
        click.echo(f"validation accuracy {accuracy:.4f}; everything in {run_path}")
