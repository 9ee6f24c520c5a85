"""Tests of training.commands.evaluate: the commands as a user types them."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.builders import write_model_folder
from tests.training.coloured import LABELS, write_run, write_scenes, write_split
from training.commands.main import main
from training.data.samples import Part
from training.runs import load_model_facts

W, N, X = LABELS


def run(*arguments: object) -> int:
    """The exit code of `maskgate-train`."""
    with pytest.raises(SystemExit) as ended:
        main([str(argument) for argument in arguments])
    assert isinstance(ended.value.code, int)
    return ended.value.code


@pytest.fixture
def model(tmp_path: Path) -> Path:
    return write_model_folder(tmp_path / "model")


def test_crops(tmp_path: Path, model: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Without --part the validation part is judged; one line says how it went and where the report is."""
    split = write_split(tmp_path, [W, N, X], [Part.VALIDATION, Part.VALIDATION, Part.TEST])
    out = tmp_path / "out"
    assert run("evaluate", "crops", model, split, "--out", out, "--docs", tmp_path / "docs/figures.md") == 0
    said = capsys.readouterr().out
    assert "2 faces of part validation: accuracy 1.0000" in said
    assert str(out / "report.html") in said
    assert json.loads((out / "evaluation.json").read_text())["figures"]["faces"] == 2
    assert (tmp_path / "docs/figures.md").exists()


@pytest.mark.parametrize(("part", "faces"), [("train", 1), ("test", 2), ("all", 3)])
def test_the_part_is_chosen(
    tmp_path: Path, model: Path, part: str, faces: int, capsys: pytest.CaptureFixture[str]
) -> None:
    """The training part and everything are judged only if one says so."""
    split = write_split(tmp_path, [W, N, X], [Part.TRAIN, Part.TEST, Part.TEST])
    assert run("evaluate", "crops", model, split, "--part", part, "--out", tmp_path / "out") == 0
    assert f"{faces} faces of part {part}" in capsys.readouterr().out


def test_results_go_to_the_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A run is judged on its own split, and the results lie in its folder."""
    trained = write_run(tmp_path / "run")
    write_split(tmp_path / "run", [W, N], [Part.TRAIN, Part.VALIDATION])
    assert run("evaluate", "crops", trained.path, trained.split) == 0
    assert (trained.path / "evaluation/crops-validation/report.html").exists()
    assert "1 faces of part validation" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("crops", "{model}", "{root}/nothing"), 66, "does not exist"),
        (("crops", "{root}/nothing", "{root}/split.json"), 78, "no such model"),
        (("crops", "{model}", "{root}/split.json", "--part", "some"), 64, "some"),
        (("crops", "{model}", "{root}/split.json", "--part", "test"), 66, "no labelled face in part test"),
        (("crops", "{model}", "{root}/faces"), 64, "has no parts"),
        (("crops", "{model}", "{root}/split.json", "--out", "{root}/docs"), 64, "may not be published"),
        (("crops", "{model}"), 64, "DATA"),
        (("scenes", "{model}", "{root}/scenes", "--part", "all", "--detector", "nothing"), 78, "nothing"),
    ],
)
def test_errors(
    tmp_path: Path,
    model: Path,
    arguments: tuple[str, ...],
    code: int,
    said: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Each mistake has its exit code and one line that names it; nothing is written."""
    monkeypatch.chdir(tmp_path)
    write_split(tmp_path, [W], [Part.VALIDATION])
    write_scenes(tmp_path / "scenes", [[]])
    before = sorted(tmp_path.rglob("*"))
    assert run("evaluate", *(text.format(model=model, root=tmp_path) for text in arguments)) == code
    complaint = capsys.readouterr().err
    assert said in complaint
    assert "Traceback" not in complaint
    assert sorted(tmp_path.rglob("*")) == before


def test_scenes(shared: Path, tmp_path: Path, model: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Real scenes with the real detector, a handful: the figures are those of the script beside the data set."""
    folder = tmp_path / "scenes"
    record = json.loads((shared / "data/scenes/annotations.json").read_text())
    record["images"] = [image for image in record["images"] if image["source"] == "jolignier"][:12]
    chosen = {image["id"] for image in record["images"]}
    record["annotations"] = [one for one in record["annotations"] if one["image_id"] in chosen]
    folder.mkdir()
    (folder / "images").symlink_to(shared / "data/scenes/images")
    (folder / "annotations.json").write_text(json.dumps(record))
    out = tmp_path / "out"
    options = ("--part", "all", "--weights", shared / "weights", "--out", out)
    assert run("evaluate", "scenes", model, folder, *options) == 0
    assert "12 scenes of part all: found 0." in capsys.readouterr().out
    ours = json.loads((out / "evaluation.json").read_text())["scenes"]["jolignier"]
    script = [sys.executable, str(shared / "tools/score_scenes.py"), str(folder / "annotations.json")]
    said = subprocess.run([*script, str(out / "predictions.jsonl")], capture_output=True, text=True, check=True).stdout
    theirs = json.loads(said)
    for name in ("found", "verdict3", "verdict2", "end_to_end3", "end_to_end2", "false_per_image", "alarm_per_image",
                 "waved_through"):  # fmt: skip
        assert round(ours[name], 4) == theirs[name], name
    assert ours["confusion"] == theirs["confusion"]


def test_calibrate(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The run's own validation part is taken; thresholds land in its description, and nothing else changes there."""
    trained = write_run(tmp_path / "run", sharpness=1.0)
    write_split(trained.path, [W, N, X] * 2, [Part.VALIDATION] * 6)
    facts = load_model_facts(trained)
    assert run("calibrate", trained.path, "--precision", "0.9") == 0
    assert "6 faces: temperature 0." in capsys.readouterr().out
    assert load_model_facts(trained) == facts.model_copy(update={"thresholds": dict.fromkeys(LABELS, 0.0)})
    assert run("calibrate", tmp_path / "nothing") == 66
    assert "contains no finished run" in capsys.readouterr().err


def test_help_needs_no_network_library() -> None:
    """Asking for help, and judging a TFLite model, does not wait for TensorFlow."""
    script = (
        "import sys; import training.commands.evaluate; "
        "sys.exit(', '.join({'tensorflow', 'keras', 'torch', 'jax'} & set(sys.modules)))"
    )
    result = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert result.stderr.strip() == ""
