"""What is published, and what is not."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from convert.candidate import Candidate, save_candidate
from convert.conversion import Outcome
from convert.publish import publish
from convert.recipes import INT8
from convert.run import Run
from edge.errors import ModelError, UsageError
from edge.networks.classifier import Classifier
from edge.networks.golden import check
from edge.networks.manifest import WEIGHTS_FILE, load_manifest
from tests.builders import SHARPNESS, colour_classifier
from tests.convert.runs import SIDE


def refused(outcome: Outcome) -> Outcome:
    return Outcome(outcome.candidate, outcome.verification.model_copy(update={"failures": ("is bad",)}))


def test_writes_a_folder_that_the_kiosk_loads(run: Run, outcome: Outcome, tmp_path: Path) -> None:
    """Model, manifest, recipe, verification and card, and nothing left behind beside them."""
    folder = tmp_path / "models" / "my-door"
    publish(run, outcome, [outcome], folder)
    names = {path.name for path in folder.iterdir()}
    assert names == {
        "my-door.tflite",
        "manifest.json",
        "recipe.json",
        "verify.json",
        "verify.md",
        "README.md",
        "golden.json",
        WEIGHTS_FILE,
    }
    assert [path.name for path in folder.parent.iterdir()] == ["my-door"]
    manifest = load_manifest(folder)
    assert (manifest.name, manifest.recipe, manifest.labels) == ("my-door", "int8", run.facts.labels)
    assert manifest.thresholds == run.facts.thresholds
    check(Classifier.load(folder), folder)
    with np.load(folder / WEIGHTS_FILE) as arrays:
        assert arrays["judge/0"].dtype == np.float16
        np.testing.assert_array_equal(arrays["judge/0"][:, 0], [SHARPNESS, 0, 0, -SHARPNESS, 0, 0])
    assert (manifest.figures["accuracy"], manifest.figures["cpu_ms_per_face"]) == (0.9123, 3.25)


def test_records_where_the_model_comes_from(run: Run, outcome: Outcome, tmp_path: Path) -> None:
    """Options and numbers of pictures, but no folder of the trainer's machine."""
    manifest = publish(run, outcome, [outcome], tmp_path / "my-door")
    assert manifest.training["options"] == {"base_weights": "imagenet.h5"}
    counts = {"incorrect_mask": 6, "with_mask": 6, "without_mask": 6}
    assert manifest.training["pictures"] == {"train": {"crops": counts}, "validation": {"crops": counts}}
    assert all("/" not in path.read_text() for path in [tmp_path / "my-door" / "manifest.json"])


def test_a_failed_verification_writes_nothing(run: Run, outcome: Outcome, tmp_path: Path) -> None:
    """Not even an empty folder."""
    with pytest.raises(ModelError, match="is bad; not published"):
        publish(run, refused(outcome), [], tmp_path / "models" / "my-door")
    assert list(tmp_path.iterdir()) == []


def test_a_model_the_kiosk_refuses_writes_nothing(run: Run, outcome: Outcome, tmp_path: Path) -> None:
    """The last check loads the new folder; what was there before stays."""
    folder = tmp_path / "my-door"
    publish(run, outcome, [outcome], folder)
    before = (folder / "manifest.json").read_bytes()
    outcome.candidate.model.write_bytes(colour_classifier(SIDE, SIDE, outputs=2))
    with pytest.raises(ModelError, match="output shape"):
        publish(run, outcome, [outcome], folder, force=True)
    assert (folder / "manifest.json").read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["my-door"]


def test_replaces_a_model_only_by_force(run: Run, outcome: Outcome, tmp_path: Path) -> None:
    """A second publication is refused, and with force leaves nothing of the first."""
    folder = tmp_path / "my-door"
    publish(run, outcome, [outcome], folder)
    (folder / "old.txt").touch()
    with pytest.raises(UsageError, match="--force"):
        publish(run, outcome, [outcome], folder)
    publish(run, outcome, [outcome], folder, force=True)
    assert not (folder / "old.txt").exists()


def test_refuses_a_name_that_no_manifest_may_hold(run: Run, outcome: Outcome, tmp_path: Path) -> None:
    """A model's name is a plain word."""
    with pytest.raises(UsageError, match="My Door: is not a valid model name"):
        publish(run, outcome, [outcome], tmp_path / "My Door")
    assert list(tmp_path.iterdir()) == []


def test_a_candidate_replaces_an_older_one(run: Run, outcome: Outcome) -> None:
    """Converting again leaves no file of the earlier conversion."""
    stale = outcome.candidate.folder / "stale"
    stale.touch()
    candidate: Candidate = save_candidate(run, INT8, colour_classifier(SIDE, SIDE, quantized=True), [])
    assert candidate.folder == outcome.candidate.folder
    assert not stale.exists()
