"""A moving average of the weights: steadier than the last step's (Polyak and Juditsky, 1992)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import numpy as np
from keras import ops
from numpy.typing import NDArray

from edge.host.files import replacing


class AverageWeights(keras.callbacks.Callback):
    """Keeps the average of all weights, batch norms' statistics included, over about 1 / (1 - decay) steps.

    Args:
        averaged: whose weights are averaged.
        decay: share of the average kept at each step; less in the first steps.
    """

    def __init__(self, averaged: keras.Model, *, decay: float = 0.996) -> None:
        super().__init__()
        self._averaged, self._decay, self._steps = averaged, decay, 0
        self.weights: list[NDArray[np.float32]] = averaged.get_weights()

    def on_train_batch_end(self, batch: int, logs: object = None) -> None:
        self._steps += 1
        keep = min(self._decay, (1 + self._steps) / (10 + self._steps))
        for number, weight in enumerate(self._averaged.weights):
            self.weights[number] += (1 - keep) * (np.asarray(ops.convert_to_numpy(weight)) - self.weights[number])

    def save(self, path: Path) -> None:
        """Write averages and the number of steps, whole or not at all."""
        arrays: dict[str, Any] = {f"w{number:04d}": weight for number, weight in enumerate(self.weights)}
        with replacing(path) as fresh:
            np.savez(fresh, steps=np.array(self._steps), **arrays)

    def load(self, path: Path) -> None:
        """Read what `save` wrote."""
        with np.load(path) as stored:
            self._steps = int(stored["steps"])
            self.weights = [stored[name] for name in sorted(set(stored.files) - {"steps"})]
