"""A few training steps and a short run on whatever backend KERAS_BACKEND names; prints the losses as JSON.

Argument: a folder to write to.
"""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path

import keras
import numpy as np

from tests.training import tiny
from training.classifier import loop
from training.classifier.recipe import prepare, stages
from training.runs import RunFolder

RECIPE = replace(tiny.RECIPE, head_epochs=1, upper_epochs=1, dropout=0.0)


def known_weights(model: keras.Model) -> None:
    """The same weights on every backend: each draws its own random ones."""
    rng = np.random.default_rng(3)
    model.set_weights([rng.uniform(0.01, 0.3, value.shape).astype(np.float32) for value in model.get_weights()])


def main(folder: Path) -> None:
    """Three steps on one batch in the upper stage, then both stages with checkpoints."""
    job = tiny.job(folder, recipe=RECIPE)
    model = loop.build(job, tiny.FACTS)
    known_weights(model)
    prepare(model, job.backbone, stages(RECIPE, pretrained=True)[1], RECIPE, steps_per_epoch=3)
    inputs, targets, weights = tiny.batches(12, seed=1, shuffle=False)[0]
    losses = [float(model.train_on_batch(inputs, targets, sample_weight=weights)[0]) for _ in range(3)]

    model = loop.build(job, tiny.FACTS)
    train, validation = tiny.batches(24, seed=1, shuffle=True), tiny.batches(6, seed=2, shuffle=False)
    state = loop.fit(model, job, RunFolder(folder / "run"), train=train, validation=validation)
    model.save(folder / "model.keras")
    print(json.dumps({"backend": keras.backend.backend(), "losses": losses, "history": state.history}))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
