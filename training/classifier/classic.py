"""The classic recipe: a frozen backbone below a small head, 12 epochs on a folder per class (A. Rosebrock, 2020)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import click
import keras
import numpy as np
from keras import layers
from numpy.typing import NDArray

from edge.types import Label
from training.classifier.backbones import BACKBONES
from training.classifier.batches import PictureBatches, SeekEachEpoch, own_errors, sample_picture
from training.classifier.checkpoints import BestCheckpoints, SaveEachEpoch, TrainingState
from training.classifier.heads import classic_classifier, without_optimizer
from training.classifier.history_plot import plot_history
from training.classifier.run_report import save_report
from training.data.layouts.names import Names
from training.data.samples import Part, Sample, Split
from training.data.splits import random_split
from training.progress import ProgressBar
from training.runs import ModelFacts, RunFolder, check_same_options, save_json, save_options
from training.seeding import draw_anew
from training.tensorboard import tensorboard


@dataclass(frozen=True, slots=True)
class ClassicRecipe:
    """The numbers of the recipe; the decay divides the rate by 1 + step * rate / epochs, as Keras 2's `decay` did."""

    backbone: str = "mobilenetv2"
    epochs: int = 12
    batch_size: int = 30
    learning_rate: float = 1e-4
    validation_share: float = 0.2
    seed: int = 42


def augmentation() -> keras.Sequential:
    """Rotation by 30 degrees, zoom, shift and shear, left-right flip; border pixels are repeated."""
    return keras.Sequential(
        [
            layers.RandomFlip("horizontal"),
            layers.RandomRotation(30 / 360, fill_mode="nearest"),
            layers.RandomZoom((-0.2, 0.2), (-0.2, 0.2), fill_mode="nearest"),
            layers.RandomTranslation(0.2, 0.2, fill_mode="nearest"),
            layers.RandomShear(x_factor=0.15, fill_mode="nearest"),
        ],
        name="augmentation",
    )


def train_classic(split: Split, run: RunFolder, recipe: ClassicRecipe, *, base_weights: str | None) -> float:
    """Train, and fill the run folder.

    Returns:
        accuracy on the validation part, in [0, 1].
    """
    keras.utils.set_random_seed(recipe.seed)
    labels = tuple(label for label in Label if any(sample.label is label for sample in split.samples))
    backbone = BACKBONES[recipe.backbone]
    spec = backbone.input_spec()
    base = backbone.build(spec, base_weights)
    model = classic_classifier(base, classes=len(labels))
    draw_anew(model, seed=recipe.seed, but=base.layers if base_weights else ())
    facts = ModelFacts(labels=labels, input=spec, backbone=backbone.name)
    options = asdict(recipe) | {"base_weights": Path(str(base_weights)).name}
    if run.options.exists():
        check_same_options(run, options)
    split.save(run.split)
    save_options(run, command="classic", options=options, samples=split.samples)
    run.model_facts.write_text(facts.model_dump_json(indent=1) + "\n")

    validation = _batches(split, Part.VALIDATION, facts, recipe)
    train, checkpoints = _batches(split, Part.TRAIN, facts, recipe), BestCheckpoints(run.checkpoints)
    state = _fit(model, train, validation, recipe, checkpoints, figures=run.tensorboard)
    save_json(run.history, state.history)
    plot_history(state.history, run.history_plot)
    without_optimizer(model).save(run.model)
    probabilities = model.predict(validation, verbose=0)
    return save_report(run, validation.targets, probabilities, labels, epoch=state.best_epoch)


def _batches(split: Split, part: Part, facts: ModelFacts, recipe: ClassicRecipe) -> PictureBatches:
    samples = split.part(part)
    return PictureBatches(
        lambda index, _chance: sample_picture(samples[index], split.root, facts.input),
        _targets(samples, facts.labels),
        spec=facts.input,
        classes=len(facts.labels),
        batch_size=recipe.batch_size,
        shuffle=part is Part.TRAIN,
        seed=recipe.seed,
    )


def _targets(samples: Sequence[Sample], labels: tuple[Label, ...]) -> NDArray[np.int64]:
    return np.array([labels.index(sample.label) for sample in samples if sample.label], dtype=np.int64)


def _fit(
    model: keras.Model,
    train: PictureBatches,
    validation: PictureBatches,
    recipe: ClassicRecipe,
    checkpoints: BestCheckpoints,
    *,
    figures: Path,
) -> TrainingState:
    """All epochs, from the checkpoint on where there is one; leaves `model` with the weights of the best epoch."""
    # The augmentation wraps the network instead of joining it: what is saved and converted never contains it.
    pictures = keras.Input(model.input_shape[1:])
    trainer = keras.Model(pictures, model(augmentation()(pictures)))
    rate = keras.optimizers.schedules.InverseTimeDecay(
        recipe.learning_rate, decay_steps=1, decay_rate=recipe.learning_rate / recipe.epochs
    )
    optimizer = keras.optimizers.Adam(rate)
    optimizer.build(trainer.trainable_variables)
    trainer.compile(optimizer, "categorical_crossentropy", metrics=["accuracy"], jit_compile=False)
    state = checkpoints.load()
    if state.epochs:
        checkpoints.load_weights(trainer, state)
    # The recipe knows no early stopping.
    saver = SaveEachEpoch(checkpoints, state, patience=recipe.epochs + 1)
    with own_errors(train, validation):
        trainer.fit(
            train,
            validation_data=validation,
            initial_epoch=state.epochs,
            epochs=recipe.epochs,
            shuffle=False,
            verbose=0,
            callbacks=[
                SeekEachEpoch(train),
                ProgressBar(epochs=recipe.epochs),
                saver,
                *tensorboard(figures),
            ],
        )
    checkpoints.load_best(trainer)
    return saver.state


_DEFAULT = ClassicRecipe()


@click.command("classic")
@click.option(
    "--data",
    type=click.Path(path_type=Path),
    required=True,
    help="Folder with one folder of pictures per class.",
)
@click.option("--backbone", type=click.Choice(list(BACKBONES)), default=_DEFAULT.backbone, show_default=True)
@click.option(
    "--base-weights",
    default="imagenet",
    show_default=True,
    help="File with the backbone's ImageNet weights, 'imagenet' to download them, or 'none'.",
)
@click.option("--run", "run_path", type=click.Path(path_type=Path), required=True, help="Folder to write.")
@click.option("--epochs", type=click.IntRange(min=1), default=_DEFAULT.epochs, show_default=True)
@click.option("--batch-size", type=click.IntRange(min=1), default=_DEFAULT.batch_size, show_default=True)
@click.option("--seed", type=click.IntRange(min=0), default=_DEFAULT.seed, show_default=True)
@click.option("--resume", is_flag=True, help="Resume a run that was stopped.")
@click.option(
    "--label", "labels", multiple=True, metavar="NAME=CLASS", help="What a folder's class is; may be repeated."
)
def command(
    data: Path,
    backbone: str,
    base_weights: str,
    run_path: Path,
    epochs: int,
    batch_size: int,
    seed: int,
    resume: bool,
    labels: tuple[str, ...],
) -> None:
    """Train a frozen backbone by the classic recipe on a folder per class."""
    recipe = ClassicRecipe(backbone=backbone, epochs=epochs, batch_size=batch_size, seed=seed)
    run = RunFolder.create(run_path, resume=resume)
    split = random_split(data, share=recipe.validation_share, seed=recipe.seed, names=Names.parse(labels))
    accuracy = train_classic(split, run, recipe, base_weights=None if base_weights == "none" else base_weights)
    click.echo(run.report_text.read_text())
    click.echo(f"validation accuracy {accuracy:.4f}; everything in {run_path}")
