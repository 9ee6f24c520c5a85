"""Tests of training.evaluation.on_scenes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from PIL import Image as Picture

from edge.errors import InputError, UsageError
from edge.networks.manifest import sha256_of
from tests.builders import write_model_folder
from tests.training.coloured import LABELS, PlacedFace, find_squares, write_scenes
from training.data.samples import Part, Sample, Split
from training.evaluation.contact_sheet import CAPTION, TILE
from training.evaluation.on_scenes import SceneChoice, choose_scenes, evaluate_scenes
from training.evaluation.outputs import SHEET, Subject
from training.evaluation.predictors import load_predictor

W, N, X = LABELS
LEFT, RIGHT = (10, 20, 50, 60), (100, 20, 150, 80)
SCENES: list[list[PlacedFace]] = [[(W, LEFT), (N, RIGHT)], [(X, LEFT)], [(W, RIGHT)]]


@pytest.fixture
def subject(tmp_path: Path) -> Subject:
    """The colour classifier on three scenes, all of them."""
    write_model_folder(tmp_path / "model")
    folder = write_scenes(tmp_path / "scenes", SCENES)
    return Subject("scenes", str(tmp_path / "model"), load_predictor(str(tmp_path / "model")), folder, None)


def of_part(subject: Subject, part: Part) -> Subject:
    return Subject("scenes", subject.model, subject.predictor, subject.data, part)


def write_split(folder: Path, path: Path, parts: tuple[Part, ...]) -> Path:
    samples = tuple(
        Sample(
            file=f"{index}.png",
            label=W,
            group=str(index),
            source="painted",
            sha256=sha256_of(folder / f"images/{index}.png"),
            part=part,
        )
        for index, part in enumerate(parts)
    )
    Split(root=folder, seed=0, samples=samples).save(path)
    return path


def wrongly_annotated(subject: Subject) -> None:
    """Make the annotations call the first face, reddish, wrongly covered."""
    path = subject.data / "annotations.json"
    record = json.loads(path.read_text())
    record["annotations"][0]["category_id"] = 3
    path.write_text(json.dumps(record))


def test_judging_scenes(tmp_path: Path, subject: Subject) -> None:
    """Counts, figures of the faces found, predictions, and a page; the mistaken face is on the sheet."""
    wrongly_annotated(subject)
    tally = evaluate_scenes(
        subject, SceneChoice(), find_squares, detector_name="squares", out=tmp_path / "out", docs=tmp_path / "doc.md"
    )
    assert tally.shares() == {
        "found": 1.0,
        "false_per_image": 0.0,
        "verdict3": 0.75,
        "verdict2": 0.75,
        "end_to_end3": 0.75,
        "end_to_end2": 0.75,
        "alarm_per_image": 1.0,
        "waved_through": 1 / 3,
    }
    record = json.loads((tmp_path / "out/evaluation.json").read_text())
    assert (record["detector"], record["part"], record["figures"]["faces"]) == ("squares", "all", 4)
    assert record["scenes"]["all"] == record["scenes"]["painted"]
    assert record["measured"]["cpu_ms_per_picture"] > 0
    assert len((tmp_path / "out/predictions.jsonl").read_text().splitlines()) == 3
    with Picture.open(tmp_path / "out" / SHEET) as sheet:
        assert sheet.size == (TILE, TILE + CAPTION)
        assert sheet.getpixel((TILE // 2, TILE // 2))[0] > 150  # type: ignore[index]
    text = (tmp_path / "doc.md").read_text()
    assert "| painted | 3 | 4 | 1.0000 | 0.0000 | 0.7500 |" in text
    assert "## Recall by class" in text


def test_a_blind_detector_is_an_error(tmp_path: Path, subject: Subject) -> None:
    """Where not one face is found there is nothing to say about the classifier."""
    with pytest.raises(InputError, match="no face"):
        evaluate_scenes(subject, SceneChoice(), lambda _: (), detector_name="blind", out=tmp_path / "out", docs=None)


@pytest.mark.parametrize(
    ("part", "files"), [(Part.VALIDATION, ["1.png"]), (Part.TEST, ["2.png"]), (Part.TRAIN, ["0.png"])]
)
def test_only_the_part_asked_for(tmp_path: Path, subject: Subject, part: Part, files: list[str]) -> None:
    """A split file chooses whole pictures."""
    split = write_split(subject.data, tmp_path / "split.json", (Part.TRAIN, Part.VALIDATION, Part.TEST))
    chosen = choose_scenes(of_part(subject, part), SceneChoice(split=split))
    assert [scene.file for scene in chosen] == files


def test_what_cannot_be_chosen(tmp_path: Path, subject: Subject) -> None:
    """A part without a split file, an empty part, and an unknown source are refused, each by its name."""
    with pytest.raises(UsageError, match="--split"):
        choose_scenes(of_part(subject, Part.TEST), SceneChoice())
    split = write_split(subject.data, tmp_path / "split.json", (Part.TRAIN,) * 3)
    with pytest.raises(InputError, match="no scene of painted lies in part test"):
        choose_scenes(of_part(subject, Part.TEST), SceneChoice(split=split))
    with pytest.raises(InputError, match="no scene of nowhere"):
        choose_scenes(subject, SceneChoice(sources=("nowhere",)))


def test_scenes_that_were_trained_on_are_refused(tmp_path: Path, subject: Subject) -> None:
    """The run's own split file gives away a test part that is none."""
    write_split(subject.data, tmp_path / "run/split.json", (Part.TRAIN, Part.TEST, Part.TEST))
    split = write_split(subject.data, tmp_path / "split.json", (Part.TEST,) * 3)
    learnt = Subject("scenes", str(tmp_path / "run"), subject.predictor, subject.data, Part.TEST)
    out = tmp_path / "out"
    with pytest.raises(InputError, match="1 of 3 pictures"):
        evaluate_scenes(learnt, SceneChoice(split=split), find_squares, detector_name="squares", out=out, docs=None)
    assert not out.exists()
    own = SceneChoice(split=tmp_path / "run/split.json")
    assert evaluate_scenes(learnt, own, find_squares, detector_name="squares", out=out, docs=None).images == 2
