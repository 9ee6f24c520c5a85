"""The whole way of one run: convert by each recipe, verify each result against Keras."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from numpy.typing import NDArray

from convert import calibration, tflite
from convert.candidate import Candidate, save_candidate
from convert.mixed import MixedQuantizer, Sensitivity
from convert.pictures import LabelledPicture, labelled_pictures
from convert.recipes import FLOAT32, RECIPES, WANTED_LOSS, Recipe
from convert.run import Run
from convert.verify import Verification, verify


@dataclass(frozen=True, slots=True)
class Outcome:
    """A converted model and what was measured on it."""

    candidate: Candidate
    verification: Verification

    @property
    def recipe(self) -> Recipe:
        return self.candidate.recipe

    @property
    def good(self) -> bool:
        """Whether it is worth shipping; one that is not may still pass."""
        verification = self.verification
        # One face of few is no reason to try another recipe.
        wanted = max(WANTED_LOSS, 1 / verification.pictures)
        return verification.passed and verification.loss <= wanted + 1e-9


def convert_run(run: Run, recipes: Sequence[Recipe], *, max_loss: float | None = None) -> Iterator[Outcome]:
    """Convert a run's network by each recipe into `converted/<recipe>/`, and verify it on the validation part.

    Where a recipe loses more than WANTED_LOSS, its fallback comes next.

    Args:
        run: a finished one.
        recipes: which conversions.
        max_loss: accuracy in [0, 1] a conversion may lose; each recipe's own limit if None.

    Yields:
        an outcome as soon as it is known, passed or failed.

    Raises:
        InputError: if a file of the run or a picture cannot be read.
        ModelError: if the network cannot be converted, or the kiosk would refuse the result.
    """
    training, validation = labelled_pictures(run, "train"), labelled_pictures(run, "validation")
    model = tflite.load_keras(run)
    inputs = calibration.network_inputs(validation, run.facts.input)
    expected = tflite.keras_probabilities(model, inputs, len(validation))
    with TemporaryDirectory(prefix="maskgate-") as scratch:
        network = _Network(run, Path(scratch) / "network", training)
        tflite.save_for_conversion(model, network.saved_model)
        waiting, tried = list(recipes), set[str]()
        while waiting:
            recipe = waiting.pop(0)
            tried.add(recipe.name)
            candidate = network.convert(recipe)
            verification = verify(candidate, validation, expected, max_loss=max_loss)
            verification.save(candidate.verification)
            outcome = Outcome(candidate, verification)
            yield outcome
            if recipe.fallback and recipe.fallback not in tried and not outcome.good:
                fallback = RECIPES[recipe.fallback]
                waiting = [fallback, *(other for other in waiting if other is not fallback)]


def choose(outcomes: Sequence[Outcome], name: str) -> Outcome:
    """What to publish for the recipe `name`: the first good one of it and its fallbacks, else what loses least."""
    by_name = {outcome.recipe.name: outcome for outcome in outcomes}
    line = []
    while name in by_name:
        line.append(by_name[name])
        name = by_name[name].recipe.fallback
    return next(
        (outcome for outcome in line if outcome.good),
        min(line, key=lambda outcome: (not outcome.verification.passed, outcome.verification.loss)),
    )


def choose_passed(outcomes: Sequence[Outcome], name: str) -> Outcome | None:
    """What to publish: what `choose` says if it passed, else the smallest conversion that did; None if none did."""
    chosen = choose(outcomes, name)
    passed = [outcome for outcome in outcomes if outcome.verification.passed]
    return chosen if chosen in passed else min(passed, key=lambda one: one.verification.size_bytes, default=None)


def refused(outcomes: Sequence[Outcome], asked: Sequence[Recipe]) -> list[Outcome]:
    """Those of the recipes asked for that failed and have no fallback that passed."""
    return [
        outcome
        for outcome in outcomes
        if outcome.recipe in asked and not choose(outcomes, outcome.recipe.name).verification.passed
    ]


class _Network:
    """One network on its way from Keras; what several recipes need is worked out once."""

    def __init__(self, run: Run, saved_model: Path, training: Sequence[LabelledPicture]) -> None:
        self.saved_model = saved_model
        self._run = run
        self._training = training
        self._mixed: dict[int, tuple[MixedQuantizer, list[Sensitivity]]] = {}

    def convert(self, recipe: Recipe) -> Candidate:
        """Write what the recipe makes of the network into the run's folder."""
        shown = calibration.choose(self._training, recipe.calibration_pictures)
        if not recipe.float_operations:
            return save_candidate(self._run, recipe, self._by_tensorflow(recipe, shown), shown)
        if recipe.calibration_pictures not in self._mixed:
            quantizer = MixedQuantizer(self._by_tensorflow(FLOAT32, ()), list(self._inputs(shown)))
            self._mixed[recipe.calibration_pictures] = quantizer, quantizer.sensitivities()
        quantizer, sensitivities = self._mixed[recipe.calibration_pictures]
        exceptions = sensitivities[: recipe.float_operations]
        content = quantizer.quantize([exception.tensor for exception in exceptions])
        return save_candidate(self._run, recipe, content, shown, exceptions=exceptions)

    def _by_tensorflow(self, recipe: Recipe, shown: Sequence[LabelledPicture]) -> bytes:
        return tflite.convert(self.saved_model, recipe, lambda: self._inputs(shown))

    def _inputs(self, pictures: Sequence[LabelledPicture]) -> Iterator[NDArray[np.float32]]:
        return calibration.network_inputs(pictures, self._run.facts.input)
