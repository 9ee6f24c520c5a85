"""A face detector learnt on with one's own boxes."""

from __future__ import annotations

import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest

from edge.errors import InputError, UsageError
from edge.networks.manifest import load_detector_manifest
from tests.training.data import exports
from training.commands.main import main
from training.data.coco import load_coco
from training.data.scenes import Scene, TrueFace
from training.detector.places import Place
from training.fit.detector import DetectorPlan, fit_detector, judge
from training.runs import load_json

SHIPPED = Path(__file__).parents[3] / "models" / "face-ssd"


def plan(tmp_path: Path, data: Path) -> DetectorPlan:
    return DetectorPlan(data, "my-faces", "face-ssd", tmp_path / "run", tmp_path / "models")


def test_classes_without_boxes_are_refused(tmp_path: Path) -> None:
    """A detector learns from boxes; a few of them are too few."""
    items = exports.drawn(tmp_path / "drawn")
    with pytest.raises(InputError, match="has classes, but no boxes"):
        fit_detector(plan(tmp_path, exports.class_folders(items, tmp_path / "own")), resume=False)
    with pytest.raises(InputError, match="6 pictures with a face; at least 12"):
        fit_detector(plan(tmp_path, exports.table(items, tmp_path / "boxed")), resume=False)


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    """A model of that name, and a name that no model may have."""
    (tmp_path / "models" / "my-faces").mkdir(parents=True)
    with pytest.raises(UsageError, match="already exists"):
        fit_detector(plan(tmp_path, tmp_path), resume=False)


def test_both_are_judged_on_the_same_pictures(tmp_path: Path) -> None:
    """A detector beside itself: nothing gained, nothing lost; a picture without a face is clean where none is seen."""
    cv2.imwrite(str(tmp_path / "grey.png"), np.full((240, 320, 3), 120, np.uint8))
    scenes = [Scene("grey.png", 320, 240, "own", faces) for faces in ((), (TrueFace(None, (10, 10, 90, 90)),))]
    judged = judge([Place(tmp_path / "grey.png", scene) for scene in scenes], new=SHIPPED, old=SHIPPED)
    assert (judged.faces.faces, judged.faces.new, judged.faces.gained, judged.faces.lost) == (1, 0, 0, 0)
    assert (judged.clean.faces, judged.clean.new, judged.clean.old) == (2, 2, 2)


@pytest.mark.slow
def test_own_boxes_become_a_detector(tmp_path: Path, shared: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """From forty pictures, with negatives, to a published detector and its card."""
    folder = shared / "data" / "types"
    coco = load_coco(folder / "annotations.json")
    names = {category.id: category.name for category in coco.categories}
    images = {image.id: image for image in coco.images}
    items = []
    for one in coco.annotations[:40]:
        image, (x, y, w, h) = images[one.image_id], one.bbox
        path = folder / "images" / image.file_name
        box = round(x), round(y), round(x + w), round(y + h)
        items.append(exports.Item(path, (image.width, image.height), names[one.category_id], box))
    data = exports.kaggle_voc(items, tmp_path / "own")
    (tmp_path / "posters").mkdir()
    for number in range(6):
        picture = np.random.default_rng(number).integers(0, 256, (240, 320, 3), dtype=np.uint8)
        cv2.imwrite(str(tmp_path / "posters" / f"{number}.png"), picture)
    options = ["--negatives", tmp_path / "posters", "--run", tmp_path / "run", "--out", tmp_path / "models"]
    with pytest.raises(SystemExit) as ended:
        main(["fit-detector", str(data), "--name", "my-faces", *map(str, options), "--epochs", "1"])
    assert not ended.value.code
    model = tmp_path / "models" / "my-faces"
    shipped = load_detector_manifest(SHIPPED)
    manifest = load_detector_manifest(model)
    assert (manifest.name, manifest.min_score) == ("my-faces", shipped.min_score)
    assert "held-out pictures" in (model / "README.md").read_text()
    assert load_json(tmp_path / "run" / "comparison.json").keys() == {"faces", "clean"}
    assert "maskgate models verify" in capsys.readouterr().out
    shutil.rmtree(tmp_path / "run")
