"""One set in every layout, and layouts that are broken."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from edge.errors import InputError
from edge.types import Label
from tests.training.data import exports
from training.data.layouts.names import Names
from training.data.readers import Reading, by_reason, read_data
from training.data.samples import Part


@pytest.fixture
def items(tmp_path: Path) -> list[exports.Item]:
    """Six drawn pictures."""
    return exports.drawn(tmp_path / "drawn")


def found(read: Reading) -> dict[str, tuple[Label | None, tuple[int, int, int, int] | None]]:
    """Name of each picture -> class and box of its face."""
    return {Path(sample.file).name: (sample.label, sample.box) for sample in read.samples}


@pytest.mark.parametrize("layout", exports.EXPORTS)
def test_every_layout_gives_the_same_faces(tmp_path: Path, items: list[exports.Item], layout: str) -> None:
    """Names, classes and boxes are those of the set, nothing is wrong, and no part is claimed but the folder's."""
    read = read_data(exports.EXPORTS[layout](items, tmp_path / layout))
    boxed = layout != "class_folders"
    assert found(read) == {one.path.name: (Label(one.label), one.box if boxed else None) for one in items}
    assert not read.faults
    assert set(read.parts.values()) <= {Part.TRAIN}
    assert (read.empty, len(read.layouts)) == ((), 1)


def test_folders_and_lists_tell_the_parts(tmp_path: Path, items: list[exports.Item]) -> None:
    """Below train, valid and test in any layout, and in the lists of VOC and YOLO."""
    for part, chosen in (("train", items[:3]), ("valid", items[3:5]), ("test", items[5:])):
        exports.class_folders(chosen, tmp_path / "folders" / part)
        exports.cvat_coco(chosen, tmp_path / "coco" / part)
        exports.roboflow_csv(chosen, tmp_path / "whole").rename(tmp_path / "part")
        (tmp_path / "csv").mkdir(exist_ok=True)
        (tmp_path / "part" / "train").rename(tmp_path / "csv" / part)
        (tmp_path / "part").rmdir()
    voc = exports.kaggle_voc(items, tmp_path / "voc")
    (voc / "ImageSets" / "Main").mkdir(parents=True)
    (voc / "ImageSets" / "Main" / "val.txt").write_text("".join(f"{item.path.stem}\n" for item in items[:1]))
    yolo = exports.ultralytics(items, tmp_path / "yolo")
    (yolo / "test.txt").write_text(f"./images/{items[0].path.name}\n")
    (yolo / "data.yaml").write_text("train: images\ntest: test.txt\nnames: [with_mask, without_mask, incorrect_mask]\n")
    counts = {name: [*read_data(tmp_path / name).parts.values()] for name in ("folders", "csv", "voc", "yolo")}
    assert (
        sorted(counts["folders"])
        == sorted(counts["csv"])
        == ["test", "train", "train", "train", "validation", "validation"]
    )
    assert counts["voc"] == [Part.VALIDATION]
    assert sorted(counts["yolo"]) == ["test", "train", "train", "train", "train", "train"]


def test_unknown_names_are_listed_with_a_proposal(tmp_path: Path, items: list[exports.Item]) -> None:
    """All of them at once, with how often they occur; the proposal is accepted."""
    root = exports.class_folders(items, tmp_path / "own")
    (root / "no-mask").rename(root / "no-maskk")
    (root / "Mask").rename(root / "blue ones")
    with pytest.raises(InputError) as refused:
        read_data(root)
    for told in ('"no-maskk" (2)', '"blue ones" (2)', '--label "no-maskk=without_mask"', "or another of with_mask"):
        assert told in str(refused.value)
    read = read_data(root, Names.parse(["no-maskk=without_mask", "Blue Ones=with-mask"]))
    assert [label for label, _ in found(read).values()].count(Label.WITHOUT_MASK) == 2
    assert not read.faults


def test_folders_that_are_no_classes_are_said(tmp_path: Path, items: list[exports.Item]) -> None:
    """Where no folder has a known name, the error asks what they are."""
    for name in ("good", "bad"):
        exports._copy(items[0], tmp_path / "own" / name)
    with pytest.raises(InputError, match=r'are classes, say which: --label "bad=\.\.\." --label "good=\.\.\."'):
        read_data(tmp_path / "own")


def test_what_is_ignored_or_only_a_face_keeps_no_class(tmp_path: Path, items: list[exports.Item]) -> None:
    """`--label NAME=ignore` and `=face`."""
    root = exports.class_folders(items, tmp_path / "own")
    read = read_data(root, Names.parse(["mask=ignore", "no-mask=face"]))
    assert sorted((str(sample.label), sample.ignore) for sample in read.samples) == [
        ("None", False), ("None", False), ("None", True), ("None", True), ("incorrect_mask", False),
        ("incorrect_mask", False),
    ]  # fmt: skip


def test_several_sets_are_read_together(tmp_path: Path, items: list[exports.Item]) -> None:
    """Each folder below the root by its own layout; one that holds pictures and is none is an error."""
    exports.class_folders(items[:3], tmp_path / "all" / "old")
    exports.table(items[3:], tmp_path / "all" / "new")
    assert {sample.source for sample in read_data(tmp_path / "all").samples} == {"old", "new"}
    (tmp_path / "all" / "notes").mkdir()
    assert "notes" in by_reason(read_data(tmp_path / "all").notes)
    exports._copy(items[0], tmp_path / "all" / "notes")
    with pytest.raises(InputError, match="no layout recognised in notes"):
        read_data(tmp_path / "all")


def test_versions_of_one_picture_stay_together(tmp_path: Path, items: list[exports.Item]) -> None:
    """Roboflow writes several pictures of one, parted by what follows `.rf.`."""
    root = exports.class_folders(items, tmp_path / "own")
    for number, item in enumerate(items[::3]):
        (root / "Mask" / item.path.name).rename(root / "Mask" / f"door_1_jpg.rf.0a1b2c3d{number}.jpg")
    groups = [one.group for one in read_data(root).samples if one.label is Label.WITH_MASK]
    assert groups == ["own:door_1_jpg", "own:door_1_jpg"]


def edited(path: Path, change: Callable[[Any], None]) -> None:
    content = json.loads(path.read_text())
    change(content)
    path.write_text(json.dumps(content))


BROKEN: dict[str, tuple[str, Callable[[Path], object], tuple[str, ...]]] = {
    "missing class": (
        "kaggle_voc",
        lambda root: (root / "annotations" / "face 1.xml").write_text(
            (root / "annotations" / "face 1.xml").read_text().replace("<name>without_mask</name>", "")
        ),
        ("1 x a face without a class: annotations/face 1.xml",),
    ),
    "wrong index": (
        "ultralytics",
        lambda root: (root / "labels" / "face 2.txt").write_text("7 0.5 0.5 0.2 0.2\n1 0.5\nx\n"),
        (
            "class index 7 is not one of 0 with_mask, 1 without_mask, 2 incorrect_mask: labels/face 2.txt:1",
            "expected 4 numbers or a polygon after the class, received 1: labels/face 2.txt:2",
            "line that holds other things than numbers: labels/face 2.txt:3",
        ),
    ),
    "boxes out of range": (
        "cvat_coco",
        lambda root: edited(
            root / "annotations" / "instances_default.json",
            lambda coco: (
                coco["annotations"][0].update(bbox=[400, 5, 30, 30]) or coco["annotations"][1].update(bbox=[1, 1, 0, 9])
            ),
        ),
        ("1 x box out of range: reaches out of the picture (80x60)", "1 x box without an area"),
    ),
    "duplicates": (
        "table",
        lambda root: (root / "faces.csv").write_text(
            (root / "faces.csv").read_text() + "pictures/face 0.jpg,no mask,10 5 50 45\npictures/nobody.jpg,mask,\n"
        ),
        ("one face has two classes (with_mask, no mask)", "nobody.jpg: annotated, but the picture is missing"),
    ),
    "pixels in YOLO": (
        "ultralytics",
        lambda root: (root / "labels" / "face 0.txt").write_text("0 30 25 40 40\n"),
        ("box out of range",),
    ),
    "another size": (
        "roboflow_coco",
        lambda root: edited(
            root / "train" / "_annotations.coco.json", lambda coco: coco["images"][0].update(width=640, height=480)
        ),
        ("annotated at 640x480, but has 80x60 pixels",),
    ),
}


@pytest.mark.parametrize("kind", BROKEN)
def test_broken_exports_say_what_is_wrong_and_where(tmp_path: Path, items: list[exports.Item], kind: str) -> None:
    """Each fault stands in the report; the other faces are read."""
    layout, spoil, expected = BROKEN[kind]
    root = exports.EXPORTS[layout](items, tmp_path / layout)
    spoil(root)
    read = read_data(root)
    report = by_reason(read.faults)
    for told in expected:
        assert told in report
    assert 4 <= len(read.samples) <= 5


def test_mixed_layouts_are_refused(tmp_path: Path, items: list[exports.Item]) -> None:
    """A folder with two kinds of annotations asks which counts; naming one of them decides."""
    root = exports.ultralytics(items, tmp_path / "mixed")
    exports.table(items[:2], root)
    with pytest.raises(InputError, match="laid out in several ways at once"):
        read_data(root)
    assert len(read_data(root / "faces.csv").samples) == 2


def test_pictures_beside_class_folders_are_a_fault(tmp_path: Path, items: list[exports.Item]) -> None:
    """Nobody knows what they show."""
    root = exports.class_folders(items[1:], tmp_path / "own")
    exports._copy(items[0], root)
    assert by_reason(read_data(root).faults) == f"  1 x picture in no class's folder: {items[0].path.name}"


def test_pictures_without_a_face_are_kept_apart(tmp_path: Path, items: list[exports.Item]) -> None:
    """An empty text file, no text file and a COCO picture without annotations show no face."""
    yolo = exports.ultralytics(items, tmp_path / "yolo")
    (yolo / "labels" / "face 0.txt").write_text("")
    (yolo / "labels" / "face 1.txt").unlink()
    assert read_data(yolo).empty == ("images/face 0.jpg", "images/face 1.jpg")
    coco = exports.cvat_coco(items, tmp_path / "coco")
    edited(coco / "annotations" / "instances_default.json", lambda content: content["annotations"].pop(0))
    assert read_data(coco).empty == ("images/default/face 0.jpg",)


def test_a_file_that_is_no_annotation_is_refused(tmp_path: Path) -> None:
    """Packed, damaged or of another kind."""
    for name, told in (("set.zip", "unpack it"), ("set.json", "not valid JSON"), ("set.mp4", "not an annotation file")):
        (tmp_path / name).write_text("{")
        with pytest.raises(InputError, match=told):
            read_data(tmp_path / name)
