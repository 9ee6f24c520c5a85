"""Tests of training.data.scenes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from edge.errors import InputError
from edge.networks.manifest import sha256_of
from edge.types import Label
from tests.training.coloured import write_scenes
from training.data.samples import Part, Sample, Split
from training.data.scenes import Scene, TrueFace, read_scenes, scenes_of_part, sources_with_classes

BOX = (10, 20, 50, 70)
STRAY_ANNOTATION = (
    '{"images": [], "categories": [], "annotations": [{"image_id": 1, "category_id": 1, "bbox": [0, 0, 1, 1]}]}'
)


def split_of(folder: Path, parts: dict[str, Part], *, hashed: bool = True) -> Split:
    """A split, made when the pictures still lay elsewhere, with two faces a picture."""
    samples = [
        Sample(
            file=f"elsewhere/{file}",
            label=Label.WITH_MASK,
            group=file,
            source="painted",
            sha256=sha256_of(folder / "images" / file) if hashed else "",
            part=part,
        )
        for file, part in parts.items()
        for _ in range(2)
    ]
    return Split(root=Path("/elsewhere"), seed=0, samples=tuple(samples))


def test_read_scenes(tmp_path: Path) -> None:
    """Sizes, sources parted from their event, and corners in place of widths; pictures without a face are kept."""
    write_scenes(tmp_path, [[(Label.INCORRECT_MASK, BOX)], []], source="wider:12--Group")
    assert read_scenes(tmp_path) == [
        Scene("0.png", 200, 160, "wider", (TrueFace(Label.INCORRECT_MASK, (10, 20, 50, 70)),), group="12--Group"),
        Scene("1.png", 200, 160, "wider", (), group="12--Group"),
    ]


def test_a_category_that_is_no_class(tmp_path: Path) -> None:
    """Faces of unknown class are faces all the same."""
    write_scenes(tmp_path, [[(Label.WITH_MASK, BOX)]])
    record = json.loads((tmp_path / "annotations.json").read_text())
    record["categories"][0]["name"] = "face"
    (tmp_path / "annotations.json").write_text(json.dumps(record))
    scenes = read_scenes(tmp_path)
    assert scenes[0].faces[0].label is None
    assert sources_with_classes(scenes) == ()


@pytest.mark.parametrize(("original", "label"), [(False, Label.WITH_MASK), (True, Label.INCORRECT_MASK)])
def test_checked_labels(tmp_path: Path, original: bool, label: Label) -> None:
    """The label that was checked by eye is taken, or on demand the set's own, which leaves out nothing."""
    write_scenes(tmp_path, [[(Label.INCORRECT_MASK, BOX)]])
    record = json.loads((tmp_path / "annotations.json").read_text())
    record["annotations"][0] |= {"checked": "with_mask", "ignore": True}
    (tmp_path / "annotations.json").write_text(json.dumps(record))
    (scene,) = read_scenes(tmp_path, original=original)
    assert (scene.faces[0].label, scene.faces[0].ignore) == (label, not original)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (None, "cannot be read"),
        ("[]", "is not a COCO file"),
        ("no json", "is not a COCO file"),
        (STRAY_ANNOTATION, "not listed"),
    ],
)
def test_bad_annotations(tmp_path: Path, text: str | None, why: str) -> None:
    """A missing, foreign or contradictory file is one clear line."""
    if text is not None:
        (tmp_path / "annotations.json").write_text(text)
    with pytest.raises(InputError, match=why):
        read_scenes(tmp_path)


@pytest.mark.parametrize("part", list(Part))
def test_scenes_of_part(tmp_path: Path, part: Part) -> None:
    """Pictures are known by their content, so that a moved folder keeps its parts; one in no part is left out."""
    write_scenes(tmp_path, [[(Label.WITH_MASK, BOX)]] * 4)
    split = split_of(tmp_path, {"0.png": Part.TRAIN, "1.png": Part.VALIDATION, "2.png": Part.TEST})
    chosen = scenes_of_part(read_scenes(tmp_path), tmp_path, split, part)
    assert [scene.file for scene in chosen] == [f"{list(Part).index(part)}.png"]


def test_a_split_without_hashes_gives_nothing(tmp_path: Path) -> None:
    """An empty hash is no picture's."""
    write_scenes(tmp_path, [[(Label.WITH_MASK, BOX)]])
    split = split_of(tmp_path, {"0.png": Part.TEST}, hashed=False)
    assert scenes_of_part(read_scenes(tmp_path), tmp_path, split, Part.TEST) == []


def test_a_picture_in_two_parts_is_refused(tmp_path: Path) -> None:
    """One face in train and another in test, of the same picture, would make the test worthless."""
    write_scenes(tmp_path, [[(Label.WITH_MASK, BOX)]])
    split = split_of(tmp_path, {"0.png": Part.TEST})
    torn = (split.samples[0], split.samples[1].model_copy(update={"part": Part.TRAIN}))
    with pytest.raises(InputError, match="two parts"):
        scenes_of_part(read_scenes(tmp_path), tmp_path, split.model_copy(update={"samples": torn}), Part.TEST)


def test_a_missing_picture_is_named(tmp_path: Path) -> None:
    """Which file is missing is said before hours are spent."""
    write_scenes(tmp_path, [[(Label.WITH_MASK, BOX)]])
    split = split_of(tmp_path, {"0.png": Part.TEST})
    (tmp_path / "images/0.png").unlink()
    with pytest.raises(InputError, match=r"0\.png: cannot be read"):
        scenes_of_part(read_scenes(tmp_path), tmp_path, split, Part.TEST)
