"""The whole way from a run to converted, verified models."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from ai_edge_litert.interpreter import Interpreter

from convert import conversion
from convert.candidate import Candidate
from convert.conversion import Outcome, choose, choose_passed, convert_run, refused
from convert.recipes import DEFAULT_RECIPES, RECIPES, Recipe
from convert.run import Run, open_run
from convert.verify import Verification
from edge.types import Box, Label, MaskKind
from tests.convert.runs import write_run


@pytest.fixture(scope="module")
def outcomes(finished_run: Path) -> dict[str, Outcome]:
    """Every recipe, converted once."""
    found = convert_run(open_run(finished_run), [RECIPES[name] for name in DEFAULT_RECIPES])
    return {outcome.candidate.recipe.name: outcome for outcome in found}


@pytest.mark.parametrize("recipe", [RECIPES[name] for name in DEFAULT_RECIPES], ids=DEFAULT_RECIPES)
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


@pytest.mark.parametrize("recipe", ["float32", "int8", "int8-mixed"])
def test_kinds_are_converted_too(tmp_path: Path, recipe: str) -> None:
    """The one output carries both softmaxes, is verified as a whole, and the manifest names its kinds."""
    kinds = (MaskKind.SURGICAL, MaskKind.CLOTH)
    run = open_run(write_run(tmp_path / "colour", kinds=kinds))
    (outcome, *_) = convert_run(run, [RECIPES[recipe]])
    assert outcome.verification.passed
    assert (outcome.verification.kind_accuracy, outcome.verification.keras_kind_accuracy) == (1, 1)
    red = np.zeros((30, 30, 3), np.uint8)
    red[..., 2] = 255
    reading = outcome.candidate.load()(red, Box(0, 0, 30, 30))
    assert reading.label is Label.WITH_MASK
    assert reading.kinds[0][0] is MaskKind.SURGICAL
    assert reading.kinds[0][1] > 0.9


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


def outcome_of(outcome: Outcome, recipe: str, *, loss: float) -> Outcome:
    """An invented result: it passes up to half a point."""
    candidate = replace(outcome.candidate, recipe=RECIPES[recipe])
    failures = ("loses too much",) if loss > 0.005 else ()
    figures = {"recipe": recipe, "accuracy": outcome.verification.keras_accuracy - loss, "failures": failures}
    return Outcome(candidate, outcome.verification.model_copy(update=figures))


@pytest.mark.parametrize(
    ("losses", "published", "failed"),
    [
        ({"int8": 0.003}, "int8", False),
        ({"int8": 0.004, "int8-mixed": 0.002}, "int8-mixed", False),
        ({"int8": 0.004, "int8-mixed": 0.0045, "int8-mixed-12": 0.01}, "int8", False),
        ({"int8": 0.02, "int8-mixed": 0.004, "int8-mixed-12": 0.005}, "int8-mixed", False),
        ({"int8": 0.02, "int8-mixed": 0.03, "int8-mixed-12": 0.01}, "int8-mixed-12", True),
    ],
    ids=["good", "its fallback is good", "none is good", "itself fails", "all fail"],
)
def test_publishes_the_first_good_one_else_what_loses_least(
    outcome: Outcome, losses: dict[str, float], published: str, failed: bool
) -> None:
    """A recipe stands for its fallbacks: they are what it becomes where it loses too much."""
    outcomes = [outcome_of(outcome, recipe, loss=loss) for recipe, loss in losses.items()]
    assert choose(outcomes, "int8").recipe.name == published
    assert [one.recipe.name for one in refused(outcomes, [RECIPES["int8"]])] == ["int8"] * failed


@pytest.mark.parametrize(
    ("losses", "published"),
    [
        ({"float16": 0.0, "int8": 0.003}, "int8"),
        ({"float32": 0.0, "float16": 0.0, "int8": 0.02}, "float16"),
        ({"float16": 0.01, "int8": 0.02}, None),
    ],
    ids=["what was asked for", "the smallest that passed", "nothing"],
)
def test_what_passed_is_published(outcome: Outcome, losses: dict[str, float], published: str | None) -> None:
    """A recipe that fails does not take those with it that passed."""
    sizes = {"float32": 4, "float16": 2, "int8": 1}
    outcomes = [outcome_of(outcome, recipe, loss=loss) for recipe, loss in losses.items()]
    outcomes = [
        Outcome(one.candidate, one.verification.model_copy(update={"size_bytes": sizes[one.recipe.name]}))
        for one in outcomes
    ]
    chosen = choose_passed(outcomes, "int8")
    assert (chosen.recipe.name if chosen else None) == published


def test_a_lossy_conversion_is_followed_by_its_fallbacks(
    run: Run, outcome: Outcome, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each only if the one before is not good, and once, even if it was asked for."""
    losses = {"int8": 0.004, "int8-mixed": 0.0035, "int8-mixed-12": 0.001}

    def invented(candidate: Candidate, *_: Any, **__: Any) -> Verification:
        name = candidate.recipe.name
        return outcome_of(outcome, name, loss=losses[name]).verification

    monkeypatch.setattr(conversion, "verify", invented)
    found = convert_run(run, [RECIPES["int8"], RECIPES["int8-mixed"]])
    assert [one.recipe.name for one in found] == list(losses)
    record = json.loads((run.converted / "int8-mixed" / "recipe.json").read_text())
    assert len(record["float32_operations"]) == 4
    assert record["float32_operations"][0]["difference"] >= record["float32_operations"][3]["difference"]
