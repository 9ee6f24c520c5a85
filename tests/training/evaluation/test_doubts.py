"""Labels that a trained network does not believe."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image as Picture

from edge.errors import InputError, UsageError
from edge.types import Image, Label
from tests.training import tiny
from training.commands import doubts
from training.commands.doubts import doubts_command
from training.data.samples import Part
from training.evaluation.doubts import doubtful
from training.faces.doubts import read_doubts
from training.faces.store import CropStore


def test_a_face_surely_called_something_else_is_doubtful() -> None:
    """Sure means at least the mean that a class' own faces get; the surest comes first."""
    truth = np.array([0, 0, 0, 1, 1, 1, 1])
    masked = np.array([0.9, 0.8, 0.05, 0.1, 0.2, 0.95, 0.5], np.float32)
    found = doubtful(truth, np.stack([masked, 1 - masked], axis=1))
    # Of class 0 the mean is 0.58, of class 1 0.56: position 6 is torn, not sure.
    assert found.tolist() == [2, 5]


def test_a_class_without_faces_is_never_believed() -> None:
    """Its mean cannot be known."""
    probabilities = np.array([[0.1, 0.0, 0.9], [0.8, 0.0, 0.2]], np.float32)
    assert doubtful(np.array([0, 0]), probabilities).tolist() == []


def test_the_command_lists_the_crop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A predictor that sees one training face as another class has it listed and shown; the rest is left alone."""
    crops = tiny.write_crops(tmp_path)[1]
    store = CropStore.load(crops)
    labels = (Label.WITH_MASK, Label.WITHOUT_MASK, Label.INCORRECT_MASK)
    train = [record for record in store.records if record.part is Part.TRAIN]
    asked = iter(train)

    def probabilities(faces: list[Image]) -> np.ndarray:
        rows = np.full((len(faces), 3), 0.05, np.float32)
        for row in rows:
            record = next(asked)
            called = labels.index(record.label)
            if record is train[4]:
                row[(called + 1) % 3] = 0.95
            else:
                row[called] = 0.9
        return rows

    predictor = SimpleNamespace(name="made", labels=labels, input=tiny.SPEC, probabilities=probabilities)
    monkeypatch.setattr(doubts, "load_predictor", lambda _model: predictor)
    out = tmp_path / "doubts.json"
    result = CliRunner().invoke(doubts_command, ["made", str(crops), "--out", str(out)], standalone_mode=False)
    assert result.exception is None, result.exception
    assert read_doubts(out) == {train[4].file}
    assert f"1 of {len(train)} faces" in result.output
    with Picture.open(out.with_suffix(".png")) as sheet:
        assert sheet.width > 100

    fewer = store.without(read_doubts(out))
    assert len(fewer) == len(store) - 1
    assert train[4] not in fewer.records


def test_held_out_faces_cannot_be_left_out(tmp_path: Path) -> None:
    """A list that names them changes nothing in what a network is judged on."""
    store = CropStore.load(tiny.write_crops(tmp_path)[1])
    held_out = {record.file for record in store.records if record.part is not Part.TRAIN}
    assert store.without(held_out).records == store.records


def test_the_list_is_not_written_where_things_are_published(tmp_path: Path) -> None:
    """The sheet shows faces of other people's data sets."""
    with pytest.raises(UsageError, match="may not be published"):
        CliRunner().invoke(
            doubts_command,
            ["made", str(tmp_path), "--out", str(tmp_path / "docs" / "doubts.json")],
            standalone_mode=False,
            catch_exceptions=False,
        )


@pytest.mark.parametrize("content", [{}, {"files": "a.jpg"}, {"files": [1]}])
def test_another_file_is_refused(tmp_path: Path, content: object) -> None:
    """What lists no files, or other things than names, was not made by the command."""
    path = tmp_path / "doubts.json"
    path.write_text(json.dumps(content))
    with pytest.raises(InputError, match=r"doubts\.json"):
        read_doubts(path)
