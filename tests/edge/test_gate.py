"""Maskgate as a library: what it finds, judges and observes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from edge import AlarmState, Box, Face, Gate, Label, MaskgateError
from edge.config.schema import Config
from edge.errors import InputError, ModelError, UsageError
from edge.networks.classifier import Classifier
from edge.types import Image
from tests.builders import PlainDetector, write_model_folder

FACE = Box(20, 10, 120, 130)


@pytest.fixture
def gate(tmp_path: Path) -> Gate:
    """Finds one face for sure and another one faintly; a reddish one wears a mask."""
    detector = PlainDetector(lambda image: (Face(FACE, 0.9), Face(Box(0, 0, 9, 9), 0.1)))
    detector.min_score = 0.5
    return Gate(Config(), (detector, Classifier.load(write_model_folder(tmp_path / "colour"))))


def reddish() -> Image:
    """A picture of somebody masked."""
    return np.full((240, 320, 3), (0, 0, 255), np.uint8)


def test_judges_the_faces_that_are_sure_enough(gate: Gate) -> None:
    """A faint detection, which the kiosk keeps for its tracks, is no face to a caller."""
    (one,) = gate.judge(reddish())
    assert (one.face, one.reading.label) == (Face(FACE, 0.9), Label.WITH_MASK)
    assert gate.detect(reddish()) == (one.face,)
    assert gate.classify(reddish(), FACE) == one.reading


def test_observes_the_demo_as_the_kiosk_does() -> None:
    """The shipped networks alert at the bare face, and pass once the mask is on; every frame is told."""
    states = [observation.state for observation in Gate.load(threads=1).observe("demo")]
    assert len(states) > 50
    assert AlarmState.ALERT in states
    assert AlarmState.PASS in states[states.index(AlarmState.ALERT) :]
    assert AlarmState.FAULT not in states


def test_a_model_by_its_folder(tmp_path: Path) -> None:
    """Name, path and configuration file are all ways to say which."""
    folder = write_model_folder(tmp_path / "colour")
    assert Gate.load(folder).classify(reddish(), FACE).label is Label.WITH_MASK
    (tmp_path / "mine.toml").write_text(f'[classifier]\nmodel = "{folder}"\n[people]\nmin_votes = 2\n')
    gate = Gate.load(config=tmp_path / "mine.toml")
    assert gate.config.people.min_votes == 2
    assert gate.classify(reddish(), FACE).label is Label.WITH_MASK


def test_every_error_is_one_line(gate: Gate, tmp_path: Path) -> None:
    """A model, a source and a clip that do not exist are each refused as what they are."""
    with pytest.raises(ModelError, match="no such model"):
        Gate.load("no-such-model")
    with pytest.raises(ValueError, match="threads"):
        Gate.load(threads=99)
    with pytest.raises(UsageError):
        next(gate.observe("usb:x"))
    with pytest.raises(InputError, match="no such file") as caught:
        next(gate.observe(tmp_path / "clip.mp4"))
    assert isinstance(caught.value, MaskgateError)
