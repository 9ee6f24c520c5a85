"""The training run: it learns, it can be stopped, it leaves a model the kiosk runs."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from edge.errors import InputError
from edge.networks.detector import load_detector
from edge.types import Label
from training.data.scenes import Scene, TrueFace
from training.detector.anchors import LEVELS
from training.detector.averaging import AverageWeights
from training.detector.folding import restore
from training.detector.loop import SsdRecipe, SsdState, fit
from training.detector.model import build_ssd, freeze_stem
from training.detector.pictures import read_pictures
from training.detector.places import Place

RECIPE = SsdRecipe(epochs=2, batch_size=2, validate_every=1, frozen_until="block_5_add")


@pytest.fixture
def places(tmp_path: Path) -> list[Place]:
    """Four pictures of one ellipse each."""
    made = []
    for number in range(4):
        image = np.full((160, 200, 3), 40 + 10 * number, np.uint8)
        cv2.ellipse(image, (80 + 10 * number, 80), (30, 40), 0, 0, 360, (150, 180, 220), cv2.FILLED)
        path = tmp_path / f"{number}.png"
        cv2.imwrite(str(path), image)
        box = (50.0 + 10 * number, 40.0, 110.0 + 10 * number, 120.0)
        made.append(Place(path, Scene(path.name, 200, 160, "drawn", (TrueFace(Label.WITHOUT_MASK, box),))))
    return made


@pytest.mark.slow
def test_a_stopped_run_goes_on_as_if_it_had_not(places: list[Place], tmp_path: Path) -> None:
    """Two epochs at once and one plus one give the same loss; the model left behind runs at the kiosk."""
    pictures = read_pictures(places)

    def run(name: str, epochs_at_once: tuple[int, ...]) -> SsdState:
        state = SsdState()
        for stop_after in epochs_at_once:
            state = fit(tmp_path / name, RECIPE, pictures, places, weights=None, stop_after=stop_after)
        return state

    whole, halves = run("whole", (2,)), run("halves", (1, 2))
    assert [row["epoch"] for row in halves.history] == [1, 2]
    for one, other in zip(whole.history, halves.history, strict=True):
        assert one["loss"] == pytest.approx(other["loss"], rel=1e-3)
    detector = load_detector(name="last", search=[tmp_path / "halves"], min_score=0.0)
    assert len(detector(pictures[0].image)) > 0


@pytest.mark.slow
def test_a_run_learns_on_from_a_shipped_detector(places: list[Place], tmp_path: Path) -> None:
    """A hardly moving first epoch leaves it the detector it was."""
    pictures, recipe = read_pictures(places), SsdRecipe(epochs=1, batch_size=2, validate_every=1, rate=1e-7)
    shipped = Path(__file__).parents[3] / "models" / "face-ssd"
    fit(tmp_path / "run", recipe, pictures, places, weights=None, start=shipped)
    for one, other in zip(restore(tmp_path / "run" / "best").weights, restore(shipped).weights, strict=True):
        np.testing.assert_allclose(np.asarray(one), np.asarray(other), atol=1e-5)


def test_a_damaged_checkpoint_is_named(places: list[Place], tmp_path: Path) -> None:
    """A run whose state cannot be read is not silently begun anew."""
    folder = tmp_path / "run" / "checkpoints"
    folder.mkdir(parents=True)
    (folder / "state.json").write_text("{")
    with pytest.raises(InputError, match=r"state\.json"):
        fit(tmp_path / "run", RECIPE, read_pictures(places), places, weights=None)


def test_averages_are_saved_and_follow_the_weights(tmp_path: Path) -> None:
    """After many steps at new weights the average has left the old ones; a reload goes on from there."""
    model = build_ssd(LEVELS)
    average = AverageWeights(model, decay=0.5)
    before = [weight.copy() for weight in average.weights]
    model.set_weights([weight + 1 for weight in before])
    for step in range(20):
        average.on_train_batch_end(step)
    changed = [float(np.median(new - old)) for new, old in zip(average.weights, before, strict=True)]
    assert np.median(changed) == pytest.approx(1, abs=1e-2)
    average.save(tmp_path / "average.npz")
    again = AverageWeights(model)
    again.load(tmp_path / "average.npz")
    for one, other in zip(again.weights, average.weights, strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize(("until", "frozen"), [(None, False), ("block_2_add", True)])
def test_the_stem_can_be_kept(until: str | None, frozen: bool) -> None:
    """Up to the named layer nothing learns; behind it everything does."""
    model = build_ssd(LEVELS)
    freeze_stem(model, until=until)
    assert model.get_layer("Conv1").trainable is not frozen
    assert model.get_layer("block_3_expand").trainable
    assert model.get_layer("faces_0").trainable
