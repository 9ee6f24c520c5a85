"""From a split to crops: whose box is used, and what is left out."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from skimage import data

from edge.pictures import read_picture
from edge.types import Box, Face, Image, Label, MaskKind
from training.data.samples import Part, Sample, Split
from training.faces.cutting import cut_crops, find_portrait, match, summary
from training.faces.store import CropStore

BOX = (40, 40, 90, 100)
SEEN = Box(44, 38, 92, 98)


def pictures(root: Path, *files: str, size: int = 160) -> None:
    """Differing patches of a photograph, so that no face looks like another."""
    photo = data.astronaut()[..., ::-1]
    for number, file in enumerate(files):
        (root / file).parent.mkdir(parents=True, exist_ok=True)
        top, left = 40 + 170 * (number // 3), 170 * (number % 3)
        patch = cv2.resize(np.ascontiguousarray(photo[top : top + 160, left : left + 160]), (size, size))
        cv2.imwrite(str(root / file), patch)


def sample(file: str, part: Part = Part.TRAIN, label: Label | None = Label.WITH_MASK, box: object = BOX) -> Sample:
    fields = {"file": file, "label": label, "group": file, "source": "wider" if label is None else "set"}
    return Sample.model_validate(fields | {"box": box, "part": part})


def split(root: Path, *samples: Sample) -> Split:
    return Split(root=root, seed=0, samples=samples)


def sees(_image: Image) -> tuple[Face, ...]:
    return (Face(SEEN, 0.9),)


def blind(_image: Image) -> tuple[Face, ...]:
    return ()


def test_training_faces_come_with_both_boxes(tmp_path: Path) -> None:
    """The detector's box and the annotated one share a crop and the weight."""
    pictures(tmp_path, "a.png")
    store, _ = cut_crops(split(tmp_path, sample("a.png")), sees, tmp_path / "out")
    first, second = store.records
    assert (first.detected, second.detected, first.weight, second.weight) == (True, False, 0.5, 0.5)
    assert first.file == second.file
    assert (first.face_px, second.face_px) == (60, 60)
    assert first.share == pytest.approx(60 / 160, abs=1e-3)
    assert store.face_box(0).xyxy != store.face_box(1).xyxy


def test_carries_what_is_known_of_a_face(tmp_path: Path) -> None:
    """Kind of mask and tags go with the crop; a face that nobody could tell is not cut at all."""
    pictures(tmp_path, "a.png", "b.png")
    known = sample("a.png").model_copy(update={"kind": MaskKind.CLOTH, "tags": ("profile",)})
    doubtful = sample("b.png").model_copy(update={"ignore": True})
    store, report = cut_crops(split(tmp_path, known, doubtful), sees, tmp_path / "out")
    assert {(record.kind, record.tags) for record in store.records} == {(MaskKind.CLOTH, ("profile",))}
    assert report.left_out == {(Part.TRAIN, "nobody could tell"): 1}
    assert CropStore.load(tmp_path / "out").records == store.records


@pytest.mark.parametrize(
    ("part", "detect", "records", "left_out"),
    [
        (Part.TRAIN, blind, [(False, 1.0)], {}),
        (Part.TEST, sees, [(True, 1.0)], {}),
        (Part.TEST, blind, [], {(Part.TEST, "not detected"): 1}),
        (Part.VALIDATION, blind, [], {(Part.VALIDATION, "not detected"): 1}),
    ],
)
def test_judged_faces_are_those_the_kiosk_sees(
    tmp_path: Path,
    part: Part,
    detect: Callable[[Image], tuple[Face, ...]],
    records: list[tuple[bool, float]],
    left_out: dict[tuple[Part, str], int],
) -> None:
    """A missed face is still learned from by its annotation, but not judged."""
    pictures(tmp_path, "a.png")
    store, report = cut_crops(split(tmp_path, sample("a.png", part)), detect, tmp_path / "out")
    assert [(record.detected, record.weight) for record in store.records] == records
    assert dict(report.left_out) == left_out


@pytest.mark.parametrize(
    ("entry", "reason"),
    [
        (sample("a.png", box=(0, 0, 15, 12)), "face smaller than 16 pixels"),
        (sample("a.png", label=None, box=(0, 0, 20, 20)), "label unknown, small or not detected"),
        (sample("a.png", Part.TEST, label=None), "label unknown"),
        (sample("wider_30_Surgeons_1.png", label=None), "label unknown, often covered"),
    ],
)
def test_leaves_out_and_says_why(tmp_path: Path, entry: Sample, reason: str) -> None:
    """Faces too small, or of unknown label where that is risky, are counted and not cut."""
    pictures(tmp_path, entry.file)
    store, report = cut_crops(split(tmp_path, entry), sees, tmp_path / "out")
    assert not store.records
    assert dict(report.left_out) == {(entry.part, reason): 1}
    assert reason in summary(store, report)


def test_faces_of_unknown_label_count_as_bare_but_less(tmp_path: Path) -> None:
    """A detected WIDER face is taken as bare, with a lower weight."""
    pictures(tmp_path, "a.png")
    store, _ = cut_crops(split(tmp_path, sample("a.png", label=None)), sees, tmp_path / "out")
    assert {record.label for record in store.records} == {Label.WITHOUT_MASK}
    assert sum(record.weight for record in store.records) == pytest.approx(0.3)


@pytest.mark.parametrize(
    ("detect", "size", "boxes"),
    [(sees, 160, [(True, 48, 60)]), (blind, 160, [(False, 160, 160)]), (blind, 240, [])],
)
def test_class_folder_pictures_are_searched(
    tmp_path: Path, detect: Callable[[Image], tuple[Face, ...]], size: int, boxes: list[object]
) -> None:
    """Without an annotated box the detector's is taken; a small picture may be the face itself, a larger one not."""
    pictures(tmp_path, "a.png", size=size)
    store, _ = cut_crops(split(tmp_path, sample("a.png", box=None)), detect, tmp_path / "out")
    found = [store.face_box(index) for index in range(len(store))]
    assert [(record.detected, box.width, box.height) for record, box in zip(store.records, found, strict=True)] == boxes


def test_a_face_that_fills_the_picture_is_found_with_a_border() -> None:
    """A detector blind to faces at the edge gets a grey border; the box comes back in the picture's own pixels."""

    def needs_border(image: Image) -> tuple[Face, ...]:
        return (Face(Box(30, 30, 130, 130), 0.9),) if image.shape[0] == 160 else ()

    assert find_portrait(np.zeros((100, 100, 3), np.uint8), needs_border) == Box(0, 0, 100, 100)


def test_twins_of_judged_faces_are_not_learned(tmp_path: Path) -> None:
    """A training face that looks like one of the test part, cut from another picture, is dropped and reported."""
    pictures(tmp_path, "a.png", "b.png")
    twin = read_picture(tmp_path / "a.png")
    cv2.imwrite(str(tmp_path / "c.png"), cv2.copyMakeBorder(twin, 0, 50, 0, 50, cv2.BORDER_CONSTANT))
    chosen = [sample("a.png", Part.TEST), sample("b.png"), sample("c.png")]
    store, report = cut_crops(split(tmp_path, *chosen), sees, tmp_path / "out")
    assert {record.picture for record in store.records} == {"a.png", "b.png"}
    assert report.left_out[Part.TRAIN, "face also seen in another part"] == 1


def test_matches_each_face_once() -> None:
    """The surest detection takes the annotation it overlaps most; a second one on the same face gets nothing."""
    samples = [sample("a.png"), sample("a.png", box=(200, 40, 250, 100))]
    faces = [Face(Box(42, 40, 92, 100), 0.5), Face(SEEN, 0.9), Face(Box(200, 45, 250, 100), 0.3)]
    assert match(faces, samples) == {0: SEEN, 1: Box(200, 45, 250, 100)}
    assert match([Face(Box(80, 90, 140, 150), 0.9)], samples) == {}
