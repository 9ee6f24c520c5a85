"""What conversion reads of a training run."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from convert.run import open_run, read_record
from edge.errors import InputError
from edge.networks.manifest import sha256_of
from edge.types import Label


def test_reads_facts(finished_run: Path) -> None:
    """The name is the folder's, the rest comes from model.json."""
    run = open_run(finished_run)
    assert (run.name, run.facts.backbone, run.facts.labels[0]) == ("colour", "colour", Label.WITH_MASK)
    assert run.facts.thresholds == {Label.WITH_MASK: 0.4}


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


def test_a_record_is_optional_but_not_broken(tmp_path: Path) -> None:
    """A missing report is none; a damaged one is an error."""
    assert read_record(tmp_path / "report.json") == {}
    (tmp_path / "report.json").write_text("[1")
    with pytest.raises(InputError, match="is not valid JSON"):
        read_record(tmp_path / "report.json")


@pytest.mark.parametrize(
    ("recorded", "given", "message"),
    [
        ("hash", False, r"was trained on prepared crops; name their folder with --crops"),
        ("ff00", True, r"crops\.json: is not what .* was trained on"),
        ("hash", None, r"crops\.json: does not exist"),
    ],
    ids=["not named", "others", "no crops there"],
)
def test_asks_for_the_crops_it_learnt_from(
    run_folder: Path, tmp_path: Path, recorded: str, given: bool | None, message: str
) -> None:
    """A run that learnt from prepared crops is converted with these very crops."""
    crops = tmp_path / "crops"
    crops.mkdir()
    if given is not None:
        (crops / "crops.json").write_text("{}")
        recorded = sha256_of(crops / "crops.json") if recorded == "hash" else recorded
    (run_folder / "options.json").write_text(json.dumps({"options": {"crops_sha256": recorded}}))
    with pytest.raises(InputError, match=message):
        open_run(run_folder, crops=None if given is False else crops)


def test_takes_the_crops_it_learnt_from(run_folder: Path, tmp_path: Path) -> None:
    """The same index is accepted."""
    (tmp_path / "crops.json").write_text("{}")
    options = {"crops_sha256": sha256_of(tmp_path / "crops.json")}
    (run_folder / "options.json").write_text(json.dumps({"options": options}))
    assert open_run(run_folder, crops=tmp_path).crops == tmp_path
