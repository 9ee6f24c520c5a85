"""Tests of training.evaluation.scene_score."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from edge.types import Label
from training.data.scenes import Corners, Scene, TrueFace, read_scenes
from training.evaluation.scene_score import CalledFace, score

W, N, X, U = Label.WITH_MASK, Label.WITHOUT_MASK, Label.INCORRECT_MASK, Label.UNCERTAIN
LEFT, RIGHT, TINY = (10.0, 10.0, 30.0, 30.0), (60.0, 10.0, 80.0, 30.0), (90.0, 90.0, 97.0, 97.0)
"""Boxes in a picture of 100 x 100; the last is below 8 %."""
HALF, TOO_SMALL_A_PART = (14.0, 16.0, 26.0, 28.0), (15.0, 16.0, 23.0, 24.0)
"""Boxes within LEFT, of 0.36 and 0.16 of its area."""

Called = tuple[Label, Corners]
True_ = tuple[Label | None, Corners]


def tally_of(truth: list[True_], called: list[Called]) -> dict[str, object]:
    """The record of one picture; detections have falling scores."""
    scene = Scene("a.png", 100, 100, "here", tuple(TrueFace(label, box) for label, box in truth))
    faces = [CalledFace(label, box, 0.9 - index / 10) for index, (label, box) in enumerate(called)]
    return score([(scene, faces)]).record()


def shifted(box: Corners, by: float) -> Corners:
    return box[0] + by, box[1], box[2] + by, box[3]


@pytest.mark.parametrize(
    ("truth", "called", "expected"),
    [
        ([(W, LEFT)], [(W, LEFT)], {"found": 1.0, "verdict3": 1.0, "end_to_end3": 1.0, "alarm_per_image": 1.0}),
        ([(W, LEFT), (N, RIGHT)], [(W, LEFT)], {"found": 0.5, "verdict3": 1.0, "end_to_end3": 0.5}),
        ([(W, LEFT), (N, RIGHT)], [(W, LEFT)], {"alarm_per_image": 0.0, "false_per_image": 0.0}),
        ([(X, LEFT)], [(N, LEFT)], {"verdict3": 0.0, "verdict2": 1.0, "alarm_per_image": 1.0}),
        ([(N, LEFT)], [(U, LEFT)], {"verdict3": 0.0, "verdict2": 0.0, "alarm_per_image": 0.0}),
        ([(None, LEFT)], [(N, LEFT)], {"found": 1.0, "verdict3": None, "confusion": {}, "alarm_per_image": 0.0}),
        ([(X, LEFT), (N, RIGHT)], [(W, LEFT), (U, RIGHT)], {"waved_through": 0.5}),
        ([(W, LEFT)], [(W, LEFT)], {"waved_through": None}),
        ([(W, LEFT)], [(W, HALF)], {"found": 1.0, "false_per_image": 0.0}),
        ([(W, HALF)], [(W, LEFT)], {"found": 1.0, "false_per_image": 0.0}),
        ([(W, LEFT)], [(W, TOO_SMALL_A_PART)], {"found": 0.0, "false_per_image": 1.0}),
        ([(W, LEFT)], [(W, shifted(HALF, -6.5))], {"found": 0.0, "false_per_image": 1.0}),
        ([(W, LEFT)], [(N, RIGHT)], {"found": 0.0, "verdict3": None, "false_per_image": 1.0, "alarm_per_image": 0.0}),
        ([(W, TINY)], [(N, TINY)], {"faces": 0, "found": None, "false_per_image": 0.0, "alarm_per_image": 1.0}),
        ([(W, LEFT)], [(W, LEFT), (N, LEFT)], {"found": 1.0, "verdict3": 1.0, "false_per_image": 1.0}),
        ([(W, LEFT)], [(N, LEFT), (W, LEFT)], {"found": 1.0, "verdict3": 0.0, "false_per_image": 1.0}),
        ([(W, LEFT)], [(W, shifted(LEFT, 8))], {"found": 1.0}),
        ([(W, LEFT)], [(W, shifted(LEFT, 9))], {"found": 0.0, "false_per_image": 1.0}),
        ([], [], {"images": 1, "faces": 0, "found": None, "alarm_per_image": 1.0}),
    ],
)
def test_one_picture(truth: list[True_], called: list[Called], expected: dict[str, object]) -> None:
    """Right, missed, uncertain, unknown, misplaced, too small, found twice, and how far a box may lie beside."""
    record = tally_of(truth, called)
    assert {name: record[name] for name in expected} == expected


def test_ignored_faces_count_nowhere() -> None:
    """A detection of a face that nobody could tell is neither right nor false, and raises no alarm."""
    scene = Scene("a.png", 100, 100, "here", (TrueFace(N, LEFT, ignore=True),))
    tally = score([(scene, [CalledFace(N, LEFT, 0.9)])])
    assert (tally.total, tally.found, tally.false, tally.alarms_right) == (0, 0, 0, 1)


def test_figures_by_tag() -> None:
    """Each tag has its faces, how many of them were found, and how many of those were judged right."""
    faces = (TrueFace(N, LEFT, tags=("hand", "profile")), TrueFace(X, RIGHT, tags=("hand",)))
    tally = score([(Scene("a.png", 100, 100, "here", faces), [CalledFace(N, LEFT, 0.9)])])
    assert tally.record()["tags"] == {
        "hand": {"faces": 2, "found": 0.5, "right_of_found": 1.0},
        "profile": {"faces": 1, "found": 1.0, "right_of_found": 1.0},
    }


def test_recall_of_those_found_and_of_all() -> None:
    """A face that was not found lowers only the recall end to end."""
    record = tally_of([(X, LEFT), (X, RIGHT)], [(X, LEFT)])
    assert record["recall"] == {W: None, N: None, X: 1.0}
    assert record["recall_end_to_end"] == {W: None, N: None, X: 0.5}
    assert record["confusion"] == {"incorrect_mask>incorrect_mask": 1}


def test_the_surest_detection_comes_first() -> None:
    """Detections are matched in the order of their scores, whatever the order they come in."""
    scene = Scene("a.png", 100, 100, "here", (TrueFace(W, LEFT),))
    tally = score([(scene, [CalledFace(N, LEFT, 0.5), CalledFace(W, LEFT, 0.8)])])
    assert tally.answers == {(W, W): 1}
    assert [match.position for match in tally.matches] == [1]


@pytest.mark.parametrize("original", [False, True])
@pytest.mark.parametrize("min_share", [0.0, 0.08, 0.3])
@pytest.mark.parametrize("source", ["jolignier", "andrewmvd", "wider"])
def test_agrees_with_the_published_script(
    shared: Path, tmp_path: Path, source: str, min_share: float, original: bool
) -> None:
    """Random detections near, beside and far from real faces get the same figures from both."""
    chance = np.random.default_rng(3)
    every = read_scenes(shared / "data/scenes", original=original)
    scenes = [scene for scene in every if scene.source == source]
    called = [made_up(scene, chance) for scene in scenes]
    predictions = tmp_path / "predictions.jsonl"
    predictions.write_text("".join(line(scene, faces) for scene, faces in zip(scenes, called, strict=True)))
    labels = ("--original",) if original else ()
    theirs = published(shared, predictions, "--source", source, "--min-frac", str(min_share), *labels)
    tally = score(zip(scenes, called, strict=True), min_share=min_share)
    ours = {name: rounded(value) for name, value in tally.record().items() if name in theirs}
    assert ours == {name: value for name, value in theirs.items() if name != "not_answered"}
    assert theirs["not_answered"] == 0
    assert tally.found > 100


def made_up(scene: Scene, chance: np.random.Generator) -> list[CalledFace]:
    """Some faces found, some missed, some twice, some detections beside any face; equal scores happen."""
    faces = []
    for face in (*scene.faces, *scene.faces[:1]):
        size = max(face.box[2] - face.box[0], face.box[3] - face.box[1])
        if chance.random() < 0.8:
            box = np.array(face.box) + np.tile(chance.normal(0, 0.15 * size, 2), 2)
            label = list(Label)[int(chance.integers(4))]
            x1, y1, x2, y2 = (float(round(edge)) for edge in box)
            faces.append(CalledFace(label, (x1, y1, x2, y2), float(np.round(chance.random(), 1))))
    return faces


def line(scene: Scene, faces: list[CalledFace]) -> str:
    records = [{"box": face.box, "label": face.label.value, "detection_score": face.score} for face in faces]
    return json.dumps({"file": scene.file, "faces": records}) + "\n"


def published(shared: Path, predictions: Path, *options: str) -> dict[str, object]:
    """What the script beside the data set says."""
    script, truth = shared / "tools/score_scenes.py", shared / "data/scenes/annotations.json"
    command = [sys.executable, str(script), str(truth), str(predictions), *options]
    result: dict[str, object] = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    return result


def rounded(value: object) -> object:
    """As the script prints: four digits, 0 where there is nothing to divide by (but for recalls, which are null)."""
    if isinstance(value, dict) and all(isinstance(one, dict) for one in value.values()):
        return {name: {key: rounded(share) for key, share in one.items()} for name, one in value.items()}
    if isinstance(value, dict):
        return {name: round(one, 4) if isinstance(one, float) else one for name, one in value.items()}
    return round(value, 4) if isinstance(value, float) else value or 0
