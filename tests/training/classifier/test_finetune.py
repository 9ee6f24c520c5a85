"""Fine-tuning from a split and its crops to a run folder, and the command lines around it."""

from __future__ import annotations

import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import keras
import numpy as np
import pytest

from edge.errors import MaskgateError, ModelError, UsageError
from edge.types import MaskKind
from tests.training import tiny
from training.classifier.compare import Row
from training.classifier.face_batches import face_batches
from training.classifier.finetune import finetune, load_material
from training.classifier.job import Job
from training.classifier.loop import build
from training.classifier.teaching import Lessons
from training.commands import finetune as finetune_module
from training.commands import main
from training.data.samples import Part, Split
from training.evaluation.predictors import load_predictor
from training.faces.store import CropStore
from training.runs import RunFolder, load_json, load_model_facts, save_json

ROOT = Path(__file__).parents[3]
ROW = Row(
    backbone="x",
    pretrained=False,
    size=32,
    accuracy=0.5,
    macro_f1=0.4,
    weights_mb=1,
    ms_per_face=1,
    minutes=1,
    epochs=1,
)


@pytest.mark.usefixtures("eager")
def test_the_run_folder_is_complete(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A run from random weights says so, and leaves a model that answers as its report says."""
    split, crops = tiny.write_crops(tmp_path)
    recipe = replace(tiny.RECIPE, head_epochs=1, upper_epochs=1)
    job = Job(split, crops, tiny.BACKBONE, None, None, 0.1, recipe)
    run = RunFolder.create(tmp_path / "run")
    accuracy = finetune(job, run)

    assert "no pretrained weights" in capsys.readouterr().out
    options = load_json(run.options)["options"]
    assert isinstance(options, dict)
    assert (options["pretrained"], options["backbone"], options["seed"]) == (False, "tiny", 42)
    assert str(tmp_path) not in run.options.read_text(), "a run folder tells nothing of the machine"
    facts = load_model_facts(run)
    assert (facts.labels, facts.input.margin) == (tiny.LABELS, 0.1)
    assert Split.load(run.split) == Split.load(split)
    assert len(load_json(run.history)["val_loss"]) == 2  # type: ignore[arg-type]
    assert any(run.tensorboard.rglob("events.*"))
    model = keras.saving.load_model(run.model)
    assert not model.compiled
    said = model.predict(face_batches(CropStore.load(crops), Part.VALIDATION, facts, recipe), verbose=0).argmax(axis=1)
    assert accuracy == load_json(run.report)["accuracy"] == np.mean(said == np.arange(6) % 3)


@pytest.mark.usefixtures("eager")
def test_a_run_with_kinds_has_two_parts_in_its_answer(tmp_path: Path) -> None:
    """Where crops say which kind of mask is worn, the network learns to tell, and whoever loads the run is told so."""
    kinds = (MaskKind.SURGICAL, MaskKind.CLOTH)
    split, crops = tiny.write_crops(tmp_path, kinds=kinds)
    recipe = replace(tiny.RECIPE, head_epochs=1, upper_epochs=1, draws=9)
    run = RunFolder.create(tmp_path / "run")
    finetune(Job(split, crops, tiny.BACKBONE, None, None, 0.1, recipe), run)
    assert load_model_facts(run).kinds == kinds
    assert len(load_json(run.history)["val_kind_accuracy"]) == 2  # type: ignore[arg-type]
    predictor = load_predictor(str(run.path))
    answers = predictor.answers([np.zeros((9, 9, 3), np.uint8)])
    assert predictor.kinds == kinds
    assert answers.shape == (1, 5)
    assert answers[:, :3].sum() == pytest.approx(1)
    assert answers[:, 3:].sum() == pytest.approx(1)
    assert predictor.probabilities([]).shape == (0, 3)


@pytest.mark.usefixtures("eager")
def test_a_teacher_is_heard_and_speaks_of_all_crops(tmp_path: Path) -> None:
    """What it says softens the targets; with crops left out nobody would know of which it speaks."""
    split, crops = tiny.write_crops(tmp_path)
    teacher, without = tmp_path / "lessons.npz", tmp_path / "doubts.json"
    Lessons(np.full((24, 3), 1 / 3, np.float32), tiny.LABELS, ()).save(teacher, crops)
    job = Job(split, crops, tiny.BACKBONE, None, None, 0.1, tiny.RECIPE, teacher=teacher)
    assert load_material(job).train[0][1].max() < 1
    with pytest.raises(UsageError, match="--without"):
        load_material(replace(job, without=without))


@pytest.mark.usefixtures("eager")
def test_a_run_can_start_from_another_at_another_size(tmp_path: Path) -> None:
    """Without a step of training it answers as the run it started from; a run of another network is refused."""
    split, crops = tiny.write_crops(tmp_path)
    first = RunFolder.create(tmp_path / "first")
    finetune(Job(split, crops, tiny.BACKBONE, None, None, 0.1, replace(tiny.RECIPE, head_epochs=1)), first)
    job = Job(split, crops, tiny.BACKBONE, None, 12, 0.1, replace(tiny.RECIPE, head_epochs=1), start=first.path)
    facts = load_model_facts(first)
    model = build(job, facts.model_copy(update={"input": facts.input.model_copy(update={"width": 12, "height": 12})}))
    for one, other in zip(model.get_weights(), keras.saving.load_model(first.model).get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)
    assert job.options()["pretrained"]
    first.model.write_bytes(b"nothing")
    with pytest.raises(ModelError, match="cannot be used as a starting point"):
        build(job, facts)


def test_resuming_needs_the_same_options(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Another batch size on the command line is refused, and named."""
    split, crops = tiny.write_crops(tmp_path)
    arguments = ["finetune", "--split", str(split), "--crops", str(crops), "--run", str(tmp_path / "run")]
    job = finetune_module.make_job("mobilenetv2", "none", _chosen(split, crops))
    run = RunFolder.create(tmp_path / "run")
    run.checkpoints.mkdir()
    save_json(run.options, {"options": job.options()})
    with pytest.raises(SystemExit) as stopped:
        main.main([*arguments, "--base-weights", "none", "--resume", "--batch-size", "7"])
    assert stopped.value.code == 64
    assert "another batch_size" in capsys.readouterr().err


def _chosen(split: Path, crops: Path) -> dict[str, object]:
    parsed = finetune_module.finetune_command.make_context(
        "finetune", ["--split", str(split), "--crops", str(crops), "--run", "unused"]
    )
    return dict(parsed.params)


@pytest.mark.parametrize(
    ("arguments", "code", "cause"),
    [
        (["--weights", "vgg=none"], 64, "BACKBONE=FILE"),
        (["--weights", "resnet50"], 64, "BACKBONE=FILE"),
        (["--crops", "absent"], 66, "crops.json"),
        (["--split", "absent"], 66, "absent"),
    ],
)
def test_compare_refuses_nonsense(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], code: int, cause: str
) -> None:
    """Wrong weights, crops or split end with one line that names them."""
    split, crops = tiny.write_crops(tmp_path)
    given = [
        "--split",
        str(split),
        "--crops",
        str(crops),
        "--run",
        str(tmp_path / "run"),
        "--weights",
        "mobilenetv2=none",
    ]
    with pytest.raises(SystemExit) as stopped:
        main.main(["compare", *given, *arguments])
    errors = capsys.readouterr().err
    assert stopped.value.code == code
    assert cause in errors
    assert errors.count("\n") == 1


def test_compare_trains_only_what_is_not_finished(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Resumed after a stop in the second network, it leaves the first one alone and writes table, chart and figures."""
    split, crops = tiny.write_crops(tmp_path)
    trained: list[tuple[str, str | None]] = []

    def train(job: Job, run: RunFolder) -> float:
        trained.append((job.backbone.name, job.base_weights))
        save_json(run.options, {"options": job.options()})
        run.checkpoints.mkdir(exist_ok=True)
        if len(trained) == 2:
            raise MaskgateError("stopped")
        run.model.touch()
        return 1.0

    monkeypatch.setattr(finetune_module, "finetune", train)
    monkeypatch.setattr(finetune_module, "measure", lambda run: ROW.model_copy(update={"backbone": run.path.name}))
    arguments = ["compare", "--split", str(split), "--crops", str(crops), "--run", str(tmp_path / "all")]
    arguments += ["--backbone", "mobilenetv2", "--backbone", "resnet50", "--weights", "resnet50=none"]
    codes = []
    for more in ([], ["--resume"]):
        with pytest.raises(SystemExit) as stopped:
            main.main([*arguments, *more])
        codes.append(stopped.value.code)

    assert codes == [1, 0]
    assert trained == [("mobilenetv2", "imagenet"), ("resnet50", None), ("resnet50", None)]
    assert "| resnet50 | 32 |" in (tmp_path / "all" / "compare.md").read_text()
    assert len(load_json(tmp_path / "all" / "compare.json")["rows"]) == 2  # type: ignore[arg-type]
    assert (tmp_path / "all" / "compare.png").stat().st_size > 1000


@pytest.mark.slow
def test_a_run_survives_a_real_kill(tmp_path: Path) -> None:
    """Killed with SIGKILL after its second epoch and resumed, the command ends as the one left alone."""
    split, crops = tiny.write_crops(tmp_path)
    arguments = [
        sys.executable,
        "-m",
        "training.commands.main",
        "finetune",
        "--backbone",
        "mobilenetv2-0.35",
        "--size",
        "32",
    ]
    arguments += ["--base-weights", "none", "--head-epochs", "0", "--upper-epochs", "4", "--batch-size", "9"]
    arguments += ["--split", str(split), "--crops", str(crops)]
    whole, broken = RunFolder(tmp_path / "whole"), RunFolder(tmp_path / "broken")

    subprocess.run([*arguments, "--run", str(whole.path)], cwd=ROOT, check=True, capture_output=True)
    with subprocess.Popen(
        [*arguments, "--run", str(broken.path)], cwd=ROOT, text=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if line.startswith("epoch 3"):
                process.send_signal(signal.SIGKILL)
    assert process.returncode == -signal.SIGKILL
    assert not broken.model.exists()
    subprocess.run([*arguments, "--run", str(broken.path), "--resume"], cwd=ROOT, check=True, capture_output=True)

    expected, found = load_json(whole.history), load_json(broken.history)
    assert len(found["loss"]) == 4  # type: ignore[arg-type]
    np.testing.assert_allclose(found["loss"], expected["loss"], rtol=0.02)  # type: ignore[arg-type]
    np.testing.assert_allclose(found["val_loss"], expected["val_loss"], rtol=0.02)  # type: ignore[arg-type]
