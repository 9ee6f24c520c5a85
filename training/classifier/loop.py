"""The fit loop: stage after stage, with a checkpoint after every epoch to go on from."""

from __future__ import annotations

import keras

from training.classifier.batches import PictureBatches, SeekEachEpoch, own_errors
from training.classifier.checkpoints import BestCheckpoints, ReseedDropout, SaveEachEpoch, TrainingState
from training.classifier.heads import mask_classifier
from training.classifier.history_plot import PLAIN
from training.classifier.job import Job
from training.classifier.recipe import FinetuneRecipe, Stage, prepare, stages
from training.classifier.weights import take_over
from training.progress import ProgressBar
from training.runs import ModelFacts, RunFolder
from training.seeding import draw_anew
from training.tensorboard import tensorboard


def build(job: Job, facts: ModelFacts) -> keras.Model:
    """A new classifier: the backbone with its pretrained weights and a head of seeded random ones, or all of a run's.

    Raises:
        ModelError: if weights cannot be read or do not fit.
    """
    keras.utils.set_random_seed(job.recipe.seed)
    base = job.backbone.build(facts.input, None if job.start else job.base_weights)
    model = mask_classifier(base, classes=len(facts.labels), kinds=len(facts.kinds), dropout=job.recipe.dropout)
    draw_anew(model, seed=job.recipe.seed, but=base.layers if job.base_weights and not job.start else ())
    if job.start is not None:
        take_over(model, job.start)
    return model


def fit(
    model: keras.Model,
    job: Job,
    run: RunFolder,
    *,
    train: PictureBatches,
    validation: PictureBatches,
    plain: PictureBatches | None = None,
    after_s: float = 0.0,
) -> TrainingState:
    """Run all stages, going on from the checkpoint where there is one; leaves `model` with its best weights.

    Args:
        model: from `build`.
        job: its recipe and backbone.
        run: where the checkpoints are.
        train: to learn from. validation: to choose the best epoch by.
        plain: training faces as `validation` shows its own, for figures that may be compared with its.
        after_s: what the caller will do afterwards, seconds, for the time left that is shown.
    """
    checkpoints = BestCheckpoints(run.checkpoints)
    state = checkpoints.load()
    restore = state.epochs > 0
    plan = stages(job.recipe, pretrained=job.pretrained)
    for stage in plan:
        if state.stopped or state.epochs >= stage.last:
            continue
        state = enter(stage, model, job, checkpoints, state, steps_per_epoch=train.num_batches, restore=restore)
        restore = False
        saver = SaveEachEpoch(checkpoints, state, patience=patience_in(stage, plan, job.recipe), keep=job.recipe.keep)
        with own_errors(train, validation, *([plain] if plain else [])):
            model.fit(
                train,
                validation_data=validation,
                initial_epoch=state.epochs,
                epochs=stage.last,
                shuffle=False,
                verbose=0,
                callbacks=[
                    SeekEachEpoch(train),
                    ReseedDropout(job.recipe.seed),
                    *([PlainFigures(plain)] if plain else []),
                    ProgressBar(epochs=plan[-1].last, after_s=after_s),
                    saver,
                    *tensorboard(run.tensorboard),
                ],
            )
        state = saver.state
    checkpoints.load_best(model)
    return state


class PlainFigures(keras.callbacks.Callback):
    """Adds loss and accuracy on training faces as validation sees its own; the other figures of training are of
    augmented faces, with dropout, while the weights still change.
    """

    def __init__(self, faces: PictureBatches) -> None:
        super().__init__()
        self._faces = faces

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        figures = self.model.evaluate(self._faces, verbose=0, return_dict=True)
        if logs is not None:
            logs |= {PLAIN + name: figures[name] for name in ("loss", "accuracy")}


def enter(
    stage: Stage,
    model: keras.Model,
    job: Job,
    checkpoints: BestCheckpoints,
    state: TrainingState,
    *,
    steps_per_epoch: int,
    restore: bool,
) -> TrainingState:
    """Prepare `model` for a stage; with `restore`, bring it to where a stopped run stood, before or in this stage."""
    begins = state.epochs == stage.first
    if restore and begins:
        checkpoints.load_weights(model, state)
    prepare(model, job.backbone, stage, job.recipe, steps_per_epoch=steps_per_epoch)
    if restore and not begins:
        checkpoints.load_weights(model, state)
    return state.model_copy(update={"waited": 0}) if begins else state


def patience_in(stage: Stage, plan: tuple[Stage, ...], recipe: FinetuneRecipe) -> int:
    """Epochs to wait for a better one: only the last stage may end early, the head's few epochs have a fixed length."""
    return recipe.patience if stage is plan[-1] else stage.last + 1
