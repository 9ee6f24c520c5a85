"""Tests of training.evaluation.outputs."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from edge.errors import UsageError
from edge.types import Label
from tests.builders import write_model_folder
from tests.training.coloured import paint
from tests.training.judged import some_figures
from training.data.samples import Part
from training.evaluation.contact_sheet import Mistake
from training.evaluation.outputs import SHEET, Subject, write_outputs
from training.evaluation.predictors import load_predictor
from training.evaluation.report import CAUTION, Report, cards
from training.evaluation.tables import tables

FIGURES = some_figures()
REPORT = Report("Title", (), "", cards(FIGURES), tables(FIGURES))
MISTAKE = Mistake(paint(Label.WITH_MASK), Label.WITH_MASK, Label.WITHOUT_MASK, 0.9)


@pytest.fixture
def subject(tmp_path: Path) -> Subject:
    folder = write_model_folder(tmp_path / "model", thresholds={Label.WITH_MASK: 0.7})
    return Subject("crops", str(folder), load_predictor(str(folder)), Path("somewhere/faces"), Part.TEST)


def test_everything_is_written(tmp_path: Path, subject: Subject) -> None:
    """JSON with model, data and figures; the page; Markdown here and in the documentation; the sheet only here."""
    out, docs = tmp_path / "out", tmp_path / "docs" / "figures.md"
    write_outputs(out, subject, FIGURES, REPORT, mistakes=[MISTAKE], docs=docs, more={"detector": "none"})
    record = json.loads((out / "evaluation.json").read_text())
    assert record["model"]["thresholds"] == {"with_mask": 0.7}
    assert (record["part"], record["detector"], record["may_have_been_learnt_from"]) == ("test", "none", False)
    assert SHEET in (out / "report.html").read_text()
    assert (out / "report.md").read_text().replace("report-", "figures-") == docs.read_text()
    assert (out / SHEET).exists()
    assert {path.suffix for path in docs.parent.iterdir()} == {".md", ".svg"}


def test_an_older_sheet_does_not_stay(tmp_path: Path, subject: Subject) -> None:
    """Without a mistake there is no sheet, not that of the evaluation before."""
    write_outputs(tmp_path / "out", subject, FIGURES, REPORT, mistakes=[MISTAKE], docs=None)
    write_outputs(tmp_path / "out", subject, FIGURES, REPORT, mistakes=[], docs=None)
    assert not (tmp_path / "out" / SHEET).exists()
    assert SHEET not in (tmp_path / "out" / "report.html").read_text()


def test_pictures_stay_out_of_the_documentation(tmp_path: Path, subject: Subject) -> None:
    """An output folder in docs/ is refused before anything is written there."""
    with pytest.raises(UsageError, match="may not be published"):
        write_outputs(tmp_path / "docs", subject, FIGURES, REPORT, mistakes=[MISTAKE], docs=None)
    assert not (tmp_path / "docs").exists()


@pytest.mark.parametrize(
    ("part", "name", "learnt_from"),
    [(None, "all", True), (Part.TRAIN, "train", True), (Part.VALIDATION, "validation", False)],
)
def test_what_may_have_been_learnt_from(subject: Subject, part: Part | None, name: str, learnt_from: bool) -> None:
    """The training part, and everything, deserve a caution."""
    judged = Subject("scenes", subject.model, subject.predictor, subject.data, part)
    assert (judged.part_name, judged.learnt_from) == (name, learnt_from)
    assert ("part", name) in judged.facts()
    assert judged.default_folder() == Path("runs/evaluation") / f"colour-scenes-{name}"


@pytest.mark.parametrize(
    ("part", "copies", "said"),
    [(Part.TEST, 0, ""), (Part.TEST, 3, "3 of these pictures have an exact copy"), (None, 3, CAUTION)],
)
def test_caution(subject: Subject, part: Part | None, copies: int, said: str) -> None:
    """Learnt pictures, and copies of learnt pictures, are each a reason for doubt; otherwise there is none."""
    judged = Subject("crops", subject.model, subject.predictor, subject.data, part)
    assert judged.caution(copies).startswith(said)
    assert bool(judged.caution(copies)) is bool(said)


def test_results_of_a_run_stay_with_it(tmp_path: Path, subject: Subject) -> None:
    """A run folder has its evaluations inside."""
    (tmp_path / "run").mkdir()
    (tmp_path / "run/model.keras").touch()
    judged = Subject("crops", str(tmp_path / "run"), subject.predictor, subject.data, Part.TEST)
    assert judged.default_folder() == tmp_path / "run/evaluation/crops-test"
