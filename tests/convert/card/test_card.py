"""What a model card says, and where its figures come from."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from convert.adopted import adopt
from convert.card.card import write_card
from convert.conversion import Outcome
from convert.publish import publish
from convert.run import Run
from edge.errors import InputError, UsageError
from edge.networks.manifest import Manifest
from edge.types import MaskKind, Required


def test_the_card_takes_its_figures_from_the_files(run: Run, outcome: Outcome, tmp_path: Path) -> None:
    """Accuracy, size, time, counts, thresholds and hashes are those of verification and manifest."""
    manifest = publish(run, outcome, [outcome], tmp_path / "my-door")
    card = (tmp_path / "my-door" / "README.md").read_text()
    for figure in ("731 pictures", "91.23 %", "-0.34", "98.76 %", "3.2", "`with_mask` 0.40", manifest.sha256):
        assert figure in card
    assert "| crops | train | 6 | 6 | 6 |" in card
    assert "imagenet.h5" in card


@pytest.mark.parametrize(
    ("command", "said"), [("classic", True), ("finetune", False)], ids=["random split", "split by group"]
)
def test_the_card_says_when_the_figures_flatter(
    run: Run, outcome: Outcome, tmp_path: Path, command: str, said: bool
) -> None:
    """Parts drawn at random share people; a split by group does not."""
    (run.path / "options.json").write_text(json.dumps({"command": command}))
    publish(run, outcome, [outcome], tmp_path / "my-door")
    assert ("flatter" in (tmp_path / "my-door" / "README.md").read_text()) is said


def test_the_card_shows_the_run_s_own_report(run: Run, outcome: Outcome, tmp_path: Path) -> None:
    """Precision and recall by label, where the run left them."""
    row = {"precision": 0.5, "recall": 0.25, "f1-score": 0.3333, "support": 12.0}
    report = {"part": "validation", "classes": {"with_mask": row, "accuracy": 0.9}}
    (run.path / "report.json").write_text(json.dumps(report))
    publish(run, outcome, [outcome], tmp_path / "my-door")
    card = (tmp_path / "my-door" / "README.md").read_text()
    assert "| with_mask | 50.00 % | 25.00 % | 33.33 % | 12 |" in card


@pytest.fixture
def published(run: Run, outcome: Outcome, tmp_path: Path) -> tuple[Path, Manifest]:
    """A published model."""
    folder = tmp_path / "models" / "my-door"
    return folder, publish(run, outcome, [outcome], folder)


def evaluation(**changes: Any) -> dict[str, Any]:
    """A record as `maskgate-train evaluate` writes it, with entries that the card does not show."""
    label = {"label": "with_mask", "faces": 40, "precision": 0.875, "recall": 0.825, "recall_low": 0.7, "f1": 0.8493}
    slice_ = {"trait": "face size", "value": "below 48 px", "faces": 7, "accuracy": 0.5714, "mask_or_not": 0.6}
    slice_ |= {"accuracy_low": 0.2505, "accuracy_high": 0.8418}
    tally = {"images": 157, "faces": 224, "found": 0.7545, "verdict3": 0.7456, "verdict2": None}
    tally |= {"end_to_end3": 0.5625, "end_to_end2": 0.6339}
    figures: dict[str, Any] = {
        "faces": 169,
        "accuracy": 0.7401,
        "mask_or_not": 0.8402,
        "macro_f1": None,
        "uncertain": 0.0118,
    }
    figures |= {"calibration_error": 0.0512, "classes": [label], "slices": [slice_], "log_loss": 0.4}
    record = {"format": 1, "kind": "scenes", "part": "test", "data": "/home/somebody/data/scenes", "figures": figures}
    record |= {"model": {"name": "my-door", "form": "int8", "labels": []}, "may_have_been_learnt_from": False}
    return record | {"detector": "res10", "min_share": 0.08, "scenes": {"jolignier": tally}} | changes


def test_the_card_says_which_kinds_are_told(published: tuple[Path, Manifest]) -> None:
    """And what is not told apart; a model without kinds does not speak of them."""
    folder, manifest = published
    assert "kind of mask" not in (folder / "README.md").read_text()
    told = {"kinds": (MaskKind.RESPIRATOR, MaskKind.CLOTH), "kind_thresholds": {Required.MEDICAL: 0.4}}
    write_card(folder, manifest.model_copy(update=told))
    card = (folder / "README.md").read_text()
    assert "which kind of mask: `respirator`, `cloth`, told from 0.50;" in card
    assert "where one is required, `medical` from 0.40, `respirator` from 0.50." in card
    assert "not by what it filters" in card


def test_evaluations_on_several_sets_lie_side_by_side(published: tuple[Path, Manifest], tmp_path: Path) -> None:
    """Each has a file of its own and a section of the card."""
    folder, manifest = published
    for data in ("scenes", "hard"):
        path = tmp_path / f"{data}.json"
        path.write_text(json.dumps(evaluation(data=f"/data/{data}")))
        adopt(folder, manifest, path)
    write_card(folder, manifest)
    assert {path.name for path in folder.glob("evaluation-*")} == {
        "evaluation-scenes-test.json",
        "evaluation-hard-test.json",
    }
    assert "test part of `hard`" in (folder / "README.md").read_text()


def test_later_evaluations_join_the_card(published: tuple[Path, Manifest], tmp_path: Path) -> None:
    """Sources, labels and slices, each with its figures; no path of the evaluator's machine."""
    folder, manifest = published
    path = tmp_path / "evaluation.json"
    path.write_text(json.dumps(evaluation()))
    adopt(folder, manifest, path)
    write_card(folder, manifest)
    card = (folder / "README.md").read_text()
    for line in (
        "## Judged on scenes, test part of `scenes`",
        "| jolignier | 157 | 224 | 75.45 % | 74.56 % | - | 56.25 % | 63.39 % |",
        "| with_mask | 87.50 % | 82.50 % | 84.93 % | 40 |",
        "| face size: below 48 px | 7 | 57.14 % | 25.05 % to 84.18 % |",
        "169 faces: 74.01 % right",
        "res10 finds the faces",
    ):
        assert line in card
    assert "somebody" not in card + (folder / "evaluation-scenes-test.json").read_text()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"model": {"name": "other", "form": "int8"}}, r"judges other \(int8\), not my-door \(int8\)"),
        ({"model": {"name": "my-door", "form": "keras"}}, r"judges my-door \(keras\)"),
        ({"may_have_been_learnt_from": True}, "may have been trained on"),
    ],
    ids=["another model", "another form", "training pictures"],
)
def test_only_honest_evaluations_of_this_model_are_adopted(
    published: tuple[Path, Manifest], tmp_path: Path, changes: dict[str, Any], message: str
) -> None:
    """A card shows what this very file does on pictures it has not seen."""
    folder, manifest = published
    path = tmp_path / "evaluation.json"
    path.write_text(json.dumps(evaluation(**changes)))
    with pytest.raises(UsageError, match=message):
        adopt(folder, manifest, path)
    assert not list(folder.glob("evaluation-*"))


def test_what_is_no_evaluation_is_refused(published: tuple[Path, Manifest], tmp_path: Path) -> None:
    """The error names the file and the field."""
    folder, manifest = published
    path = tmp_path / "report.json"
    path.write_text('{"kind": "crops"}')
    with pytest.raises(InputError, match=r"report\.json: part: Field required"):
        adopt(folder, manifest, path)
