"""The whole way from a run to converted, verified models."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from ai_edge_litert.interpreter import Interpreter

from convert.conversion import Outcome, convert_run
from convert.recipes import RECIPES, Recipe
from convert.run import open_run
from edge.types import Box, Label


@pytest.fixture(scope="module")
def outcomes(finished_run: Path) -> dict[str, Outcome]:
    """Every recipe, converted once."""
    found = convert_run(open_run(finished_run), list(RECIPES.values()))
    return {outcome.candidate.recipe.name: outcome for outcome in found}


@pytest.mark.parametrize("recipe", RECIPES.values(), ids=list(RECIPES))
def test_every_recipe_judges_as_keras(outcomes: dict[str, Outcome], recipe: Recipe) -> None:
    """On pictures whose colour is plain no recipe may err."""
    verification = outcomes[recipe.name].verification
    assert verification.passed
    assert (verification.accuracy, verification.keras_accuracy, verification.agreement) == (1, 1, 1)
    assert verification.pictures == 18
    assert verification.max_difference < (1e-5 if recipe.weights == "float32" else 0.05)


def test_weights_shrink_with_their_number(outcomes: dict[str, Outcome]) -> None:
    """The size that is reported is the file's."""
    for outcome in outcomes.values():
        assert outcome.verification.size_bytes == outcome.candidate.model.stat().st_size


@pytest.mark.parametrize(("name", "dtype"), [("float32", np.float32), ("dynamic-range", np.float32), ("int8", np.int8)])
def test_input_and_output_have_the_recipe_s_type(outcomes: dict[str, Outcome], name: str, dtype: type) -> None:
    """Only int8 activations make int8 inputs and outputs; the batch is always one picture."""
    interpreter = Interpreter(model_path=str(outcomes[name].candidate.model))
    for details in (interpreter.get_input_details()[0], interpreter.get_output_details()[0]):
        assert details["dtype"] is dtype
        assert next(iter(details["shape_signature"])) == 1


def test_the_kiosk_loads_a_candidate(outcomes: dict[str, Outcome]) -> None:
    """A candidate's folder is complete: manifest, thresholds and all."""
    classifier = outcomes["int8"].candidate.load()
    blue = np.zeros((30, 30, 3), np.uint8)
    blue[..., 0] = 255
    assert classifier(blue, Box(0, 0, 30, 30)).label is Label.INCORRECT_MASK
    assert classifier.manifest.thresholds == {Label.WITH_MASK: 0.4}


def test_the_recipe_lies_beside_the_model(outcomes: dict[str, Outcome]) -> None:
    """What was asked for, and how many pictures of each label the quantiser saw."""
    record = json.loads((outcomes["int8"].candidate.folder / "recipe.json").read_text())
    assert (record["name"], record["weights"], record["activations"]) == ("int8", "int8", "int8")
    assert record["calibration"] == {"incorrect_mask": 6, "with_mask": 6, "without_mask": 6}
