"""Fine-tuning from a split and its crops to a run folder."""

from __future__ import annotations

from dataclasses import dataclass

import click
import keras

from edge.errors import InputError, UsageError
from edge.types import Label
from training.classifier.batches import PictureBatches
from training.classifier.checkpoints import TrainingState
from training.classifier.face_batches import face_batches, kinds_of, labels_of, plain_faces
from training.classifier.heads import without_optimizer
from training.classifier.history_plot import plot_history
from training.classifier.job import Job
from training.classifier.loop import build, fit
from training.classifier.run_report import save_report
from training.classifier.teaching import Lessons
from training.classifier.weights import Description, blend, start_description
from training.data.samples import Part, Split
from training.faces.doubts import read_doubts
from training.faces.store import CropStore
from training.runs import ModelFacts, RunFolder, save_json, save_options


@dataclass(frozen=True, slots=True)
class Material:
    """What a job's network learns from, and what it is to take and give; `plain` are training faces to be judged."""

    facts: ModelFacts
    train: PictureBatches
    validation: PictureBatches
    plain: PictureBatches | None = None


def load_material(job: Job) -> Material:
    """Open the crops of `job`.

    Raises:
        InputError: if they cannot be read, a part of them is empty, or they hold a class that the network to start from
            does not know.
        UsageError: if a teacher spoke of crops that are left out.
    """
    if job.teacher and job.without:
        raise UsageError(f"{job.teacher}: is about all crops; leave out --without, or the teacher")
    store = CropStore.load(job.crops)
    if job.without is not None:
        store = store.without(read_doubts(job.without))
    known = start_description(job.start) if job.start else None
    facts = ModelFacts(
        labels=_labels(job, store, known),
        kinds=(known and known.kinds) or kinds_of(store),
        kind_thresholds=known.kind_thresholds if known else {},
        input=job.backbone.input_spec(job.size, margin=job.margin),
        backbone=job.backbone.name,
    )
    lessons = Lessons.load(job.teacher, job.crops, labels=facts.labels, kinds=facts.kinds) if job.teacher else None
    train = face_batches(store, Part.TRAIN, facts, job.recipe, lessons)
    validation = face_batches(store, Part.VALIDATION, facts, job.recipe)
    return Material(facts, train, validation, plain_faces(store, facts, job.recipe))


def _labels(job: Job, store: CropStore, known: Description | None) -> tuple[Label, ...]:
    """Those of the network that is learnt on from: it keeps a class that the crops lack, and cannot learn another."""
    if known is None:
        return labels_of(store)
    new = [label for label in labels_of(store) if label not in known.labels]
    if new:
        raise InputError(
            f"{job.start}: does not know {', '.join(new)}, which {store.path} holds; learn from a backbone's weights"
        )
    return known.labels


def begin(job: Job, run: RunFolder, material: Material, *, command: str = "finetune") -> None:
    """Write what is known of a run before it trains: options, split, what the network will take and give."""
    if not job.pretrained:
        click.echo(f"{job.backbone.name}: no pretrained weights; the whole network learns from random ones")
    split = Split.load(job.split)
    save_options(run, command=command, options=job.options(), samples=split.samples)
    split.save(run.split)
    run.model_facts.write_text(material.facts.model_dump_json(indent=1) + "\n")


def finetune(job: Job, run: RunFolder, *, command: str = "finetune", after_s: float = 0.0) -> float:
    """Train `job`, going on from the checkpoint in `run` where there is one, and fill the run folder.

    Args:
        job: what to train.
        run: where to.
        command: what the user called, for the record.
        after_s: what follows afterwards, seconds, for the time left that is shown.

    Returns:
        accuracy on the validation part, in [0, 1].
    """
    material = load_material(job)
    begin(job, run, material, command=command)
    model = build(job, material.facts)
    state = fit(
        model, job, run, train=material.train, validation=material.validation, plain=material.plain, after_s=after_s
    )
    if job.start is not None and job.recipe.blend:
        blend(model, job.start, job.recipe.blend)
    return finish(run, model, state, material)


def finish(run: RunFolder, model: keras.Model, state: TrainingState, material: Material) -> float:
    """Write what a finished run leaves: history, plot, model, report.

    Returns:
        accuracy on the validation part, in [0, 1].
    """
    save_json(run.history, state.history)
    plot_history(state.history, run.history_plot)
    probabilities = model.predict(material.validation, verbose=0)[:, : len(material.facts.labels)]
    accuracy = save_report(
        run, material.validation.targets, probabilities, material.facts.labels, epoch=state.best_epoch
    )
    without_optimizer(model).save(run.model)
    return accuracy
