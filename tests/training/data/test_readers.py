"""Readers of class folders, COCO and Pascal VOC."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from edge.errors import InputError
from edge.pictures import write_jpeg
from edge.types import Label, MaskKind
from training.data.readers import read_all, read_class_folders, read_coco, read_voc


def coco(**changes: Any) -> dict[str, Any]:
    return {
        "images": [
            {"id": 1, "file_name": "a.jpg", "width": 100, "height": 50, "source": "wider:12--Group"},
            {"id": 2, "file_name": "b.jpg", "width": 100, "height": 50, "source": "jolignier"},
        ],
        "annotations": [
            {"image_id": 1, "category_id": 4, "bbox": [10.2, 5.0, 20.0, 25.0]},
            {"image_id": 2, "category_id": 3, "bbox": [90, 40, 30, 30]},
            {"image_id": 2, "category_id": 1, "bbox": [200, 40, 30, 30]},
        ],
        "categories": [{"id": 1, "name": "with_mask"}, {"id": 3, "name": "incorrect_mask"}, {"id": 4, "name": "face"}],
    } | changes


def write_coco(root: Path, content: object) -> Path:
    (root / "scenes").mkdir(exist_ok=True)
    (root / "scenes" / "annotations.json").write_text(json.dumps(content))
    return root


VOC = """<annotation><filename>p1.png</filename><size><width>80</width><height>60</height></size>
<object><name>{name}</name><bndbox><xmin>{xmin}</xmin><ymin>11</ymin><xmax>40</xmax><ymax>60</ymax></bndbox></object>
</annotation>"""


def write_voc(root: Path, content: str) -> Path:
    (root / "voc" / "annotations").mkdir(parents=True)
    (root / "voc" / "annotations" / "p1.xml").write_text(content)
    return root


def touch(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()


@pytest.mark.parametrize(
    ("name", "group"),
    [
        ("1_0_anhu_0031.jpg", "crops:anhu"),
        ("0_0_aidai_0101.jpg", "crops:aidai"),
        ("0_0_0 copy 12.jpg", "crops/without_mask/0_0_0 copy 12.jpg"),
        ("with_mask072.jpg", "crops/without_mask/with_mask072.jpg"),
    ],
)
def test_groups_named_people(tmp_path: Path, name: str, group: str) -> None:
    """Pictures of a person named in the file name share a group, all others stand alone."""
    touch(tmp_path / "crops" / "without_mask" / name)
    (sample,) = read_class_folders(tmp_path, "crops")
    assert (sample.group, sample.label, sample.box) == (group, Label.WITHOUT_MASK, None)


def test_reads_class_folders_only(tmp_path: Path) -> None:
    """Folders that are no class, and files that are no picture, are passed over; Kaggle's class names are known."""
    for file in ("mask_weared_incorrect/1.PNG", "mask_weared_incorrect/notes.txt", "background/2.jpg"):
        touch(tmp_path / "own" / file)
    (sample,) = read_class_folders(tmp_path, "own")
    assert sample.label is Label.INCORRECT_MASK
    assert sample.file == "own/mask_weared_incorrect/1.PNG"


def test_reads_coco_boxes(tmp_path: Path) -> None:
    """Boxes are rounded and clipped to the picture, those outside dropped; a source's event becomes the group."""
    first, second = read_coco(write_coco(tmp_path, coco()), "scenes")
    assert (first.label, first.box, first.source, first.group) == (None, (10, 5, 30, 30), "wider", "wider:12--Group")
    assert (second.label, second.box, second.group) == (
        Label.INCORRECT_MASK,
        (90, 40, 100, 50),
        "scenes/images/b.jpg",
    )


@pytest.mark.parametrize(
    ("content", "cause"),
    [
        ([], "is not a COCO file"),
        (coco(categories=[{"id": n, "name": "helmet"} for n in (1, 3, 4)]), '"helmet" is not one of'),
        (coco(images=[]), "not listed"),
    ],
)
def test_refuses_bad_coco(tmp_path: Path, content: object, cause: str) -> None:
    """A damaged file, an unknown class and a dangling reference are each named."""
    with pytest.raises(InputError, match=cause):
        read_coco(write_coco(tmp_path, content), "scenes")


def test_voc_counts_from_one(tmp_path: Path) -> None:
    """VOC's first pixel is 1 and its last is included: 11..60 are rows 10 to 59."""
    (sample,) = read_voc(write_voc(tmp_path, VOC.format(name="mask_weared_incorrect", xmin=1)), "voc")
    assert (sample.box, sample.label, sample.file) == ((0, 10, 40, 60), Label.INCORRECT_MASK, "voc/images/p1.png")


@pytest.mark.parametrize(
    ("content", "cause"),
    [
        ("<annotation>", "is not a Pascal VOC annotation"),
        (VOC.format(name="with_mask", xmin="left"), "is not a Pascal VOC annotation"),
        (VOC.format(name="hat", xmin=1), '"hat" is not one of'),
    ],
)
def test_refuses_bad_voc(tmp_path: Path, content: str, cause: str) -> None:
    """A damaged file, a number that is none and an unknown class are each named."""
    with pytest.raises(InputError, match=cause):
        read_voc(write_voc(tmp_path, content), "voc")


ODD_VOC = [
    (VOC.replace("<size><width>80</width><height>60</height></size>", ""), "1 sizes read from the picture"),
    (VOC.replace("<width>80</width>", "<width>0</width>"), "1 sizes read from the picture"),
    (VOC.replace("<width>80</width>", "<width>eighty</width>"), "1 sizes read from the picture"),
    (VOC.replace("<xmax>40</xmax>", "<xmax>1</xmax>").replace("{xmin}", "40"), "1 boxes with swapped corners"),
    (VOC.replace("<ymax>60</ymax>", "<ymax>11</ymax>").replace("<ymin>11<", "<ymin>60<"), "1 boxes with swapped"),
    (VOC.replace("p1.png", r"C:\\My pictures\\p1.png"), None),
    (VOC.replace("p1.png", " p1.jpg "), None),
    (VOC.replace("<filename>p1.png</filename>", ""), None),
]


@pytest.mark.parametrize(("content", "told"), ODD_VOC)
def test_odd_voc_is_kept_where_the_picture_can_tell(
    tmp_path: Path, content: str, told: str | None, caplog: pytest.LogCaptureFixture
) -> None:
    """No size, corners in another order, a name with spaces, a folder of elsewhere or another ending."""
    write_voc(tmp_path, content.format(name="with_mask", xmin=1))
    (tmp_path / "voc" / "images").mkdir()
    write_jpeg(tmp_path / "voc" / "images" / "p1.png", np.full((60, 80, 3), 90, np.uint8))
    (tmp_path / "voc" / "annotations" / "._p1.xml").write_bytes(b"\0\5\x16\7Mac OS X")
    (sample,) = read_voc(tmp_path, "voc")
    assert (sample.box, sample.file) == ((0, 10, 40, 60), "voc/images/p1.png")
    assert [told in record.getMessage() for record in caplog.records] == [True] if told else not caplog.records


def test_what_nobody_can_tell_is_left_out_and_counted(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A box outside the picture, and a face of a picture that is not there and whose size nobody says."""
    write_voc(tmp_path, VOC.replace("<xmax>40", "<xmax>95").format(name="with_mask", xmin=90))
    lost = VOC.replace("<width>80</width>", "").format(name="with_mask", xmin=1).replace("p1", "p2")
    (tmp_path / "voc" / "annotations" / "p2.xml").write_text(lost)
    assert read_voc(tmp_path, "voc") == []
    (told,) = (record.getMessage() for record in caplog.records)
    assert "1 boxes left out" in told
    assert "1 pictures left out" in told


def test_coco_sizes_and_corners_are_put_right(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A size of zero is read from the picture, a negative width is a box from its other corner."""
    content = coco()
    content["images"][0] |= {"width": 0, "height": 0}
    content["annotations"][0]["bbox"] = [30.2, 30.0, -20.0, -25.0]
    write_coco(tmp_path, content)
    (tmp_path / "scenes" / "images").mkdir()
    write_jpeg(tmp_path / "scenes" / "images" / "a.jpg", np.full((50, 100, 3), 90, np.uint8))
    first, _ = read_coco(tmp_path, "scenes")
    assert first.box == (10, 5, 30, 30)
    (told,) = (record.getMessage() for record in caplog.records)
    assert "1 sizes read from the picture" in told
    assert "1 boxes with swapped corners" in told


@pytest.mark.parametrize("read", [read_class_folders, read_coco, read_voc])
def test_refuses_missing_folder(tmp_path: Path, read: Any) -> None:
    """A set that is not there is an error, not an empty set."""
    with pytest.raises(InputError, match="nowhere"):
        read(tmp_path, "nowhere")


def test_read_all_knows_every_layout(tmp_path: Path) -> None:
    """Each folder below the root is read by what it holds; without any the root is refused."""
    with pytest.raises(InputError):
        read_all(tmp_path)
    touch(tmp_path / "crops" / "with_mask" / "1.jpg")
    write_coco(tmp_path, coco())
    write_voc(tmp_path, VOC.format(name="with_mask", xmin=1))
    assert {sample.source for sample in read_all(tmp_path)} == {"crops", "wider", "jolignier", "voc"}


@pytest.mark.parametrize(
    ("folder", "faces"), [("crops", 3819), ("scenes", 9359), ("types", 1749), ("faces", 6038), ("hard", 1011)]
)
def test_reads_the_shared_sets(shared: Path, folder: str, faces: int) -> None:
    """All annotated faces and nearly all crops of the published sets are found."""
    read = read_class_folders if folder == "crops" else read_coco
    samples = read(shared / "data", folder)
    assert len(samples) == faces
    assert len({sample.group for sample in samples if sample.group.startswith("crops:")}) == 99 * (folder == "crops")


def test_checked_labels_count_for_more(tmp_path: Path) -> None:
    """A label that was checked by eye replaces the set's own; kind, tags and what to ignore are read along."""
    content = coco()
    content["annotations"][1] |= {"checked": "with_mask", "kind": "cloth", "tags": ["profile"], "ignore": True}
    first, second = read_coco(write_coco(tmp_path, content), "scenes")
    assert (first.label, first.kind, first.tags, first.ignore) == (None, None, (), False)
    assert (second.label, second.kind, second.tags) == (Label.WITH_MASK, MaskKind.CLOTH, ("profile",))
    assert second.ignore
