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
from training.data.layouts.names import Names
from training.data.readers import by_reason, read_data


def coco(**changes: Any) -> dict[str, Any]:
    return {
        "images": [
            {"id": 1, "file_name": "a.jpg", "width": 100, "height": 50, "source": "wider:12--Group"},
            {"id": 2, "file_name": "b.jpg", "width": 100, "height": 50, "source": "jolignier"},
        ],
        "annotations": [
            {"image_id": 1, "category_id": 4, "bbox": [10.2, 5.0, 20.0, 25.0]},
            {"image_id": 2, "category_id": 3, "bbox": [90, 40, 10.5, 10.4]},
            {"image_id": 2, "category_id": 1, "bbox": [200, 40, 30, 30]},
        ],
        "categories": [{"id": 1, "name": "with_mask"}, {"id": 3, "name": "incorrect_mask"}, {"id": 4, "name": "face"}],
    } | changes


def write_coco(root: Path, content: object) -> Path:
    for name in ("a", "b"):
        picture(root / "scenes" / "images" / f"{name}.jpg", width=100, height=50)
    (root / "scenes" / "annotations.json").write_text(json.dumps(content))
    return root


VOC = """<annotation><filename>p1.png</filename><size><width>80</width><height>60</height></size>
<object><name>{name}</name><bndbox><xmin>{xmin}</xmin><ymin>11</ymin><xmax>40</xmax><ymax>60</ymax></bndbox></object>
</annotation>"""


def write_voc(root: Path, content: str) -> Path:
    (root / "voc" / "annotations").mkdir(parents=True)
    picture(root / "voc" / "images" / "p1.png", width=80, height=60)
    (root / "voc" / "annotations" / "p1.xml").write_text(content)
    return root


def picture(path: Path, *, width: int, height: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    write_jpeg(path, np.full((height, width, 3), 90, np.uint8))


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
    (sample,) = read_data(tmp_path).samples
    assert (sample.group, sample.label, sample.box) == (group, Label.WITHOUT_MASK, None)


def test_no_class_folder_is_passed_over(tmp_path: Path) -> None:
    """A folder of pictures that is no class is an error; files that are no picture are passed over."""
    for file in (
        "mask_weared_incorrect/1.PNG",
        "mask_weared_incorrect/notes.txt",
        "background/2.jpg",
        "mask_weared_incorrect/._1.PNG",
    ):
        touch(tmp_path / "own" / file)
    with pytest.raises(InputError, match='"background" \\(1\\)'):
        read_data(tmp_path)
    sample, other = read_data(tmp_path, Names.parse(["background=ignore"])).samples
    assert other.label is Label.INCORRECT_MASK
    assert sample.ignore
    assert other.file == "own/mask_weared_incorrect/1.PNG"


def test_reads_coco_boxes(tmp_path: Path) -> None:
    """Boxes are rounded and clipped to the picture, those outside are faults; a source's event becomes the group."""
    read = read_data(write_coco(tmp_path, coco()))
    first, second = read.samples
    assert (first.label, first.box, first.source, first.group) == (None, (10, 5, 30, 30), "wider", "wider:12--Group")
    assert (second.label, second.box, second.group) == (
        Label.INCORRECT_MASK,
        (90, 40, 100, 50),
        "scenes/images/b.jpg",
    )
    assert [fault.where for fault in read.faults] == ["scenes/images/b.jpg"]


@pytest.mark.parametrize(
    ("content", "cause"),
    [
        ({"images": 3, "annotations": []}, "is not a COCO file"),
        (coco(categories=[{"id": n, "name": "helmet"} for n in (1, 3, 4)]), '"helmet" \\(2\\)'),
    ],
)
def test_refuses_bad_coco(tmp_path: Path, content: object, cause: str) -> None:
    """A damaged file and an unknown class are each named."""
    with pytest.raises(InputError, match=cause):
        read_data(write_coco(tmp_path, content))


def test_a_dangling_reference_is_a_fault(tmp_path: Path) -> None:
    """An annotation of a picture, or of a class, that the file does not list."""
    content = coco()
    content["annotations"][0]["category_id"], content["annotations"][2]["image_id"] = 9, 9
    read = read_data(write_coco(tmp_path, content))
    assert len(read.samples) == 1
    assert "class index 9 is not one of" in by_reason(read.faults)
    assert "picture 9, which is not listed" in by_reason(read.faults)


def test_voc_counts_from_one(tmp_path: Path) -> None:
    """VOC's first pixel is 1 and its last is included: 11..60 are rows 10 to 59."""
    (sample,) = read_data(write_voc(tmp_path, VOC.format(name="mask_weared_incorrect", xmin=1))).samples
    assert (sample.box, sample.label, sample.file) == ((0, 10, 40, 60), Label.INCORRECT_MASK, "voc/images/p1.png")


@pytest.mark.parametrize(
    ("content", "cause"),
    [
        ("<annotation>", "is not a Pascal VOC annotation"),
        (VOC.format(name="with_mask", xmin="left"), "a face without a box"),
    ],
)
def test_bad_voc_is_a_fault(tmp_path: Path, content: str, cause: str) -> None:
    """A damaged file, and a number that is none."""
    assert cause in by_reason(read_data(write_voc(tmp_path, content)).faults)


ODD_VOC = [
    (VOC.replace("<size><width>80</width><height>60</height></size>", ""), ""),
    (VOC.replace("<width>80</width>", "<width>0</width>"), ""),
    (VOC.replace("<width>80</width>", "<width>eighty</width>"), ""),
    (VOC.replace("<xmax>40</xmax>", "<xmax>1</xmax>").replace("{xmin}", "40"), "swapped corners"),
    (VOC.replace("<ymax>60</ymax>", "<ymax>11</ymax>").replace("<ymin>11<", "<ymin>60<"), "swapped corners"),
    (VOC.replace("p1.png", r"C:\\My pictures\\p1.png"), ""),
    (VOC.replace("p1.png", " p1.jpg "), ""),
    (VOC.replace("<filename>p1.png</filename>", ""), ""),
]


@pytest.mark.parametrize(("content", "told"), ODD_VOC)
def test_odd_voc_is_kept_where_the_picture_can_tell(tmp_path: Path, content: str, told: str) -> None:
    """No size, corners in another order, a name with spaces, a folder of elsewhere or another ending."""
    write_voc(tmp_path, content.format(name="with_mask", xmin=1))
    (tmp_path / "voc" / "annotations" / "._p1.xml").write_bytes(b"\0\5\x16\7Mac OS X")
    read = read_data(tmp_path)
    (sample,) = read.samples
    assert (sample.box, sample.file) == ((0, 10, 40, 60), "voc/images/p1.png")
    assert told in by_reason(read.notes)
    assert not read.faults


def test_coco_sizes_and_corners_are_put_right(tmp_path: Path) -> None:
    """A size of zero is the picture's own, a negative width is a box from its other corner."""
    content = coco()
    content["images"][0] |= {"width": 0, "height": 0}
    content["annotations"][0]["bbox"] = [30.2, 30.0, -20.0, -25.0]
    read = read_data(write_coco(tmp_path, content))
    assert read.samples[0].box == (10, 5, 30, 30)
    assert "swapped corners" in by_reason(read.notes)


def test_refuses_missing_folder(tmp_path: Path) -> None:
    """A set that is not there is an error, not an empty set."""
    with pytest.raises(InputError, match="nowhere: does not exist"):
        read_data(tmp_path / "nowhere")


def test_reads_every_set_below_a_root(tmp_path: Path) -> None:
    """Each folder below the root is read by what it holds; without any the root is refused."""
    with pytest.raises(InputError):
        read_data(tmp_path)
    touch(tmp_path / "crops" / "with_mask" / "1.jpg")
    write_coco(tmp_path, coco())
    write_voc(tmp_path, VOC.format(name="with_mask", xmin=1))
    assert {sample.source for sample in read_data(tmp_path).samples} == {"crops", "wider", "jolignier", "voc"}


@pytest.mark.parametrize(
    ("folder", "faces"), [("crops", 3819), ("scenes", 9359), ("types", 1749), ("faces", 6037), ("hard", 1011)]
)
def test_reads_the_shared_sets(shared: Path, folder: str, faces: int) -> None:
    """All annotated faces and nearly all crops of the published sets are found; one is annotated twice."""
    samples = read_data(shared / "data" / folder).samples
    assert len(samples) == faces
    assert len({sample.group for sample in samples if sample.group.startswith("crops:")}) == 99 * (folder == "crops")


def test_checked_labels_count_for_more(tmp_path: Path) -> None:
    """A label that was checked by eye replaces the set's own; kind, tags and what to ignore are read along."""
    content = coco()
    content["annotations"][1] |= {"checked": "with_mask", "kind": "cloth", "tags": ["profile"], "ignore": True}
    first, second = read_data(write_coco(tmp_path, content)).samples
    assert (first.label, first.kind, first.tags, first.ignore) == (None, None, (), False)
    assert (second.label, second.kind, second.tags) == (Label.WITH_MASK, MaskKind.CLOTH, ("profile",))
    assert second.ignore
