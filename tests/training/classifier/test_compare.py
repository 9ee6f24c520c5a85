"""The comparison: figures of finished runs, one table, one chart."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np

from tests.training import tiny
from training.classifier.compare import Row, chart, markdown, measure
from training.classifier.heads import mask_classifier
from training.classifier.run_report import save_report
from training.runs import RunFolder, save_json

ROWS = (
    Row(
        backbone="small",
        pretrained=True,
        size=96,
        accuracy=0.91,
        macro_f1=0.80,
        weights_mb=1.6,
        ms_per_face=4.0,
        minutes=3.5,
        epochs=7,
    ),
    Row(
        backbone="large",
        pretrained=False,
        size=224,
        accuracy=0.92,
        macro_f1=0.85,
        weights_mb=94.0,
        ms_per_face=60.0,
        minutes=31.0,
        epochs=9,
    ),
)


def test_the_table_puts_the_best_first_and_names_a_random_start() -> None:
    """Rows are sorted by macro F1, and a network without pretrained weights says so."""
    lines = markdown(ROWS).splitlines()
    assert lines[2].startswith("| large | 224 | **none: random start** | 0.9200 | 0.8500 | 94.0 | 60.0 | 31.0 | 9 |")
    assert lines[3].startswith("| small | 96 | yes |")
    assert len({line.count("|") for line in lines}) == 1


def test_the_chart_is_a_picture(tmp_path: Path) -> None:
    """Rows become a PNG with something drawn on it."""
    chart(ROWS, tmp_path / "compare.png")
    picture = cv2.imread(str(tmp_path / "compare.png"))
    assert picture is not None
    assert picture.std() > 5


def test_a_finished_run_is_measured_from_its_files(tmp_path: Path) -> None:
    """Size, minutes and epochs come from the run's own files; the time for a face is measured."""
    run = RunFolder(tmp_path)
    model = mask_classifier(tiny.construct((8, 8, 3), None), classes=3, dropout=0.1)
    model.save(run.model)
    run.model_facts.write_text(tiny.FACTS.model_dump_json())
    save_json(run.history, {"seconds": [60.0, 30.0]})
    save_json(run.options, {"options": {"pretrained": False}})
    save_report(run, [0, 1, 2, 2], np.eye(3, dtype=np.float32)[[0, 1, 2, 0]], tiny.LABELS, epoch=2)

    row = measure(run)
    assert (row.backbone, row.pretrained, row.size, row.epochs) == ("tiny", False, 8, 2)
    assert (row.accuracy, row.minutes) == (0.75, 1.5)
    assert row.macro_f1 == json.loads(run.report.read_text())["classes"]["macro avg"]["f1-score"]
    assert row.weights_mb == model.count_params() * 4 / 1e6
    assert 0 < row.ms_per_face < 5000
