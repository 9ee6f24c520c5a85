"""Every trainer's figures for TensorBoard: `tensorboard --logdir RUNS`."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import keras


def tensorboard(folder: Path) -> list[keras.callbacks.Callback]:
    """What writes loss and accuracy of each epoch below `folder`.

    Keras' callback writes through TensorFlow, which a run on another backend may not have: nothing is written then.
    """
    if find_spec("tensorflow") is None:
        return []
    return [keras.callbacks.TensorBoard(str(folder), write_graph=False)]
