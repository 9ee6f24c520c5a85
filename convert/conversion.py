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
from convert.recipes import Recipe
from convert.run import LabelledPicture, Run, labelled_pictures
from convert.verify import Verification, verify
from edge.manifest import InputSpec


@dataclass(frozen=True, slots=True)
class Outcome:
    """A converted model and what was measured on it."""

    candidate: Candidate
    verification: Verification


def convert_run(run: Run, recipes: Sequence[Recipe], *, max_loss: float | None = None) -> Iterator[Outcome]:
    """Convert a run's network by each recipe into `converted/<recipe>/`, and verify it on the validation part.

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
    spec = run.facts.input
    model = tflite.load_keras(run)
    expected = tflite.keras_probabilities(model, calibration.network_inputs(validation, spec), len(validation))
    with TemporaryDirectory(prefix="maskgate-") as scratch:
        saved_model = Path(scratch) / "network"
        tflite.save_for_conversion(model, saved_model)
        for recipe in recipes:
            shown = calibration.choose(training, recipe.calibration_pictures)
            content = tflite.convert(saved_model, recipe, _inputs(shown, spec))
            candidate = save_candidate(run, recipe, content, shown)
            yield _verified(candidate, validation, expected, max_loss)


def _inputs(pictures: Sequence[LabelledPicture], spec: InputSpec) -> tflite.NetworkInputs:
    return lambda: calibration.network_inputs(pictures, spec)


def _verified(
    candidate: Candidate, pictures: Sequence[LabelledPicture], expected: NDArray[np.float32], max_loss: float | None
) -> Outcome:
    verification = verify(candidate, pictures, expected, max_loss=max_loss)
    verification.save(candidate.verification)
    return Outcome(candidate, verification)
