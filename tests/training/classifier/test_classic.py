"""The classic recipe: its split, its augmentation, and a whole run in small."""

from __future__ import annotations

import shutil
from pathlib import Path

import cv2
import keras
import numpy as np
import pytest

from edge.types import Label
from training.classifier.classic import augmentation
from training.commands import main
from training.data.samples import Split
from training.runs import RunFolder, load_json, load_model_facts, save_json


def _write_pictures(folder: Path, *, each: int) -> Path:
    for label, colour in ((Label.WITH_MASK, (200, 60, 60)), (Label.WITHOUT_MASK, (60, 60, 200))):
        (folder / label).mkdir(parents=True)
        for number in range(each):
            picture = np.full((40, 30 + number, 3), colour, np.uint8)
            cv2.imwrite(str(folder / label / f"{number}.png"), picture)
    return folder


def test_augmentation_moves_but_invents_no_colour() -> None:
    """Border pixels are repeated: a picture of one colour stays one, and one with a spot changes."""
    keras.utils.set_random_seed(1)
    layer = augmentation()
    plain = np.full((4, 32, 32, 3), 0.25, np.float32)
    spotted = plain.copy()
    spotted[:, 4:12, 4:12] = 1.0
    np.testing.assert_allclose(layer(plain, training=True), plain, atol=1e-5)
    assert np.abs(np.asarray(layer(spotted, training=True)) - spotted).max() > 0.3
    np.testing.assert_array_equal(layer(spotted, training=False), spotted)


def test_a_page_sets_runs_beside_the_published_figures(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Every epoch and six pictures of the held-out part; runs that learnt from other pictures are refused."""
    data = _write_pictures(tmp_path / "data", each=20)
    runs = [tmp_path / name for name in ("run", "same", "other")]
    options = ["--base-weights", "none", "--epochs", "1", "--batch-size", "16", "--backbone", "mobilenetv2-0.35"]
    with pytest.raises(SystemExit) as trained:
        main.main(["classic", "--data", str(data), *options, "--run", str(runs[0])])
    assert trained.value.code == 0
    for copy in runs[1:]:
        shutil.copytree(runs[0], copy)
    other = RunFolder(runs[2])
    save_json(other.options, load_json(other.options) | {"data_sha256": "0"})
    page = tmp_path / "classic.md"

    def compare(*compared: Path) -> object:
        with pytest.raises(SystemExit) as ended:
            main.main(["compare-classic", *map(str, compared), "--out", str(page)])
        return ended.value.code

    assert compare(*runs[:2]) == 0
    accuracy = load_json(RunFolder(runs[0]).report)["accuracy"]
    lines = page.read_text().splitlines()
    assert sum(line.startswith("| mobilenetv2-0.35 | **none: random start** |") for line in lines) == 2
    assert f"| {accuracy:.4f} |" in next(line for line in lines if line.startswith("| mobilenetv2-0.35"))
    assert sum(line.startswith(("| with_mask/", "| without_mask/")) for line in lines) == 6
    assert cv2.imread(str(page.with_suffix(".png"))) is not None
    assert compare(runs[0], runs[2]) == 64
    assert "learnt from different pictures" in capsys.readouterr().err


@pytest.mark.slow
def test_a_whole_run_in_small(tmp_path: Path, shared: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Two colours are told apart, and the run folder is complete; a second run there is refused."""
    data = _write_pictures(tmp_path / "data", each=10)
    weights = shared / "weights" / "mobilenet_v2_1.0_224_imagenet_no_top.weights.h5"
    arguments = ["classic", "--data", str(data), "--base-weights", str(weights), "--epochs", "3", "--batch-size", "4"]
    run = RunFolder(tmp_path / "run")
    with pytest.raises(SystemExit) as first:
        main.main([*arguments, "--run", str(run.path)])
    with pytest.raises(SystemExit) as second:
        main.main([*arguments, "--run", str(run.path)])

    assert (first.value.code, second.value.code) == (0, 64)
    assert "finished run" in capsys.readouterr().err
    assert load_json(run.report)["accuracy"] == 1.0
    assert load_model_facts(run).labels == (Label.WITH_MASK, Label.WITHOUT_MASK)
    assert len(Split.load(run.split).samples) == 20
    model = keras.saving.load_model(run.model)
    assert model.input_shape == (None, 224, 224, 3)
    assert model.output_shape == (None, 2)
    assert cv2.imread(str(run.history_plot)) is not None
