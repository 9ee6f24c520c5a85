"""A set of one's own, read and divided."""

from __future__ import annotations

import shutil
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from edge.errors import InputError
from edge.networks.detector import Detector, load_detector
from edge.pictures import write_jpeg
from edge.types import Box, Face, Image
from tests.training.data import exports
from training.data.coco import load_coco
from training.data.readers import Reading, read_data
from training.data.samples import Part
from training.fit.pictures import FEWEST, Prepared, prepare, report

Divided = dict[str, tuple[str, str, str]]


def see_the_middle(image: Image) -> tuple[Face, ...]:
    """Stands in for a detector that finds each drawn face, a little off its box."""
    return (Face(Box(9, 4, 49, 46), 0.9),)


def look(read: Reading, detect: Detector = see_the_middle, *, leave_out: bool = False) -> Prepared:
    return prepare(read, detect, seed=0, leave_out=leave_out)


def divided(prepared: Prepared) -> Divided:
    """Name of each picture -> class, part, group."""
    return {Path(one.file).name: (str(one.label), str(one.part), one.group) for one in prepared.split.samples}


@pytest.fixture
def items(tmp_path: Path) -> list[exports.Item]:
    """Thirteen drawn pictures of each class."""
    return exports.drawn(tmp_path / "drawn", 39)


def test_every_layout_is_divided_alike(tmp_path: Path, items: list[exports.Item]) -> None:
    """A third is held out, a sixth validates, whatever tool the pictures come from."""
    found = {name: divided(look(read_data(write(items, tmp_path / name), source="own")))
             for name, write in exports.EXPORTS.items()}  # fmt: skip
    first = found["class_folders"]
    assert all(one == first for one in found.values())
    counts = Counter(part for _, part, _ in first.values())
    assert (counts["test"], counts["validation"], counts["train"]) == (14, 6, 19)


@pytest.mark.slow
def test_seven_exports_of_real_pictures_are_one_set(tmp_path: Path, shared: Path) -> None:
    """150 portraits as seven tools export them: the same faces, classes and parts, by the deployed detector."""
    coco = load_coco(shared / "data" / "types" / "annotations.json")
    names = {category.id: category.name for category in coco.categories}
    boxes = {one.image_id: one for one in coco.annotations if not one.ignore}
    items: list[exports.Item] = []
    for image in coco.images[::5]:
        if image.id in boxes and len(items) < 150:
            x, y, w, h = boxes[image.id].bbox
            box = round(max(x, 0)), round(max(y, 0)), round(min(x + w, image.width)), round(min(y + h, image.height))
            label = boxes[image.id].checked or names[boxes[image.id].category_id]
            path = shared / "data" / "types" / "images" / image.file_name
            items.append(exports.Item(path, (image.width, image.height), label, box))
    deployed = load_detector(name="face-ssd", search=(Path("models"),))
    seen: dict[bytes, tuple[Face, ...]] = {}

    def detect(image: Image) -> tuple[Face, ...]:
        key = image.tobytes()
        return seen[key] if key in seen else seen.setdefault(key, deployed(image))

    layouts = [name for name in exports.EXPORTS if name not in {"roboflow_segments", "roboflow_voc"}]
    assert (len(items), len(layouts)) == (150, 7)
    found = {}
    for name in layouts:
        prepared = look(read_data(exports.EXPORTS[name](items, tmp_path / name), source="own"), detect)
        assert not prepared.read.faults
        found[name] = divided(prepared)
        shutil.rmtree(tmp_path / name)
    assert all(one == found["table"] for one in found.values())
    assert len(found["table"]) >= 140


def test_the_set_s_own_parts_are_honoured(tmp_path: Path, items: list[exports.Item]) -> None:
    """Train stays train; without a test folder the valid one is parted in two."""
    for part, chosen in (("train", items[:24]), ("valid", items[24:])):
        exports.class_folders(chosen, tmp_path / "own" / part)
    found = divided(look(read_data(tmp_path / "own")))
    assert {found[item.path.name][1] for item in items[:24]} == {"train"}
    assert {found[item.path.name][1] for item in items[24:]} == {"validation", "test"}


def test_copies_with_other_classes_are_contradictions(tmp_path: Path, items: list[exports.Item]) -> None:
    """Neither is believed; copies that agree are only noted."""
    root = exports.class_folders(items, tmp_path / "own")
    shutil.copyfile(items[0].path, root / "no-mask" / "again.jpg")
    shutil.copyfile(items[3].path, root / "Mask" / "copy.jpg")
    with pytest.raises(InputError) as refused:
        look(read_data(root))
    assert "2 x the same picture with other classes elsewhere (with_mask and without_mask)" in str(refused.value)
    assert "--leave-out-faulty" in str(refused.value)
    prepared = look(read_data(root), leave_out=True)
    assert len(prepared.split.samples) == 38
    assert "exact duplicate of" in report(prepared)


def test_too_few_are_refused_with_what_was_found(tmp_path: Path, items: list[exports.Item]) -> None:
    """One class alone, or hardly any faces."""
    masked = [item for item in items if item.label == "with_mask"]
    with pytest.raises(InputError, match=f"found faces: 13 with_mask; at least {FEWEST} of each of two"):
        look(read_data(exports.class_folders(masked, tmp_path / "one")))


def test_the_report_leaves_nothing_out(tmp_path: Path, items: list[exports.Item]) -> None:
    """Layout, pictures, faces, classes, sizes, parts and what is missing."""
    root = exports.ultralytics(items, tmp_path / "own")
    (root / "labels" / "face 0.txt").write_text("")
    text = report(look(read_data(root)))
    for told in (
        "YOLO text files (data.yaml) in own/",
        "Pictures: 38 with a face, 1 without",
        "Faces: 38 (38 with a box)",
        "Class 'without_mask' is without_mask: 13",
        "Longer sides of the boxes: 40 to 40 pixels",
        "| own | with_mask |",
    ):
        assert told in text


def test_pictures_of_one_camera_are_told_apart_by_their_faces(tmp_path: Path) -> None:
    """The same wall behind every face: as wholes all are alike, but no face is left out or tied to another."""
    (tmp_path / "frames").mkdir()
    wall = np.random.default_rng(5).integers(0, 256, (12, 16, 3), dtype=np.uint8).repeat(40, 0).repeat(40, 1)
    items = []
    for number in range(30):
        frame = wall.copy()
        face = np.random.default_rng(100 + number).integers(0, 256, (4, 4, 3), dtype=np.uint8)
        frame[200:280, 300:380] = face.repeat(20, 0).repeat(20, 1)
        path = tmp_path / "frames" / f"{number}.png"
        write_jpeg(path, frame)
        items.append(exports.Item(path, (640, 480), exports.CLASSES[number % 2], (300, 200, 380, 280)))
    prepared = look(read_data(exports.table(items, tmp_path / "own")), lambda _: (Face(Box(300, 200, 380, 280), 0.9),))
    assert len(prepared.split.samples) == 30
    assert all(prepared.split.part(part) for part in Part)
