"""Tests of training.evaluation.faces."""

from __future__ import annotations

from pathlib import Path

import pytest

from edge.errors import InputError, UsageError
from edge.types import Box, Label, MaskKind
from tests.training.coloured import LABELS, paint, write_faces, write_split
from training.data.samples import Part, Sample, Split
from training.evaluation.faces import LabelledFace, load_faces
from training.faces.store import CropRecord, CropStore

PARTS = (Part.TRAIN, Part.VALIDATION, Part.TEST)


def write_store(folder: Path, records: tuple[CropRecord, ...]) -> Path:
    """A crop store in which record i's crop is 100 x 100 and its face has the colour of its label."""
    store = CropStore(folder, records, margin=0.5)
    store.save()
    for record in records:
        store.add_picture(record.file, paint(record.label, height=100, width=100))
    return folder


def record(file: str, *, part: Part = Part.VALIDATION, detected: bool = True, synthetic: str = "") -> CropRecord:
    return CropRecord(
        file=file,
        label=Label.WITH_MASK,
        part=part,
        source="somewhere",
        group=file,
        box=(25, 25, 75, 65) if detected else (20, 20, 70, 60),
        detected=detected,
        synthetic=synthetic,
        face_px=200,
        picture=f"of-{file}",
    )


@pytest.mark.parametrize("part", PARTS)
def test_only_the_part_asked_for(tmp_path: Path, part: Part) -> None:
    """Of a split file and of a crop store, nothing but the part comes out."""
    split = write_split(tmp_path, LABELS, PARTS)
    assert [face.label for face in load_faces(split, part)] == [LABELS[PARTS.index(part)]]
    store = write_store(tmp_path / "store", tuple(record(f"{name}.jpg", part=name) for name in PARTS))
    assert [face.file for face in load_faces(store, part)] == [f"of-{part}.jpg"]


def test_not_those_nobody_could_tell(tmp_path: Path) -> None:
    """A sample marked `ignore` is never judged, whatever its label."""
    path = write_split(tmp_path, LABELS, (Part.TEST,) * 3)
    split = Split.load(path)
    first, *others = split.samples
    Split(root=split.root, seed=0, samples=(first.model_copy(update={"ignore": True}), *others)).save(path)
    assert [face.label for face in load_faces(path, Part.TEST)] == list(LABELS[1:])


def test_kind_and_tags_come_along(tmp_path: Path) -> None:
    """Of a split file and of a crop store."""
    known = {"kind": MaskKind.CLOTH, "tags": ("hand",)}
    split = Split.load(write_split(tmp_path, LABELS[:1], (Part.TEST,)))
    marked = Split(root=split.root, seed=0, samples=(split.samples[0].model_copy(update=known),))
    marked.save(tmp_path / "split.json")
    store = write_store(tmp_path / "store", (record("a.jpg").model_copy(update=known),))
    for data, part in ((tmp_path / "split.json", Part.TEST), (store, Part.VALIDATION)):
        (face,) = load_faces(data, part)
        assert (face.kind, face.tags) == (MaskKind.CLOTH, ("hand",))


def test_all_parts(tmp_path: Path) -> None:
    """None gives every face; so does a folder per class, which has no parts."""
    assert len(load_faces(write_split(tmp_path, LABELS, PARTS), None)) == 3
    assert [face.label for face in load_faces(tmp_path / "faces", None)] == sorted(LABELS)
    with pytest.raises(UsageError, match="has no parts"):
        load_faces(tmp_path / "faces", Part.VALIDATION)
    with pytest.raises(InputError, match="does not exist"):
        load_faces(tmp_path / "nothing", Part.VALIDATION)


def test_a_store_shows_each_real_face_once(tmp_path: Path) -> None:
    """Synthetic crops are left out, and of several boxes on one crop the detector's is taken, whatever their order."""
    records = (
        record("a.jpg", detected=False),
        record("a.jpg"),
        record("b.jpg"),
        record("b.jpg", detected=False),
        record("c.jpg", detected=False),
        record("d.jpg", synthetic="chin"),
    )
    faces = load_faces(write_store(tmp_path, records), Part.VALIDATION)
    assert [(face.file, face.open()[1]) for face in faces] == [
        ("of-a.jpg", Box(25, 25, 75, 65)),
        ("of-b.jpg", Box(25, 25, 75, 65)),
        ("of-c.jpg", Box(20, 20, 70, 60)),
    ]


def test_faces_are_cut_as_the_kiosk_cuts_them(tmp_path: Path) -> None:
    """A square with the margin around the box; a picture that is the face stays whole; size is that of the origin."""
    (stored,) = load_faces(write_store(tmp_path / "store", (record("a.jpg"),)), Part.VALIDATION)
    crop, size = stored.crop(0.1)
    assert (crop.shape, size) == ((60, 60, 3), 200)
    image = paint(Label.WITH_MASK, height=30, width=50)
    whole = LabelledFace("a", Label.WITH_MASK, "b", lambda: (image, None))
    assert (whole.crop(0.1)[0].shape, whole.crop(0.1)[1]) == ((30, 50, 3), 50)
    boxed = LabelledFace("a", Label.WITH_MASK, "b", lambda: (image, Box(5, 5, 25, 15)))
    assert (boxed.crop(0.0)[0].shape, boxed.crop(0.0)[1]) == ((20, 20, 3), 20)


def test_faces_without_a_class_are_left_out(tmp_path: Path) -> None:
    """A face of which only the place is known cannot be judged; a part without any other is an error."""
    (file,) = write_faces(tmp_path, LABELS[:1])
    sample = Sample(file=file, label=None, group="g", source="s", part=Part.TEST)
    Split(root=tmp_path, seed=0, samples=(sample,)).save(tmp_path / "split.json")
    with pytest.raises(InputError, match="no labelled face in part test"):
        load_faces(tmp_path / "split.json", Part.TEST)


def test_hashes_come_along(tmp_path: Path) -> None:
    """A split's hash of each picture stays with its face."""
    path = write_split(tmp_path, LABELS, PARTS)
    assert [face.sha256 for face in load_faces(path, None)] == [sample.sha256 for sample in Split.load(path).samples]


def test_unreadable_pictures_are_named(tmp_path: Path) -> None:
    """A picture that vanished since the split was made is one clear line."""
    split = write_split(tmp_path, LABELS[:1], PARTS[1:2])
    (face,) = load_faces(split, Part.VALIDATION)
    (tmp_path / face.file).unlink()
    with pytest.raises(InputError, match=face.file):
        face.crop(0.0)
