"""Subcommands of the face detector: ssd."""

from __future__ import annotations

from pathlib import Path

import click
import cv2

from edge.errors import UsageError
from training.samples import Part, Split
from training.scenes import read_scenes, scenes_of_part
from training.ssd.fit import SsdRecipe, fit
from training.ssd.pictures import read_pictures

_PATH = click.Path(path_type=Path)
_DEFAULTS = SsdRecipe()


@click.command("ssd")
@click.option("--scenes", type=_PATH, required=True, help="Folder with annotations.json and images/.")
@click.option("--split", "split_path", type=_PATH, required=True, help="Split file; only its training part is learned.")
@click.option("--out", type=_PATH, required=True, help="Run folder.")
@click.option("--weights", type=_PATH, help="MobileNetV2 0.35 ImageNet weights without top; else random ones.")
@click.option("--epochs", type=click.IntRange(min=1), default=_DEFAULTS.epochs, show_default=True)
@click.option("--batch-size", type=click.IntRange(min=1), default=_DEFAULTS.batch_size, show_default=True)
@click.option("--rate", type=click.FloatRange(min=0, min_open=True), default=_DEFAULTS.rate, show_default=True)
@click.option("--frozen-until", default=_DEFAULTS.frozen_until, show_default=True, help="Last layer kept; '' for none.")
@click.option("--limit", type=click.IntRange(min=1), help="Learn from so many pictures only: to try things out.")
@click.option("--seed", type=click.IntRange(min=0), default=_DEFAULTS.seed, show_default=True)
@click.option("--resume", is_flag=True, help="Go on where the run in --out was stopped.")
def ssd_command(
    scenes: Path,
    split_path: Path,
    out: Path,
    weights: Path | None,
    epochs: int,
    batch_size: int,
    rate: float,
    frozen_until: str,
    limit: int | None,
    seed: int,
    resume: bool,
) -> None:
    """Train our own face detector on annotated scenes."""
    if (out / "checkpoints" / "state.json").exists() and not resume:
        raise UsageError(f"{out}: holds a run; go on with --resume, or name another folder")
    recipe = SsdRecipe(epochs=epochs, batch_size=batch_size, rate=rate, frozen_until=frozen_until or None, seed=seed)
    # The augmentation runs beside the training step; more threads of OpenCV would only fight with it.
    cv2.setNumThreads(1)
    split, every = Split.load(split_path), read_scenes(scenes)
    train = scenes_of_part(every, scenes, split, Part.TRAIN)[:limit]
    validation = scenes_of_part(every, scenes, split, Part.VALIDATION)
    out.mkdir(parents=True, exist_ok=True)
    state = fit(out, recipe, read_pictures(train, scenes), validation, scenes, weights=weights)
    click.echo(f"best average precision {state.best:.4f} at epoch {state.epochs}; model in {out / 'best'}")
