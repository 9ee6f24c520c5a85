"""The classic recipe: its split, its augmentation, and a whole run in small."""

from __future__ import annotations

from pathlib import Path

import cv2
import keras
import numpy as np
import pytest

from edge.types import Label
from training.classifier.classic import augmentation
from training.commands import main
from training.data.samples import Split
from training.runs import RunFolder, load_json, load_model_facts


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
