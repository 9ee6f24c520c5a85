"""Faces that a kiosk kept, labelled in Label Studio, and taken back."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from edge.collection.collector import Uncertain, cut, uncertain_faces
from edge.collection.label_studio import export
from edge.timing import utc_now
from edge.types import Box, Label
from training.data.readers import read_data

FACE = Box(100, 60, 180, 160)


@pytest.mark.parametrize("form", ["JSON", "JSON-MIN"])
def test_kept_faces_come_back_with_label_and_place(tmp_path: Path, form: str) -> None:
    """A choice for the whole picture; the face lies where the kiosk cut it, whether or not it is found again."""
    picture = np.random.default_rng(0).integers(0, 255, (240, 320, 3), np.uint8)
    kept = uncertain_faces(tmp_path / "state", most=lambda: 9, max_age_days=lambda: 7.0)
    name = Uncertain(f"{utc_now():%Y%m%dT%H%M%SZ}", 0.1, Label.WITH_MASK, 0.5).name
    kept.keep(name, cv2.imencode(".jpg", cut(picture, FACE, blur_eyes=True))[1].tobytes())
    export(kept, tmp_path / "door")
    (task,) = json.loads((tmp_path / "door" / "tasks.json").read_text())
    choice = {"type": "choices", "value": {"choices": ["without_mask"]}}
    labelled = {
        "JSON": {"data": task["data"], "annotations": [{"result": [choice]}]},
        "JSON-MIN": task["data"] | {"mask": "without_mask"},
    }
    (tmp_path / "door" / "project-1.json").write_text(json.dumps([labelled[form]]))
    read = read_data(tmp_path / "door")
    assert not read.faults
    (sample,) = read.samples
    assert sample.label is Label.WITHOUT_MASK
    # 100 of 160 pixels: the longer side of the face, with 0.3 of it around.
    assert sample.box == (30, 30, 130, 130)
