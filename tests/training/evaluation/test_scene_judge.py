"""Tests of training.evaluation.scene_judge."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from edge.types import Label
from tests.builders import write_model_folder
from tests.training.coloured import LABELS, PlacedFace, find_squares, write_scenes
from training.data.scenes import read_scenes
from training.evaluation.predictors import Predictor, load_predictor
from training.evaluation.scene_judge import JudgedScene, SceneJudge, answers_of, save_predictions
from training.evaluation.scene_score import SceneTally, score

W, N, X = LABELS
SCENES: Sequence[Sequence[PlacedFace]] = (
    [(W, (10, 10, 50, 50)), (N, (100, 20, 150, 80))],
    [],
    [(X, (60, 60, 120, 120)), (W, (5, 5, 15, 15))],
)


@pytest.fixture
def predictor(tmp_path: Path) -> Predictor:
    """Judges by colour; a bare face must be very sure."""
    write_model_folder(tmp_path / "model", thresholds={N: 0.999})
    return load_predictor(str(tmp_path / "model"))


def judge(folder: Path, predictor: Predictor) -> tuple[list[JudgedScene], SceneTally]:
    write_scenes(folder, SCENES)
    judged = list(SceneJudge(find_squares, predictor)(read_scenes(folder), folder))
    return judged, score((one.scene, one.called) for one in judged)


def test_the_chain_finds_and_judges(tmp_path: Path, predictor: Predictor) -> None:
    """Boxes, labels after thresholds, scores, and a row of probabilities and traits for each face."""
    judged, tally = judge(tmp_path, predictor)
    assert [[face.label for face in one.called] for one in judged] == [[W, Label.UNCERTAIN], [], [W, X]]
    assert [face.box for face in judged[0].called] == [(10, 10, 50, 50), (100, 20, 150, 80)]
    assert judged[0].called[1].score == pytest.approx(0.89)
    assert [len(one.answers) for one in judged] == [len(one.traits) for one in judged] == [2, 0, 2]
    assert judged[0].traits[1].size == 60
    assert tally.record()["verdict3"] == pytest.approx(2 / 3)


def test_time_is_measured(tmp_path: Path, predictor: Predictor) -> None:
    """Processor time grows with the scenes judged."""
    write_scenes(tmp_path, SCENES)
    judging = SceneJudge(find_squares, predictor)
    spent = [judging.cpu_s for _ in range(2) for _ in judging(read_scenes(tmp_path), tmp_path)]
    assert spent == sorted(set(spent))
    assert 0 < spent[0] < spent[-1] < 10


def test_answers_are_those_of_the_faces_that_count(tmp_path: Path, predictor: Predictor) -> None:
    """Found faces of known class, large enough: truth, probabilities, traits and file go together."""
    judged, tally = judge(tmp_path, predictor)
    answers = answers_of(tally, judged, predictor)
    assert [answers.labels[index] for index in answers.truth] == [W, N, X]
    assert answers.probabilities.argmax(axis=1).tolist() == [0, 1, 2]
    assert answers.called.tolist() == [0, 3, 2]
    assert answers.files == ("0.png", "0.png", "2.png")
    assert [trait.size for trait in answers.traits] == [40, 60, 60]


def test_nothing_found(predictor: Predictor) -> None:
    """Without a match there are no answers, but their arrays have the right shape."""
    assert answers_of(SceneTally(), [], predictor).probabilities.shape == (0, 3)


def test_predictions_can_be_scored_by_the_published_script(shared: Path, tmp_path: Path, predictor: Predictor) -> None:
    """The file has the form of `maskgate detect --json`, and the script beside the data set reads the same from it."""
    judged, tally = judge(tmp_path, predictor)
    save_predictions(tmp_path / "predictions.jsonl", judged, classes=len(LABELS))
    lines = [json.loads(line) for line in (tmp_path / "predictions.jsonl").read_text().splitlines()]
    assert [line["file"] for line in lines] == ["0.png", "1.png", "2.png"]
    assert lines[0]["faces"][0] == {
        "box": [10, 10, 50, 50],
        "label": "with_mask",
        "probability": pytest.approx(np.max(judged[0].answers[0])),
        "detection_score": pytest.approx(0.9),
    }
    command = [
        sys.executable,
        str(shared / "tools/score_scenes.py"),
        str(tmp_path / "annotations.json"),
        str(tmp_path / "predictions.jsonl"),
        "--source",
        "painted",
    ]
    theirs = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    assert theirs["verdict3"] == round(tally.shares()["verdict3"] or 0, 4)
    assert (theirs["faces"], theirs["images"]) == (tally.total, tally.images) == (3, 3)
