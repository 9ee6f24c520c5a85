"""The choice between accuracy and time."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import pytest

from convert.command import main
from convert.pareto import Choice, choices, frontier, pareto_chart, pareto_table
from convert.run import Facts, Run
from convert.verify import Verification
from edge.errors import InputError
from edge.networks.manifest import InputSpec
from edge.types import Label

LABELS = (Label.WITH_MASK, Label.WITHOUT_MASK)
VERIFICATION = Verification(
    recipe="int8",
    pictures=500,
    accuracy=0.95,
    keras_accuracy=0.95,
    agreement=1,
    max_difference=0,
    mean_difference=0,
    recall={},
    keras_recall={},
    size_bytes=2_880_000,
    cpu_ms_per_face=4.0,
    machine="a machine",
    runtime="a runtime",
    max_loss=0.005,
)


def write_run(folder: Path, backbone: str, *results: tuple[str, float, float], data: str = "aa") -> Run:
    """A run with (recipe, accuracy, milliseconds) results."""
    facts = Facts(labels=LABELS, input=InputSpec(width=160, height=160), backbone=backbone)
    for recipe, accuracy, milliseconds in results:
        path = folder / "converted" / recipe / "verify.json"
        path.parent.mkdir(parents=True)
        figures = {"recipe": recipe, "accuracy": accuracy, "cpu_ms_per_face": milliseconds}
        VERIFICATION.model_copy(update=figures).save(path)
    (folder / "model.json").write_text(facts.model_dump_json())
    (folder / "options.json").write_text(json.dumps({"data_sha256": data}))
    return Run(folder, facts)


@pytest.fixture
def found(tmp_path: Path) -> list[Choice]:
    """A large and a small network; the small one's float form is beaten by the large one's int8."""
    large = write_run(tmp_path / "large", "mobilenetv2", ("float32", 0.99, 9.0), ("int8", 0.985, 3.0))
    small = write_run(tmp_path / "small", "mobilenetv2-0.35", ("float32", 0.98, 3.5), ("int8", 0.97, 1.25))
    return choices([large, small])


def names(found: list[Choice]) -> list[str]:
    return [choice.name for choice in found]


def test_collects_every_recipe_of_every_run(found: list[Choice]) -> None:
    """The fastest first."""
    expected = [
        "mobilenetv2-0.35, 160 px (small) int8",
        "mobilenetv2, 160 px (large) int8",
        "mobilenetv2-0.35, 160 px (small) float32",
    ]
    assert names(found) == [*expected, "mobilenetv2, 160 px (large) float32"]


def test_the_frontier_holds_what_nothing_beats(found: list[Choice]) -> None:
    """Slower and less accurate than another is out; equal is not beaten."""
    unbeaten = [
        "mobilenetv2-0.35, 160 px (small) int8",
        "mobilenetv2, 160 px (large) int8",
        "mobilenetv2, 160 px (large) float32",
    ]
    assert names(frontier(found)) == unbeaten
    assert len(frontier([found[0], found[0]])) == 2


def test_a_failed_conversion_is_no_choice(tmp_path: Path) -> None:
    """What nobody may ship is not compared."""
    run = write_run(tmp_path, "mobilenetv2", ("int8", 0.9, 3.0), ("float32", 0.99, 9.0))
    refused = VERIFICATION.model_copy(update={"failures": ("is bad",)})
    refused.save(run.converted / "int8" / "verify.json")
    assert names(choices([run])) == [f"mobilenetv2, 160 px ({tmp_path.name}) float32"]


def test_the_table_marks_the_unbeaten(found: list[Choice]) -> None:
    """One line each, with its figures, and what they rest on."""
    table = pareto_table(found)
    assert "| **mobilenetv2-0.35** | 160 x 160 | int8 | 97.00 % | 1.2 | 2.88 | small |" in table
    assert "| mobilenetv2-0.35 | 160 x 160 | float32 | 98.00 % | 3.5 | 2.88 | small |" in table
    assert "500 validation pictures, processor time on a machine" in table
    assert "cannot be compared" not in table


def test_runs_on_different_pictures_are_not_passed_off_as_comparable(tmp_path: Path) -> None:
    """The table says so."""
    runs = [write_run(tmp_path / name, name, ("int8", 0.9, 3.0), data=name) for name in ("one", "other")]
    assert "different pictures" in pareto_table(choices(runs))


def test_draws_a_chart(found: list[Choice], tmp_path: Path) -> None:
    """A picture of a readable size, not blank."""
    pareto_chart(found, tmp_path / "chart.png")
    image = cv2.imread(str(tmp_path / "chart.png"))
    assert image is not None
    assert image.shape[1] > 800
    assert image.std() > 5


def test_a_run_that_was_not_converted_is_refused(tmp_path: Path) -> None:
    """The error says which command comes first."""
    with pytest.raises(InputError, match="maskgate-convert run"):
        choices([write_run(tmp_path, "mobilenetv2")])


def test_the_command_writes_table_and_chart(
    found: list[Choice], tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Markdown that shows the chart beside it."""
    monkeypatch.setenv("KERAS_BACKEND", "tensorflow")
    out = tmp_path / "docs" / "choice.md"
    with pytest.raises(SystemExit) as exit_:
        main(["pareto", *(str(tmp_path / name) for name in ("large", "small")), "--out", str(out)])
    assert exit_.value.code == 0
    assert capsys.readouterr().out == pareto_table(found)
    assert "![chart](choice.png)" in out.read_text()
    assert (tmp_path / "docs" / "choice.png").stat().st_size > 1000
