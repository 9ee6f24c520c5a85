"""Publishing a trained detector: export, thresholds, card."""

from __future__ import annotations

from pathlib import Path

import cv2
import keras
import numpy as np
import pytest

from edge.errors import InputError
from edge.networks.detector import load_detector
from edge.networks.manifest import load_detector_manifest
from edge.types import Label
from training.data.scenes import Scene, TrueFace
from training.detector.anchors import LEVELS
from training.detector.model import build_ssd
from training.detector.places import Place
from training.detector.publish import write_model_folder
from training.detector.shipping import CARD, ship, write_card


@pytest.fixture
def places(tmp_path: Path) -> list[Place]:
    """Two pictures of an ellipse."""
    image = np.full((160, 200, 3), 40, np.uint8)
    cv2.ellipse(image, (80, 80), (30, 40), 0, 0, 360, (150, 180, 220), cv2.FILLED)
    for number in range(2):
        cv2.imwrite(str(tmp_path / f"{number}.png"), image)
    face = TrueFace(Label.WITHOUT_MASK, (50.0, 40.0, 110.0, 120.0))
    return [
        Place(tmp_path / f"{number}.png", Scene(f"{number}.png", 200, 160, "drawn", (face,))) for number in range(2)
    ]


def test_a_run_becomes_a_model_the_kiosk_loads(places: list[Place], tmp_path: Path) -> None:
    """The thresholds are written into the manifest, the facts of the run are kept, and the card tells both."""
    keras.utils.set_random_seed(0)
    model, best = build_ssd(LEVELS), tmp_path / "run" / "best"
    write_model_folder(model, best, LEVELS, min_score=0.1, training={"epochs": 7, "recipe": {"rate": 0.001}})
    shipped = ship(tmp_path / "run", tmp_path / "models" / "face-ssd", places, long_side=160)
    manifest = load_detector_manifest(shipped.folder)
    assert manifest.min_score == shipped.min_score
    assert manifest.start_score == shipped.start_score >= shipped.min_score
    assert manifest.input.long_side == 160
    assert manifest.training["epochs"] == 7
    detector = load_detector(name="face-ssd", search=[tmp_path / "models"])
    assert detector.start_score == shipped.start_score

    write_card(shipped, "| a table |", tags="| by tag |", people="| by skin |")
    card = (shipped.folder / CARD).read_text()
    for told in (
        "160 pixels",
        "7 epochs",
        "rate 0.001",
        "| a table |",
        "| by tag |",
        "| by skin |",
        manifest.sha256,
        str(shipped.min_score),
    ):
        assert told in card
    assert "{" not in card


def test_a_run_without_a_model_is_named(places: list[Place], tmp_path: Path) -> None:
    """The missing file is named, and nothing is published."""
    with pytest.raises(InputError, match=r"best: is not a detector trained here"):
        ship(tmp_path / "run", tmp_path / "models" / "face-ssd", places, long_side=160)
    assert not (tmp_path / "models").exists()
