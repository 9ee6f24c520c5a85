"""`maskgate-train fit`: from a folder of labelled pictures to a tested model."""

from __future__ import annotations

from pathlib import Path

import click

from edge.config.schema import ClassifierConfig
from training.commands.data import label_option
from training.fit import detector
from training.fit.classifier import EPOCHS, RATE, FitPlan, fit

_PATH = click.Path(path_type=Path)


@click.command("fit")
@click.argument("data", type=_PATH)
@click.option("--name", required=True, help="Name of the new model, such as my-door.")
@click.option(
    "--from",
    "start",
    default=ClassifierConfig().model,
    show_default=True,
    help="Shipped model, or folder of a run, to learn on from.",
)
@label_option
@click.option("--run", "run_path", type=_PATH, help="Folder for everything on the way.  [default: runs/NAME]")
@click.option("--out", type=_PATH, default=Path("models"), show_default=True, help="Folder that gets the model's.")
@click.option("--leave-out-faulty", is_flag=True, help="Go on without the faces that something is wrong with.")
@click.option("--epochs", type=click.IntRange(min=1), default=EPOCHS, show_default=True)
@click.option("--rate", type=click.FloatRange(min=0, min_open=True), default=RATE, show_default=True)
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True)
@click.option("--force", is_flag=True, help="Replace a model of that name.")
@click.option("--resume", is_flag=True, help="Go on where a stopped fit stood.")
def fit_command(
    data: Path,
    name: str,
    start: str,
    labels: tuple[str, ...],
    run_path: Path | None,
    out: Path,
    leave_out_faulty: bool,
    epochs: int,
    rate: float,
    seed: int,
    force: bool,
    resume: bool,
) -> None:
    """Learn on from a shipped model with your own pictures in DATA, of any layout, and say whether it helped."""
    run = run_path or Path("runs") / name
    plan = FitPlan(
        data=data,
        name=name,
        start=start,
        run=run,
        out=out,
        labels=labels,
        leave_out=leave_out_faulty,
        epochs=epochs,
        rate=rate,
        seed=seed,
        force=force,
    )
    try:
        fit(plan, resume=resume)
    except KeyboardInterrupt:
        click.echo(f"\nstopped; what was done lies in {run}: go on with the same command and --resume", err=True)
        raise


@click.command("fit-detector")
@click.argument("data", type=_PATH)
@click.option("--name", required=True, help="Name of the new detector, such as my-faces.")
@click.option("--from", "start", default="face-ssd", show_default=True, help="Detector to learn on from.")
@click.option("--negatives", type=_PATH, help="Pictures without a face, such as of a poster that is taken for one.")
@label_option
@click.option("--run", "run_path", type=_PATH, help="Folder for everything on the way.  [default: runs/NAME]")
@click.option("--out", type=_PATH, default=Path("models"), show_default=True, help="Folder that gets the model's.")
@click.option("--leave-out-faulty", is_flag=True, help="Go on without the faces that something is wrong with.")
@click.option("--epochs", type=click.IntRange(min=1), default=detector.EPOCHS, show_default=True)
@click.option("--rate", type=click.FloatRange(min=0, min_open=True), default=detector.RATE, show_default=True)
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True)
@click.option("--resume", is_flag=True, help="Go on where a stopped fit stood.")
def fit_detector_command(
    data: Path,
    name: str,
    start: str,
    negatives: Path | None,
    labels: tuple[str, ...],
    run_path: Path | None,
    out: Path,
    leave_out_faulty: bool,
    epochs: int,
    rate: float,
    seed: int,
    resume: bool,
) -> None:
    """Learn on from the shipped face detector with your own boxes in DATA, of any layout, and say whether it helped."""
    plan = detector.DetectorPlan(
        data=data,
        name=name,
        start=start,
        run=run_path or Path("runs") / name,
        out=out,
        negatives=negatives,
        labels=labels,
        leave_out=leave_out_faulty,
        epochs=epochs,
        rate=rate,
        seed=seed,
    )
    detector.fit_detector(plan, resume=resume)
