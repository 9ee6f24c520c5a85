"""What a network knows, to learn on from: a finished run's, or the half-precision weights beside a shipped model."""

from __future__ import annotations

from pathlib import Path

import keras
import numpy as np
from numpy.typing import NDArray

from edge.errors import ModelError
from edge.networks.manifest import WEIGHTS_FILE, Manifest, load_manifest
from training.classifier.heads import KIND_LAYER
from training.runs import ModelFacts, RunFolder, load_model_facts

Weights = dict[str, list[NDArray[np.float32]]]
"""Layer -> its weights."""


def start_file(folder: Path) -> Path:
    """The file that `read_weights` reads of a run's folder, or of a shipped model's."""
    run = RunFolder(folder)
    return run.model if run.model.is_file() else folder / WEIGHTS_FILE


Description = ModelFacts | Manifest
"""Either names the labels and kinds of masks that a network tells apart, and how sure of kinds it must be."""


def start_description(folder: Path) -> Description:
    """What describes the network in a run's folder, or in a shipped model's.

    Raises:
        InputError, ModelError: if it cannot be read.
    """
    run = RunFolder(folder)
    return load_model_facts(run) if run.model.is_file() else load_manifest(folder)


def read_weights(folder: Path) -> Weights:
    """Weights of the network in a run's folder, or in a shipped model's.

    Raises:
        ModelError: if it holds none, or they cannot be read.
    """
    path = start_file(folder)
    try:
        if path.suffix == ".keras":
            layers = keras.saving.load_model(path, compile=False).layers
            return {layer.name: layer.get_weights() for layer in layers if layer.weights}
        weights: Weights = {}
        with np.load(path) as arrays:
            for key in sorted(arrays.files, key=lambda key: (key.rpartition("/")[0], int(key.rpartition("/")[2]))):
                weights.setdefault(key.rpartition("/")[0], []).append(arrays[key].astype(np.float32))
    except (ValueError, OSError, TypeError) as error:
        raise ModelError(f"{path}: cannot be used as a starting point ({str(error).splitlines()[0]})") from error
    return weights


def blend(model: keras.Model, folder: Path, share: float) -> None:
    """Move the weights of `model` towards those of the network in `folder`, which it learnt on from, by `share`.

    The mean of both networks' weights knows what each of them knew, as long as one began as the other (Wortsman et al.,
    "Robust fine-tuning of zero-shot models", 2022).

    Raises:
        ModelError: if they cannot be read.
    """
    before = read_weights(folder)
    for layer in model.layers:
        if layer.weights and layer.name in before:
            pairs = zip(before[layer.name], layer.get_weights(), strict=True)
            layer.set_weights([share * old + (1 - share) * new for old, new in pairs])


def take_over(model: keras.Model, folder: Path) -> None:
    """Give `model` what the network in `folder` knows; what it says of kinds is new where that one told none.

    Raises:
        ModelError: if the networks differ in anything else.
    """
    weights = read_weights(folder)
    for layer in model.layers:
        if not layer.weights or (layer.name == KIND_LAYER and layer.name not in weights):
            continue
        try:
            layer.set_weights(weights[layer.name])
        except (KeyError, ValueError) as error:
            raise ModelError(
                f"{start_file(folder)}: cannot be started from: layer {layer.name} is missing or of another shape"
            ) from error
