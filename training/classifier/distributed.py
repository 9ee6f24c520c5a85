"""Synchronous data-parallel fine-tuning on several GPUs or machines, with TensorFlow's own `tf.distribute`.

Every worker reads its share of each batch; gradients are summed over all of them, so that any number of workers takes
the steps that one would. Keras 3's `fit` does not run under MultiWorkerMirroredStrategy: the loop is written out.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

import click
import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray
from sklearn.metrics import accuracy_score, f1_score

from edge.errors import MaskgateError
from training.classifier.batches import PictureBatches, Share
from training.classifier.checkpoints import BestCheckpoints, TrainingState, advance, reseed_dropout
from training.classifier.finetune import Material, begin, finish, load_material
from training.classifier.job import Job
from training.classifier.loop import build, enter, patience_in
from training.classifier.objective import AnswerLoss
from training.classifier.recipe import stages
from training.runs import RunFolder

_LOST = (tf.errors.UnavailableError, tf.errors.AbortedError, tf.errors.InternalError, tf.errors.DeadlineExceededError)
"""What the workers' collective operations raise when one of them no longer answers."""


class WorkerLostError(MaskgateError):
    """Another worker is gone, and with it the run; it goes on when all are started again with --resume."""

    exit_code = 75


def make_strategy(workers: Sequence[str], index: int) -> tf.distribute.Strategy:
    """Join the other workers, or use this machine's GPUs alone if none are named; call before anything else of TF.

    Args:
        workers: host:port of all workers, in the same order everywhere; the first one is the chief.
        index: this one's place among them.
    """
    if not workers:
        return tf.distribute.MirroredStrategy()
    cluster = {"cluster": {"worker": list(workers)}, "task": {"type": "worker", "index": index}}
    os.environ["TF_CONFIG"] = json.dumps(cluster)
    return tf.distribute.MultiWorkerMirroredStrategy()


def is_chief(strategy: tf.distribute.Strategy) -> bool:
    """Whether this process writes the run folder."""
    resolver = strategy.cluster_resolver
    return resolver is None or not resolver.task_id


def finetune_distributed(job: Job, run: RunFolder, strategy: tf.distribute.Strategy) -> float | None:
    """Train `job` on all workers; the chief fills the run folder.

    Returns:
        accuracy on the validation part, in [0, 1]; None on the other workers.

    Raises:
        WorkerLostError: if another worker no longer answers.
    """
    material = load_material(job)
    if is_chief(strategy):
        begin(job, run, material)
    try:
        state = fit_distributed(job, run, strategy, material)
    except _LOST as error:
        cause = type(error).__name__
        raise WorkerLostError(f"{run.path}: a worker was lost ({cause}); start all again with --resume") from error
    if not is_chief(strategy):
        return None
    alone = build(job, material.facts)
    BestCheckpoints(run.checkpoints).load_best(alone)
    return finish(run, alone, state, material)


def fit_distributed(job: Job, run: RunFolder, strategy: tf.distribute.Strategy, material: Material) -> TrainingState:
    """Run all stages on all workers, going on from the checkpoint where there is one; the chief saves.

    All workers must see the same run folder when they start.
    """
    checkpoints = BestCheckpoints(run.checkpoints)
    state = checkpoints.load()
    restore = state.epochs > 0
    with strategy.scope():
        model = build(job, material.facts)
    plan = stages(job.recipe, pretrained=job.pretrained)
    for stage in plan:
        if state.stopped or state.epochs >= stage.last:
            continue
        with strategy.scope():
            state = enter(
                stage, model, job, checkpoints, state, steps_per_epoch=material.train.num_batches, restore=restore
            )
        restore = False
        passes = _Passes(
            model, strategy, classes=len(material.facts.labels), label_smoothing=job.recipe.label_smoothing
        )
        while state.epochs < stage.last and not state.stopped:
            with strategy.scope():
                reseed_dropout(model, job.recipe.seed, state.epochs)
            figures = _epoch(passes, material, state.epochs)
            state, improved = advance(
                state, figures, patience=patience_in(stage, plan, job.recipe), keep=job.recipe.keep
            )
            if is_chief(strategy):
                checkpoints.save(model, state, improved=improved)
                click.echo(f"epoch {state.epochs}  " + "  ".join(f"{k} {v:.4g}" for k, v in figures.items()))
    return state


def _epoch(passes: _Passes, material: Material, epoch: int) -> dict[str, float]:
    began = time.monotonic()
    material.train.seek(epoch)
    loss, accuracy, macro_f1 = passes.over(material.train, learn=True)
    val_loss, val_accuracy, val_macro_f1 = passes.over(material.validation, learn=False)
    return {
        "accuracy": accuracy,
        "loss": loss,
        "macro_f1": macro_f1,
        "val_accuracy": val_accuracy,
        "val_loss": val_loss,
        "val_macro_f1": val_macro_f1,
        "seconds": time.monotonic() - began,
    }


class _Passes:
    """A compiled model's passes over a set of pictures, shared among the replicas of a strategy."""

    def __init__(
        self, model: keras.Model, strategy: tf.distribute.Strategy, *, classes: int, label_smoothing: float
    ) -> None:
        self._model, self._strategy, self._classes = model, strategy, classes
        self._loss = AnswerLoss(classes=classes, label_smoothing=label_smoothing, reduction="none")
        self._learning = tf.function(lambda *share: strategy.run(self._learn, args=share), autograph=False)
        self._looking = tf.function(lambda *share: strategy.run(self._look, args=share), autograph=False)

    def over(self, batches: PictureBatches, *, learn: bool) -> tuple[float, float, float]:
        """One pass.

        Returns:
            mean loss, accuracy and macro F1 over all workers' samples.
        """
        run = self._learning if learn else self._looking
        loss, confusion = 0.0, np.zeros((self._classes, self._classes))
        for share in self._shares(batches):
            losses, confusions = run(*share)
            loss += float(self._strategy.reduce(tf.distribute.ReduceOp.SUM, losses, axis=None))
            confusion += self._strategy.reduce(tf.distribute.ReduceOp.SUM, confusions, axis=None).numpy()
        return loss / batches.shown, *_scores(confusion)

    def _shares(self, batches: PictureBatches) -> Iterator[tuple[tf.Tensor, ...]]:
        """Each batch's shares of this worker's replicas; the next one is read while this one is computed."""
        with ThreadPoolExecutor(max_workers=1) as reader:
            following = reader.submit(self._share, batches, 0)
            for index in range(batches.num_batches):
                share = following.result()
                if index + 1 < batches.num_batches:
                    following = reader.submit(self._share, batches, index + 1)
                yield share

    def _share(self, batches: PictureBatches, index: int) -> tuple[tf.Tensor, ...]:
        count = self._strategy.num_replicas_in_sync
        shares: dict[int, Share] = {}

        def part(position: int, context: tf.distribute.ValueContext) -> tf.Tensor:
            rank = context.replica_id_in_sync_group
            if rank not in shares:
                shares[rank] = batches.share(index, rank=rank, count=count)
            return tf.convert_to_tensor(shares[rank][position])

        return tuple(
            self._strategy.experimental_distribute_values_from_function(lambda context, at=at: part(at, context))
            for at in range(4)
        )

    def _learn(
        self, inputs: tf.Tensor, targets: tf.Tensor, weights: tf.Tensor, size: tf.Tensor
    ) -> tuple[tf.Tensor, ...]:
        variables = self._model.trainable_variables
        with tf.GradientTape() as tape:
            probabilities = self._model(inputs, training=True)
            total = tf.reduce_sum(self._loss(targets, probabilities) * weights)
            loss = total / size
        self._apply(tape.gradient(loss, variables))
        return total, self._confusion(targets, probabilities, weights)

    def _apply(self, gradients: list[tf.Tensor]) -> None:
        """Take one step along the sum of all replicas' gradients.

        Keras' optimizer limits the norm of each replica's part and sums afterwards; the limit is meant for the sum.
        """
        context = tf.distribute.get_replica_context()
        whole = context.all_reduce(tf.distribute.ReduceOp.SUM, gradients)
        limit = self._model.optimizer.global_clipnorm
        if limit is not None:
            whole, _ = tf.clip_by_global_norm(whole, limit)
        parts = [gradient / context.num_replicas_in_sync for gradient in whole]
        self._model.optimizer.apply(parts, self._model.trainable_variables)

    def _look(
        self, inputs: tf.Tensor, targets: tf.Tensor, weights: tf.Tensor, _size: tf.Tensor
    ) -> tuple[tf.Tensor, ...]:
        probabilities = self._model(inputs, training=False)
        total = tf.reduce_sum(self._loss(targets, probabilities) * weights)
        return total, self._confusion(targets, probabilities, weights)

    def _confusion(self, targets: tf.Tensor, probabilities: tf.Tensor, weights: tf.Tensor) -> tf.Tensor:
        counted = tf.cast(weights > 0, tf.float32)
        truth, said = (tf.argmax(answer[:, : self._classes], axis=1) for answer in (targets, probabilities))
        return tf.math.confusion_matrix(truth, said, self._classes, weights=counted, dtype=tf.float32)


def _scores(confusion: NDArray[np.float64]) -> tuple[float, float]:
    """Accuracy and macro F1 of a confusion matrix (rows: truth)."""
    truth, said = (indices.ravel() for indices in np.indices(confusion.shape))
    counts = confusion.ravel()
    f1 = f1_score(truth, said, sample_weight=counts, average="macro", zero_division=0)
    return float(accuracy_score(truth, said, sample_weight=counts)), float(f1)
