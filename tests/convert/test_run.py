"""What conversion reads of a training run."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from convert.run import labelled_pictures, open_run, read_record
from edge.errors import InputError
from edge.types import Label


@pytest.fixture
def run_folder(finished_run: Path, tmp_path: Path) -> Path:
    """A copy that a test may damage."""
    folder = tmp_path / "damaged"
    shutil.copytree(finished_run, folder, ignore=shutil.ignore_patterns("converted"))
    return folder


def test_reads_facts_and_pictures(finished_run: Path) -> None:
    """Parts are told apart, in the order of the split file, and a picture is read when asked for."""
    run = open_run(finished_run)
    assert (run.name, run.facts.backbone, run.facts.labels[0]) == ("colour", "colour", Label.WITH_MASK)
    train, validation = labelled_pictures(run, "train"), labelled_pictures(run, "validation")
    assert [picture.path.name for picture in train[:2]] == ["with_mask-0.png", "with_mask-2.png"]
    assert not set(train) & set(validation)
    face = train[0].face(margin=0.0)
    assert face.shape == (20, 20, 3)
    assert np.argmax(face.mean(axis=(0, 1))) == 2


def test_pictures_without_a_label_of_the_model_are_left_out(run_folder: Path) -> None:
    """A face of unknown label or of one that the model does not know proves nothing."""
    path = run_folder / "split.json"
    split = json.loads(path.read_text())
    split["samples"][0]["label"] = None
    path.write_text(json.dumps(split))
    facts = json.loads((run_folder / "model.json").read_text())
    (run_folder / "model.json").write_text(json.dumps(facts | {"labels": facts["labels"][:2]}))
    assert len(labelled_pictures(open_run(run_folder), "train")) == 11


def test_a_box_is_cut_out(run_folder: Path) -> None:
    """Where the split names a box, the face is that square and not the whole picture."""
    path = run_folder / "split.json"
    split = json.loads(path.read_text())
    split["samples"][0]["box"] = [4, 4, 12, 12]
    path.write_text(json.dumps(split))
    assert labelled_pictures(open_run(run_folder), "train")[0].face(margin=0.25).shape == (12, 12, 3)


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (shutil.rmtree, r"model\.json: cannot be read.*training run"),
        (lambda folder: (folder / "model.keras").unlink(), r"model\.keras: does not exist"),
        (lambda folder: (folder / "model.json").write_text("{"), r"model\.json: .*train again"),
        (lambda folder: (folder / "model.json").write_text('{"labels": []}'), r"model\.json: input: Field required"),
    ],
    ids=["no folder", "unfinished", "no JSON", "incomplete"],
)
def test_refuses_what_is_no_finished_run(run_folder: Path, damage: Callable[[Path], object], message: str) -> None:
    """The error names the file and what to do."""
    damage(run_folder)
    with pytest.raises(InputError, match=message):
        open_run(run_folder)


def test_refuses_a_part_without_pictures(finished_run: Path) -> None:
    """The colour run has no test part."""
    with pytest.raises(InputError, match="holds no test picture"):
        labelled_pictures(open_run(finished_run), "test")


def test_a_record_is_optional_but_not_broken(tmp_path: Path) -> None:
    """A missing report is none; a damaged one is an error."""
    assert read_record(tmp_path / "report.json") == {}
    (tmp_path / "report.json").write_text("[1")
    with pytest.raises(InputError, match="is no JSON"):
        read_record(tmp_path / "report.json")
