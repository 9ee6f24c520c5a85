"""`maskgate-train teach`: have large networks say of the training crops what a smaller one shall learn."""

from __future__ import annotations

from pathlib import Path

import click
import cv2

from training.classifier.teaching import teach
from training.evaluation.predictors import load_predictor
from training.faces.store import CropStore

_PATH = click.Path(path_type=Path)


@click.command("teach")
@click.argument("teachers", metavar="TEACHER...", nargs=-1, required=True)
@click.option("--crops", type=_PATH, required=True, help="Folder of prepared crops.")
@click.option("--out", type=_PATH, required=True, help="File (.npz) to write, for `finetune --teacher`.")
@click.option("--mirrored/--no-mirrored", default=True, show_default=True, help="Ask about mirror images, too.")
def teach_command(teachers: tuple[str, ...], crops: Path, out: Path, mirrored: bool) -> None:
    """Ask each TEACHER, a run folder or a model, about every training crop, and average what they say."""
    cv2.setNumThreads(1)
    lessons = teach([load_predictor(teacher) for teacher in teachers], CropStore.load(crops), mirrored=mirrored)
    lessons.save(out, crops)
    click.echo(f"{int((lessons.answers.sum(axis=1) > 0).sum())} crops; {out}")
