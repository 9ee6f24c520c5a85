"""The run folder: what lies where, and what it refuses."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from edge.errors import InputError, UsageError
from edge.networks.manifest import InputSpec
from edge.types import Label
from training.data.samples import Part, Sample
from training.runs import (
    ModelFacts,
    RunFolder,
    check_same_options,
    data_hash,
    load_json,
    load_model_facts,
    save_options,
)

SAMPLES = (
    Sample(file="a.jpg", label=Label.WITH_MASK, group="a", source="x", sha256="1"),
    Sample(file="b.jpg", label=Label.WITHOUT_MASK, group="b", source="x", sha256="2", part=Part.VALIDATION),
)


def test_the_names_are_the_contract(tmp_path: Path) -> None:
    """Conversion reads these names; a change here breaks it."""
    run = RunFolder(tmp_path)
    found = [run.options, run.split, run.model, run.model_facts, run.history, run.report, run.report_text]
    assert [path.name for path in found] == [
        "options.json",
        "split.json",
        "model.keras",
        "model.json",
        "history.json",
        "report.json",
        "report.txt",
    ]
    assert (run.history_plot.name, run.checkpoints.name) == ("history.png", "checkpoints")


@pytest.mark.parametrize(
    ("left_behind", "resume", "refusal"),
    [
        ("", False, ""),
        ("model.keras", False, "finished run"),
        ("model.keras", True, ""),
        ("checkpoints", False, "--resume"),
        ("checkpoints", True, ""),
    ],
)
def test_create_never_overwrites(tmp_path: Path, left_behind: str, resume: bool, refusal: str) -> None:
    """A folder with a run in it is refused unless it is to be resumed."""
    if left_behind:
        (tmp_path / left_behind).mkdir()
    if refusal:
        with pytest.raises(UsageError, match=refusal):
            RunFolder.create(tmp_path, resume=resume)
    else:
        assert RunFolder.create(tmp_path, resume=resume).path == tmp_path


def test_model_facts_travel_through_the_file(tmp_path: Path) -> None:
    """What training wrote is what conversion reads."""
    facts = ModelFacts(labels=(Label.WITH_MASK, Label.WITHOUT_MASK), input=InputSpec(width=8, height=8), backbone="b")
    run = RunFolder(tmp_path)
    run.model_facts.write_text(facts.model_dump_json())
    assert load_model_facts(run) == facts
    assert json.loads(run.model_facts.read_text())["thresholds"] == {}


@pytest.mark.parametrize(
    ("content", "cause"),
    [
        (None, "cannot be read"),
        ("{", "is not valid JSON"),
        ("[]", "expected a JSON object"),
        ('{"labels": 3}', "train again"),
    ],
)
def test_damaged_facts_are_an_input_error(tmp_path: Path, content: str | None, cause: str) -> None:
    """A missing or damaged model.json is named together with the cause."""
    run = RunFolder(tmp_path)
    if content is not None:
        run.model_facts.write_text(content)
    with pytest.raises(InputError, match=rf"model\.json: .*{cause}"):
        load_model_facts(run)


def test_options_tell_software_and_data(tmp_path: Path) -> None:
    """options.json holds the options, the versions and the hash of the data."""
    run = RunFolder(tmp_path)
    save_options(run, command="finetune", options={"seed": 3, "file": Path("x")}, samples=SAMPLES)
    written = load_json(run.options)
    assert written["options"] == {"seed": 3, "file": "x"}
    assert written["data_sha256"] == data_hash(SAMPLES)
    assert {"python", "keras", "numpy"} <= set(written["versions"])  # type: ignore[arg-type]


def test_data_hash_follows_content_not_order() -> None:
    """Another order is the same data; another part, label or content is not."""
    changed: list[dict[str, Any]] = [{"part": Part.TEST}, {"label": Label.INCORRECT_MASK}, {"sha256": "3"}]
    others = {data_hash((SAMPLES[0].model_copy(update=change), SAMPLES[1])) for change in changed}
    assert data_hash(SAMPLES[::-1]) == data_hash(SAMPLES)
    assert data_hash(SAMPLES) not in others
    assert len(others) == len(changed)


def test_other_options_are_no_resumption(tmp_path: Path) -> None:
    """Resuming with another seed is refused by name; the same options pass."""
    run = RunFolder(tmp_path)
    save_options(run, command="finetune", options={"seed": 3, "size": None}, samples=SAMPLES)
    check_same_options(run, {"seed": 3, "size": None})
    with pytest.raises(UsageError, match="another seed"):
        check_same_options(run, {"seed": 4, "size": None})
