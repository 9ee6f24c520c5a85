"""The mask classifier: a backbone, and a small head that turns its feature map into class probabilities."""

from __future__ import annotations

import keras
from keras import layers

from training.runs import LABEL_LAYER

HEAD_BEGINS = "head_pooling"
"""Name of the first layer above the backbone."""

KIND_LAYER = "head_kinds"
"""Name of the dense layer that ends in the softmax over the kinds of masks; `LABEL_LAYER` is that of the labels."""


def classic_classifier(base: keras.Model, *, classes: int) -> keras.Model:
    """The head of the well-known script on a frozen base: mean over the map, dense 128 ReLU, dropout 0.5, softmax.

    The script pools over 7 x 7, which is the whole map of its backbones at 224 x 224; other maps are pooled whole too.

    Returns:
        a network from float32 (N, H, W, 3) to probabilities (N, classes); only the head is trainable.
    """
    base.trainable = False
    features = layers.AveragePooling2D(base.output.shape[1:3])(base.output)
    features = layers.Flatten()(features)
    features = layers.Dense(128, activation="relu")(features)
    features = layers.Dropout(0.5)(features)
    return keras.Model(base.input, layers.Dense(classes, activation="softmax")(features), name="mask_classifier")


def mask_classifier(base: keras.Model, *, classes: int, kinds: int = 0, dropout: float) -> keras.Model:
    """A light head: mean over the whole feature map, dropout, softmax. Any input size, few weights to overfit.

    Kinds of masks get a softmax of their own on the same features. It follows the first in one output: a TFLite file
    keeps no order of several.

    Returns:
        one flat network from float32 (N, H, W, 3) to probabilities (N, classes + kinds).
    """
    features = layers.GlobalAveragePooling2D(name=HEAD_BEGINS)(base.output)
    features = layers.Dropout(dropout, name="head_dropout")(features)
    answer = layers.Dense(classes, activation="softmax", name=LABEL_LAYER)(features)
    if kinds:
        of_kinds = layers.Dense(kinds, activation="softmax", name=KIND_LAYER)(features)
        answer = layers.Concatenate(name="head_answer")([answer, of_kinds])
    return keras.Model(base.input, answer, name="mask_classifier")


def without_optimizer(model: keras.Model) -> keras.Model:
    """The same layers and weights as a model that was never compiled: what is saved to be used, not to train on."""
    return keras.Model(model.input, model.output, name=model.name)
