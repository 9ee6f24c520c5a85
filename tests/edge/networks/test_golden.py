"""The model's self-test."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from edge.errors import ModelError
from edge.networks.classifier import Classifier
from edge.networks.golden import FILE_NAME, PICTURES, ask, check, draw
from edge.networks.manifest import InputSpec
from edge.types import Label
from tests.builders import write_model_folder


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """A model with its golden answers."""
    folder = write_model_folder(tmp_path / "model", quantized=True)
    (folder / FILE_NAME).write_text(ask(Classifier.load(folder)).model_dump_json())
    return folder


@pytest.mark.parametrize(
    ("name", "digest"),
    [
        ("bare", "bb623f642e282525"),
        ("masked", "78328b0e7e606d77"),
        ("ramps", "c59b8adc3f36005a"),
        ("checks", "ff91184bf808de52"),
    ],
)
def test_every_machine_draws_the_same_pictures(name: str, digest: str) -> None:
    """Golden answers of published models hold only as long as these pictures stay what they are."""
    picture = draw(name, width=224, height=224)
    assert picture.shape == (224, 224, 3)
    assert hashlib.sha256(picture.tobytes()).hexdigest()[:16] == digest


def test_the_pictures_fit_any_input() -> None:
    """Small and oblong networks get the same scene."""
    small, large = draw("masked", width=48, height=32), draw("masked", width=480, height=320)
    assert small.shape == (32, 48, 3)
    assert abs(small.mean(axis=(0, 1)) - large.mean(axis=(0, 1))).max() < 2


def test_a_model_passes_its_own_test(model: Path) -> None:
    """What was recorded is what is answered, picture by picture and label by label."""
    check(Classifier.load(model), model)
    answers = json.loads((model / FILE_NAME).read_text())["answers"]
    assert list(answers) == list(PICTURES)
    assert list(answers["bare"]) == ["with_mask", "without_mask", "incorrect_mask"]


def test_the_float_model_passes_the_int8_model_s_test(model: Path, tmp_path: Path) -> None:
    """Rounding stays within the tolerance."""
    check(Classifier.load(write_model_folder(tmp_path / "float")), model)


def test_another_preprocessing_is_found(model: Path, tmp_path: Path) -> None:
    """Exchanged channels, the classic mistake, change the answers."""
    swapped = write_model_folder(tmp_path / "swapped", spec=InputSpec(width=32, height=32, channel_order="BGR"))
    with pytest.raises(
        ModelError, match=r"golden\.json: on the drawn picture `\w+` the model gives \w+ 0\.\d+, expected"
    ):
        check(Classifier.load(swapped), model)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "cannot be read"),
        ("{", "Invalid JSON"),
        ('{"answers": {"bare": {"with_mask": 1.5}}}', "less than or equal to 1"),
        ('{"answers": {"bare": {"with_mask": 0.5}}}', "`bare` is another model's"),
        ('{"answers": {"moon": {"with_mask": 0.5}}}', "`moon` is another model's"),
    ],
    ids=["missing", "no JSON", "no probability", "other labels", "unknown picture"],
)
def test_a_damaged_test_is_refused(model: Path, content: str | None, message: str) -> None:
    """The error names the file and what to do."""
    path = model / FILE_NAME
    path.unlink() if content is None else path.write_text(content)
    with pytest.raises(ModelError, match=rf"golden\.json: .*{message}.*install"):
        check(Classifier.load(model), model)


def test_a_changed_answer_is_found(model: Path) -> None:
    """One label of one picture, just beyond the tolerance, is enough."""
    record = json.loads((model / FILE_NAME).read_text())
    value = record["answers"]["ramps"][Label.WITH_MASK]
    record["answers"]["ramps"][Label.WITH_MASK] = value + (0.06 if value < 0.5 else -0.06)
    (model / FILE_NAME).write_text(json.dumps(record))
    with pytest.raises(ModelError, match="`ramps` the model gives with_mask"):
        check(Classifier.load(model), model)
