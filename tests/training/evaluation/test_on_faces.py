"""Tests of training.evaluation.on_faces."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image as Picture

from edge.errors import InputError
from tests.builders import write_model_folder
from tests.training.coloured import LABELS, write_split
from training.data.samples import Part, Split
from training.evaluation.contact_sheet import CAPTION, TILE
from training.evaluation.on_faces import evaluate_crops
from training.evaluation.outputs import SHEET, Subject
from training.evaluation.predictors import load_predictor

W, N, X = LABELS


def subject_of(folder: Path, data: Path, part: Part | None) -> Subject:
    write_model_folder(folder)
    return Subject("crops", str(folder), load_predictor(str(folder)), data, part)


def mislabelled(path: Path) -> Path:
    """Make the split say that its first face, reddish, is bare: a sure mistake of the colour classifier."""
    split = Split.load(path)
    first = split.samples[0].model_copy(update={"label": N})
    split.model_copy(update={"samples": (first, *split.samples[1:])}).save(path)
    return path


def test_judging_crops(tmp_path: Path) -> None:
    """Of the part asked for, one of three faces is mistaken: figures, files, and that face on the sheet."""
    parts = [Part.VALIDATION] * 3 + [Part.TEST] * 2
    split = mislabelled(write_split(tmp_path, [W, N, X, W, W], parts))
    values = evaluate_crops(subject_of(tmp_path / "model", split, Part.VALIDATION), out=tmp_path / "out", docs=None)
    assert values.faces == 3
    assert values.accuracy == pytest.approx(2 / 3)
    assert values.confusion == ((0, 0, 0, 0), (1, 1, 0, 0), (0, 0, 1, 0))
    record = json.loads((tmp_path / "out/evaluation.json").read_text())
    assert record["figures"]["accuracy"] == pytest.approx(2 / 3)
    with Picture.open(tmp_path / "out" / SHEET) as sheet:
        assert sheet.size == (TILE, TILE + CAPTION)
        red, green, blue = (int(value) for value in np.asarray(sheet)[TILE // 2, TILE // 2])
    assert red > 150 > max(green, blue)


def test_the_same_twice(tmp_path: Path) -> None:
    """Two evaluations leave the same files, byte for byte."""
    split = mislabelled(write_split(tmp_path, LABELS, [Part.TEST] * 3))
    subject = subject_of(tmp_path / "model", split, Part.TEST)
    for name in ("one", "two"):
        evaluate_crops(subject, out=tmp_path / name, docs=None)
    one, two = ({path.name: path.read_bytes() for path in (tmp_path / name).iterdir()} for name in ("one", "two"))
    assert one == two
    assert len(one) == 8


def test_caution(tmp_path: Path) -> None:
    """A page about training pictures says so; one about test pictures does not."""
    split = write_split(tmp_path, [W, N, W, N], [Part.TRAIN] * 2 + [Part.TEST] * 2)
    for part, said in ((Part.TRAIN, True), (Part.TEST, False), (None, True)):
        evaluate_crops(subject_of(tmp_path / "model", split, part), out=tmp_path / "out", docs=None)
        assert ("may have been learnt from" in (tmp_path / "out/report.html").read_text()) is said


def test_a_run_is_not_judged_on_what_it_learnt(tmp_path: Path) -> None:
    """Pictures that the run's own split file has in its training part are refused under another name."""
    own = write_split(tmp_path / "run", [W, N], [Part.TRAIN, Part.VALIDATION])
    subject = subject_of(tmp_path / "model", own, Part.TEST)
    split = Split.load(own)
    other = tmp_path / "other.json"
    samples = tuple(sample.model_copy(update={"part": Part.TEST}) for sample in split.samples)
    split.model_copy(update={"samples": samples}).save(other)
    learnt = Subject("crops", str(tmp_path / "run"), subject.predictor, other, Part.TEST)
    with pytest.raises(InputError, match="1 of 2 pictures"):
        evaluate_crops(learnt, out=tmp_path / "out", docs=None)
    assert not (tmp_path / "out").exists()
