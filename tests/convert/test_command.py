"""The command line: what it prints, writes and exits with."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from convert import tflite
from convert.command import main
from convert.conversion import Outcome
from convert.publish import publish
from convert.run import Run
from edge import __version__
from edge.networks.manifest import load_manifest
from tests.convert.runs import colour_network

Convert = Callable[..., int]


@pytest.fixture
def convert(monkeypatch: pytest.MonkeyPatch) -> Convert:
    """Runs the command and returns its exit code."""
    monkeypatch.setenv("KERAS_BACKEND", "tensorflow")

    def call(*arguments: object) -> int:
        with pytest.raises(SystemExit) as exit_:
            main([str(argument) for argument in arguments])
        return int(exit_.value.code or 0)

    return call


def test_publishes_a_verified_model(
    convert: Convert, finished_run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """One line for each recipe, the report in the run, the int8 model in the models' folder."""
    arguments = ("run", finished_run, "--name", "my-door", "--models", tmp_path, "--recipe", "float32")
    assert convert(*arguments) == 0
    printed = capsys.readouterr().out.splitlines()
    assert [line.split(":")[0] for line in printed] == ["float32", "int8", f"published {tmp_path / 'my-door'} (int8)"]
    assert load_manifest(tmp_path / "my-door").recipe == "int8"
    recipes = [record["recipe"] for record in json.loads((tmp_path / "my-door" / "verify.json").read_text())]
    assert recipes == ["float32", "int8"]
    assert "| int8 |" in (finished_run / "converted" / "verify.md").read_text()
    assert convert(*arguments) == 64
    assert "--force" in capsys.readouterr().err


def test_a_conversion_that_errs_publishes_nothing(
    convert: Convert,
    finished_run: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A network that names the least likely label instead is caught, and the exit code says so."""
    honest = tflite.convert

    def upside_down(saved_model: Path, *arguments: Any) -> bytes:
        tflite.save_for_conversion(colour_network(sharpness=-4.0), tmp_path / "upside-down")
        return honest(tmp_path / "upside-down", *arguments)

    monkeypatch.setattr(tflite, "convert", upside_down)
    models = tmp_path / "models"
    assert convert("run", finished_run, "--name", "my-door", "--models", models, "--recipe", "int8") == 78
    captured = capsys.readouterr()
    assert "int8: accuracy 0.0000" in captured.out
    assert captured.err.splitlines()[-1].startswith("maskgate-convert: ")
    assert "int8 loses 100.00 points of accuracy" in captured.err
    assert not models.exists()


def test_tells_its_version(convert: Convert, capsys: pytest.CaptureFixture[str]) -> None:
    """As `maskgate --version` does."""
    assert convert("--version") == 0
    assert capsys.readouterr().out == f"maskgate-convert, version {__version__}\n"


def test_writes_a_card_again(convert: Convert, run: Run, outcome: Outcome, tmp_path: Path) -> None:
    """From what lies in the model's folder alone."""
    publish(run, outcome, [outcome], tmp_path / "my-door")
    card = tmp_path / "my-door" / "README.md"
    before = card.read_text()
    card.write_text("lost")
    assert convert("card", tmp_path / "my-door") == 0
    assert card.read_text() == before


def test_writes_onnx_once(convert: Convert, finished_run: Path, tmp_path: Path) -> None:
    """A network becomes an ONNX file; a second time only by force."""
    arguments = ("onnx", finished_run / "model.keras", tmp_path / "colour.onnx")
    assert convert(*arguments) == 0
    assert (tmp_path / "colour.onnx").stat().st_size > 1000
    (tmp_path / "colour.onnx").write_bytes(b"mine")
    assert convert(*arguments) == 64
    assert (tmp_path / "colour.onnx").read_bytes() == b"mine"
    assert convert(*arguments, "--force") == 0
    assert (tmp_path / "colour.onnx").stat().st_size > 1000


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("onnx", "nothing.keras", "nothing.onnx"), 78, "nothing.keras: cannot be loaded"),
        (("run", "nowhere"), 66, "nowhere/model.json: cannot be read"),
        (("run", "nowhere", "--recipe", "int3"), 64, "int3"),
        (("run",), 64, "RUN"),
    ],
    ids=["no network", "no run", "no such recipe", "no argument"],
)
def test_errors_are_one_line_and_a_code(
    convert: Convert,
    arguments: tuple[str, ...],
    code: int,
    message: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """The codes of sysexits.h, and no traceback."""
    assert convert(*arguments) == code
    error = capsys.readouterr().err
    assert message in error
    assert "Traceback" not in error
