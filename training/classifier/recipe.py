"""How a network is fine-tuned: the numbers, the stages they make, and a network prepared for a stage."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import keras

from training.classifier.backbones import Backbone
from training.classifier.heads import HEAD_BEGINS
from training.classifier.objective import AnswerLoss, metrics
from training.runs import LABEL_LAYER


class Keep(StrEnum):
    """What makes an epoch the best one."""

    LOSS = "loss"
    MACRO_F1 = "macro-f1"
    LAST = "last"


@dataclass(frozen=True, slots=True)
class FinetuneRecipe:
    """The choices of a fine-tuning run.

    Attributes:
        head_epochs: epochs in which only the head learns.
        upper_epochs: epochs in which the upper blocks learn too; at most, early stopping may end them.
        head_rate: learning rate at the start of the first stage; each stage falls to 0 along a cosine.
        upper_rate: the same for the second stage.
        blocks: upper blocks to train, counted from the top (`Backbone.upper_blocks`).
        batch_size: samples a step, over all workers.
        label_smoothing: probability taken from the true class and spread over all (Szegedy et al., 2016).
        dropout: share of features dropped before the head's layers.
        balance: how far rare classes are made heavier: 0 not at all, 1 until all classes weigh the same in total.
        keep: which epoch's weights the run ends with: of the lowest validation loss, of the highest macro F1 there, or
            the last one.
        patience: epochs without a better one (see `keep`) before the run stops.
        limit: train on at most this many crops, chosen at random; None for all.
        draws: crops shown in an epoch, drawn anew for each with chances as their weights: light ones cost less time,
            heavy ones are seen in more versions. None shows every crop once, and makes its weight a factor of its loss.
        hard: how much heavier faces are that somebody noted something hard about (CropRecord.tags).
        soft: share of a teacher's answer in the target of a labelled face, where there is a teacher.
        blend: share of the weights of the network that was learnt on from in the result's; None for none. Half of them
            keeps what the old one knew of other pictures at hardly any cost on the new ones (Wortsman et al., 2022).
        seed: decides order, augmentation, dropout and first weights.
    """

    head_epochs: int = 3
    upper_epochs: int = 15
    head_rate: float = 1e-3
    upper_rate: float = 2e-4
    blocks: int = 2
    batch_size: int = 32
    label_smoothing: float = 0.05
    dropout: float = 0.3
    balance: float = 1.0
    keep: Keep = Keep.LOSS
    patience: int = 5
    limit: int | None = None
    draws: int | None = None
    hard: float = 1.0
    soft: float = 0.7
    blend: float | None = None
    seed: int = 42


@dataclass(frozen=True, slots=True)
class Stage:
    """A stretch of epochs [first, last) with one set of trainable layers and one learning-rate schedule.

    `blocks` is the number of upper blocks that learn: 0 the head only, None the whole network with its batch norms.
    """

    name: str
    first: int
    last: int
    rate: float
    blocks: int | None


def stages(recipe: FinetuneRecipe, *, pretrained: bool) -> tuple[Stage, ...]:
    """Head first, then the upper blocks; a network of random weights learns as a whole from the start.

    Raises:
        ValueError: if there is nothing to train.
    """
    total = recipe.head_epochs + recipe.upper_epochs
    if total < 1:
        raise ValueError(f"expected at least one epoch, received {recipe.head_epochs} and {recipe.upper_epochs}")
    if not pretrained:
        return (Stage("whole", 0, total, recipe.head_rate, None),)
    head = Stage("head", 0, recipe.head_epochs, recipe.head_rate, 0)
    upper = Stage("upper", recipe.head_epochs, total, recipe.upper_rate, recipe.blocks)
    return tuple(stage for stage in (head, upper) if stage.first < stage.last)


def unfreeze(model: keras.Model, backbone: Backbone, blocks: int | None) -> None:
    """Choose which layers learn. Batch norms of a pretrained network stay frozen: they then run on their stored
    statistics in training too, as they will after conversion.

    Args:
        model: head on top of `backbone`, as one flat network.
        backbone: names the points to cut at.
        blocks: see `Stage`.
    """
    if blocks is None:
        model.trainable = True
        return
    names = [layer.name for layer in model.layers]
    last_of_base = names.index(HEAD_BEGINS)
    cut = last_of_base if blocks == 0 else names.index(backbone.upper_blocks[blocks - 1]) + 1
    for position, layer in enumerate(model.layers):
        layer.trainable = position >= cut and not isinstance(layer, keras.layers.BatchNormalization)


def optimizer(stage: Stage, *, steps_per_epoch: int) -> keras.optimizers.Optimizer:
    """Adam with a rate that rises to `stage.rate` and falls to 0 along a cosine (Loshchilov and Hutter, 2017).

    The rise and the limit on the gradient's norm keep the first steps of newly thawed layers from destroying what they
    know: with frozen batch norms nothing else does, and a run was seen to collapse to equal probabilities.
    """
    steps = (stage.last - stage.first) * steps_per_epoch
    rise = steps // 20
    schedule = keras.optimizers.schedules.CosineDecay(
        stage.rate / 10, max(1, steps - rise), warmup_target=stage.rate, warmup_steps=rise
    )
    return keras.optimizers.Adam(schedule, global_clipnorm=1.0)


def prepare(
    model: keras.Model, backbone: Backbone, stage: Stage, recipe: FinetuneRecipe, *, steps_per_epoch: int
) -> None:
    """Make `model` ready to be fitted in `stage`, its optimizer with all its variables included."""
    classes = model.get_layer(LABEL_LAYER).units
    unfreeze(model, backbone, stage.blocks)
    chosen = optimizer(stage, steps_per_epoch=steps_per_epoch)
    chosen.build(model.trainable_variables)
    model.compile(
        chosen,
        AnswerLoss(classes=classes, label_smoothing=recipe.label_smoothing),
        metrics=metrics(classes=classes, kinds=model.output_shape[-1] - classes),
        # XLA is JAX's only way to compile; TensorFlow's own CPU kernels are faster without it.
        jit_compile=keras.backend.backend() == "jax",
    )
