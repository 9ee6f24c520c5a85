"""The whole way from labelled pictures to a model."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from edge.errors import ModelError, UsageError
from edge.networks.manifest import load_manifest
from edge.types import Label
from tests.training.data import exports
from training.classifier.weights import read_weights
from training.commands.main import main
from training.data.coco import load_coco
from training.fit.classifier import FitPlan, fit, start_facts, start_folder
from training.runs import load_json

SHIPPED = ("mask-mobilenetv2", "mask-mobilenetv2-fast")


@pytest.mark.parametrize("name", SHIPPED)
def test_every_shipped_classifier_can_be_learnt_on_from(name: str) -> None:
    """Its weights lie beside it, at most 5 MB, and its manifest says what they belong to."""
    folder = start_folder(name)
    assert (folder / "weights-float16.npz").stat().st_size <= 5e6
    facts = start_facts(folder)
    assert facts.labels == load_manifest(folder).labels
    assert len(read_weights(folder)["head_softmax"][1]) == len(facts.labels)


def test_what_has_no_weights_is_refused(tmp_path: Path) -> None:
    """The error says where such a model can be had."""
    (tmp_path / "bare").mkdir()
    with pytest.raises(ModelError, match=r"has no weights-float16\.npz beside it"):
        start_folder(str(tmp_path / "bare"))


@pytest.fixture
def plan(tmp_path: Path) -> Callable[..., FitPlan]:
    """A plan in folders of the test."""

    def make(**changes: object) -> FitPlan:
        chosen = {"data": tmp_path / "own", "name": "my-door", "start": SHIPPED[1]} | changes
        return FitPlan(run=tmp_path / "run", out=tmp_path / "models", **chosen)  # type: ignore[arg-type]

    return make


def test_nothing_is_overwritten(tmp_path: Path, plan: Callable[..., FitPlan]) -> None:
    """A name that no model may have, one that is taken, a fit not to be resumed, and one begun with other options."""
    with pytest.raises(UsageError, match="My Door: is not a valid model name"):
        fit(plan(name="My Door"), resume=False)
    (tmp_path / "models" / "my-door").mkdir(parents=True)
    with pytest.raises(UsageError, match="my-door: already exists"):
        fit(plan(), resume=False)
    (tmp_path / "models" / "my-door").rmdir()
    with pytest.raises(Exception, match="does not exist"):
        fit(plan(), resume=False)
    with pytest.raises(UsageError, match="go on with it with --resume"):
        fit(plan(), resume=False)
    with pytest.raises(UsageError, match="cannot resume with another epochs, seed"):
        fit(plan(epochs=3, seed=9), resume=True)


def test_broken_data_end_in_one_report(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """On the command line: everything that is wrong, no traceback, the code for unreadable input."""
    items = exports.drawn(tmp_path / "drawn", 6)
    root = exports.ultralytics(items, tmp_path / "own")
    (root / "labels" / "face 0.txt").write_text("9 0.5 0.5 0.1 0.1\n0 0.5 0.5 3.0 0.1\n")
    with pytest.raises(SystemExit) as ended:
        main(["fit", str(root), "--name", "my-door", "--run", str(tmp_path / "run"), "--out", str(tmp_path / "models")])
    told = capsys.readouterr().err
    assert ended.value.code == 66
    for wrong in ("something is wrong in 2 places", "class index 9 is not one of", "box out of range"):
        assert wrong in told
    assert "Traceback" not in told


@pytest.mark.slow
def test_own_pictures_become_a_model(tmp_path: Path, shared: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """From ninety portraits to a published model with card, report and verdict; a second call does nothing again."""
    coco = load_coco(shared / "data" / "types" / "annotations.json")
    names = {category.id: category.name for category in coco.categories}
    images = {image.id: image for image in coco.images}
    chosen: dict[str, list[exports.Item]] = {name: [] for name in exports.CLASSES}
    for one in coco.annotations:
        image, (x, y, w, h) = images[one.image_id], one.bbox
        path = shared / "data" / "types" / "images" / image.file_name
        box = round(x), round(y), round(x + w), round(y + h)
        if len(chosen[names[one.category_id]]) < 30 and not one.ignore and not one.checked:
            item = exports.Item(path, (image.width, image.height), names[one.category_id], box)
            chosen[names[one.category_id]].append(item)
    items = [item for of_class in chosen.values() for item in of_class]
    data = exports.class_folders(items, tmp_path / "own")
    arguments = ["fit", str(data), "--name", "my-door", "--run", str(tmp_path / "run"), "--epochs", "1"]
    arguments += ["--out", str(tmp_path / "models")]
    for resume in ([], ["--resume"]):
        with pytest.raises(SystemExit) as ended:
            main([*arguments, *resume])
        assert not ended.value.code
    told = capsys.readouterr().out
    model = tmp_path / "models" / "my-door"
    assert load_manifest(model).labels == (Label.WITH_MASK, Label.WITHOUT_MASK, Label.INCORRECT_MASK)
    card = (model / "README.md").read_text()
    assert "of the same" in card
    assert "lie with them" in card
    assert told.count("done before") == 6
    assert told.count("maskgate models pack") == 2
    assert load_json(tmp_path / "run" / "comparison.json")["faces"] > 20  # type: ignore[operator]
    assert (tmp_path / "run" / "faces.png").stat().st_size > 10_000
