"""What every run ends with: the report, the plot, the lines on the terminal."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from matplotlib.figure import Figure

from edge.types import Label
from training.classifier.history_plot import plot_history
from training.classifier.run_report import save_report
from training.progress import ProgressBar
from training.runs import RunFolder, load_json

LABELS = (Label.WITH_MASK, Label.WITHOUT_MASK)


def test_the_report_counts_right(tmp_path: Path) -> None:
    """Three of four right: accuracy, recall and confusion as counted by hand, and which epoch it was."""
    run = RunFolder(tmp_path)
    probabilities = np.array([[0.9, 0.1], [0.4, 0.6], [0.2, 0.8], [0.3, 0.7]], np.float32)
    assert save_report(run, [0, 0, 1, 1], probabilities, LABELS, epoch=7) == 0.75
    report = load_json(run.report)
    assert (report["accuracy"], report["samples"], report["epoch"]) == (0.75, 4, 7)
    assert report["confusion"] == [[1, 1], [0, 2]]
    assert report["classes"]["with_mask"]["recall"] == 0.5  # type: ignore[call-overload, index]
    text = run.report_text.read_text()
    assert "without_mask" in text
    assert "epoch 7" in text


def test_a_class_nobody_named_is_reported_too(tmp_path: Path) -> None:
    """A class without samples appears with zeros instead of an error."""
    run = RunFolder(tmp_path)
    save_report(run, [0, 0], np.array([[0.9, 0.1], [0.8, 0.2]], np.float32), LABELS, epoch=1)
    assert load_json(run.report)["classes"]["without_mask"]["support"] == 0  # type: ignore[call-overload, index]


def test_the_plot_is_a_picture(tmp_path: Path) -> None:
    """A history becomes a PNG with something drawn on it."""
    path = tmp_path / "history.png"
    plot_history({"loss": [1.0, 0.5], "val_loss": [1.1, 0.6], "accuracy": [0.5, 0.9], "seconds": [3, 3]}, path)
    picture = cv2.imread(str(path))
    assert picture is not None
    assert picture.std() > 5


def test_the_plot_has_whole_epochs_and_the_full_range(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A panel for loss and one for accuracy, with training faces as learnt from and as validated."""
    figures: list[Figure] = []
    monkeypatch.setattr(Figure, "savefig", lambda self, *_, **__: figures.append(self))
    names = ("loss", "plain_loss", "val_loss", "accuracy", "plain_accuracy", "val_accuracy")
    plot_history({name: [2.5, 0.5, 0.25] for name in names}, tmp_path / "history.png")
    loss, accuracy = figures[0].axes
    assert loss.get_ylim()[0] == 0
    assert loss.get_ylim()[1] > 2.5
    assert all(float(tick).is_integer() for tick in loss.get_xticks())
    assert [len(axes.get_lines()) for axes in (loss, accuracy)] == [3, 3]
    assert "training, as validated" in {line.get_label() for line in loss.get_lines()}


def test_one_line_an_epoch_without_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    """Where stderr is no terminal the bar is silent and each epoch prints one line."""
    bar = ProgressBar(epochs=3)
    bar.set_params({"steps": 2})
    bar.on_epoch_begin(0)
    for batch in range(2):
        bar.on_train_batch_end(batch, {"loss": 0.5})
    bar.on_epoch_end(0, {"loss": 0.5, "val_loss": 0.25})
    printed = capsys.readouterr()
    assert printed.out == "epoch 1/3  loss 0.5  val_loss 0.25\n"
    assert printed.err == ""
