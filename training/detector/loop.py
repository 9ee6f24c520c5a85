"""The detector's training run: epochs, average, checkpoints, validation as the kiosk would see it."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import click
import cv2
import keras
from pydantic import Field, JsonValue

from edge.networks.detector import Detector, FaceSsd
from edge.pictures import read_picture
from training.checkpoints import Checkpoints, RunState
from training.data.scenes import MIN_SHARE
from training.detector.anchors import LEVELS
from training.detector.averaging import AverageWeights
from training.detector.batches import SceneBatches
from training.detector.folding import restore
from training.detector.losses import SsdLoss
from training.detector.model import build_ssd, freeze_stem, with_joined_maps
from training.detector.pictures import Picture
from training.detector.places import Place
from training.detector.publish import write_model_folder
from training.detector.scoring import DetectionTally, roomy
from training.progress import ProgressBar
from training.tensorboard import tensorboard

FALSE_PER_PICTURE = 0.05
"""On the validation part, at the threshold whose recall tells how the run goes; `shipping` chooses the one to ship."""


@dataclass(frozen=True, slots=True)
class SsdRecipe:
    """The choices of a run.

    Attributes:
        epochs: passes over the training pictures; the rate falls to 0 along a cosine over all of them.
        batch_size: canvases a step.
        pictures: an epoch shows no more than so many, drawn anew for each; None shows all.
        rate: peak learning rate of AdamW, reached after `warmup` of the steps.
        decay: weight decay.
        frozen_until: layer up to which ImageNet's weights stay; None trains all.
        averaging: share of the weights' average kept at each step; the average is what is validated and shipped.
        validate_every: epochs from one validation to the next.
        seed: decides order, augmentation and first weights.
    """

    epochs: int = 40
    batch_size: int = 16
    pictures: int | None = None
    rate: float = 2e-3
    warmup: float = 0.03
    decay: float = 1e-4
    frozen_until: str | None = "block_2_add"
    averaging: float = 0.996
    validate_every: int = 2
    seed: int = 42


class SsdState(RunState):
    """Where a run stands after a whole epoch; `best` is the highest average precision on the validation part."""

    best: float = 0.0
    min_score: float = 0.5
    history: list[dict[str, float]] = Field(default_factory=list)

    @property
    def weights_name(self) -> str:
        """Of two epochs in turn."""
        return f"{self.epochs % 2}.weights.h5"

    @property
    def average_name(self) -> str:
        """File with the average of the weights, of two epochs in turn."""
        return f"{self.epochs % 2}.average.npz"


def fit(
    run: Path,
    recipe: SsdRecipe,
    train: Sequence[Picture],
    validation: Sequence[Place],
    *,
    weights: Path | None,
    start: Path | None = None,
    portraits: Sequence[Picture] = (),
    stop_after: int | None = None,
) -> SsdState:
    """Train, or go on where `run` stopped; the best average so far lies in `run/best`, a model folder.

    Args:
        run: folder for checkpoints, log and models.
        recipe: the choices.
        train: scenes to learn from. portraits: pictures of single faces, shown less often.
        validation: scenes that decide which epoch is best.
        weights: ImageNet weights for a new run. start: folder of a whole detector for it instead, whose batch norms are
            folded in.
        stop_after: stop after this many epochs; a later call resumes.

    Raises:
        InputError: if a checkpoint or the weights are damaged.
    """
    keras.utils.set_random_seed(recipe.seed)
    model = restore(start) if start else build_ssd(LEVELS, weights=weights, seed=recipe.seed)
    freeze_stem(model, until=recipe.frozen_until)
    joined = with_joined_maps(model)
    batches = SceneBatches(
        train,
        LEVELS,
        batch_size=recipe.batch_size,
        seed=recipe.seed,
        portraits=portraits,
        most=recipe.pictures,
    )
    optimizer = keras.optimizers.AdamW(
        _schedule(recipe, recipe.epochs * len(batches)), weight_decay=recipe.decay, clipnorm=10.0
    )
    joined.compile(optimizer, SsdLoss(), jit_compile=keras.backend.backend() == "jax")
    optimizer.build(joined.trainable_variables)
    average = AverageWeights(joined, decay=recipe.averaging)
    checkpoints = Checkpoints(run / "checkpoints", SsdState())
    state = checkpoints.load()
    if state.epochs:
        checkpoints.load_weights(joined, state)
        checkpoints.read(checkpoints.folder / state.average_name, average.load)
    while state.epochs < min(recipe.epochs, stop_after or recipe.epochs):
        batches.go_to(state.epochs)
        began = time.monotonic()
        figures = joined.fit(
            batches,
            initial_epoch=state.epochs,
            epochs=state.epochs + 1,
            shuffle=False,
            verbose=0,
            callbacks=[average, ProgressBar(epochs=recipe.epochs), *tensorboard(run / "tensorboard")],
        )
        row = {"epoch": float(state.epochs + 1), "loss": float(figures.history["loss"][0])}
        row["seconds"] = time.monotonic() - began
        state = state.model_copy(update={"epochs": state.epochs + 1})
        if state.epochs % recipe.validate_every == 0 or state.epochs == recipe.epochs:
            with _averaged(joined, average):
                state = _validate(model, run, recipe, validation, state, row)
        state = state.model_copy(update={"history": [*state.history, row]})
        checkpoints.save_weights(joined, state)
        average.save(checkpoints.folder / state.average_name)
        checkpoints.save_state(state)
        if "ap" in row:
            click.echo("validation  " + "  ".join(f"{name} {row[name]:.4g}" for name in ("ap", "recall", "min_score")))
    return state


def detect_scenes(detector: Detector, places: Sequence[Place], *, min_share: float) -> DetectionTally:
    """Run a detector on scenes; a detection counts where data sets' different boxes allow (`roomy`)."""
    tally = DetectionTally(min_share=min_share, match=roomy)
    # Pictures of one size after the other: OpenCV lays a network out anew for each other one.
    for place in sorted(places, key=lambda place: (place.scene.width, place.scene.height)):
        tally.add(place.scene, detector(read_picture(place.path)))
    return tally


def _validate(
    model: keras.Model,
    run: Path,
    recipe: SsdRecipe,
    places: Sequence[Place],
    state: SsdState,
    row: dict[str, float],
) -> SsdState:
    """Measure the exported model; keep it as `run/best` if it is the best so far, else as `run/last`."""
    write_model_folder(model, run / "last", LEVELS, min_score=0.5)
    cv2.setNumThreads(1)
    tally = detect_scenes(FaceSsd(run / "last", min_score=0.05), places, min_share=MIN_SHARE)
    threshold = tally.threshold(FALSE_PER_PICTURE)
    row["ap"] = tally.average_precision
    row["recall"] = tally.recall_by(threshold, {"all": (0, 10)})["all"]
    row["min_score"] = threshold
    if row["ap"] < state.best:
        return state
    facts: dict[str, JsonValue] = {"epochs": state.epochs, "recipe": asdict(recipe)}
    figures: dict[str, JsonValue] = {
        "validation_ap": round(row["ap"], 4),
        "validation_recall": round(row["recall"], 4),
    }
    write_model_folder(model, run / "best", LEVELS, min_score=round(threshold, 3), training=facts, figures=figures)
    return state.model_copy(update={"best": row["ap"], "min_score": threshold})


def _schedule(recipe: SsdRecipe, steps: int) -> keras.optimizers.schedules.LearningRateSchedule:
    warmup = max(1, round(steps * recipe.warmup))
    return keras.optimizers.schedules.CosineDecay(
        recipe.rate / 20, max(1, steps - warmup), alpha=0.01, warmup_target=recipe.rate, warmup_steps=warmup
    )


@contextlib.contextmanager
def _averaged(model: keras.Model, average: AverageWeights) -> Iterator[None]:
    """Within, the model has its average weights; afterwards those it is being trained with."""
    trained = model.get_weights()
    model.set_weights(average.weights)
    try:
        yield
    finally:
        model.set_weights(trained)
