"""Scenes of several data sets, taken together."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from edge.networks.manifest import sha256_of
from training.data.samples import Part, Sample, Split
from training.data.scenes import Scene, TrueFace
from training.detector.places import places_of_part
from training.detector.preparing import is_portrait

BOX = (10, 10, 30, 40)


def write_set(folder: Path, parts: tuple[Part, ...]) -> list[Sample]:
    """A data set `wider` in `folder`, with a picture of one face in each of `parts`."""
    (folder / "images").mkdir(parents=True)
    samples, images, faces = [], [], []
    for number, part in enumerate(parts):
        path = folder / "images" / f"{number}.png"
        cv2.imwrite(str(path), np.full((80, 100, 3), len(folder.name) * 20 + number, np.uint8))
        images.append({"id": number, "file_name": path.name, "width": 100, "height": 80, "source": "wider"})
        faces.append({"image_id": number, "category_id": 4, "bbox": [10, 10, 20, 30]})
        file = f"{folder.name}/images/{path.name}"
        sample = Sample(file=file, label=None, group=file, source="wider", box=BOX, sha256=sha256_of(path), part=part)
        samples.append(sample)
    whole = {"images": images, "annotations": faces, "categories": [{"id": 4, "name": "face"}]}
    (folder / "annotations.json").write_text(json.dumps(whole))
    return samples


def test_a_part_is_taken_from_every_folder(tmp_path: Path) -> None:
    """Each picture of the part with its path, and sources of one name told apart by their folder."""
    folders = [tmp_path / "scenes", tmp_path / "faces"]
    samples = [
        *write_set(folders[0], (Part.TRAIN, Part.TEST)),
        *write_set(folders[1], (Part.TEST, Part.VALIDATION, Part.TEST)),
    ]
    places = places_of_part(folders, Split(root=tmp_path, seed=0, samples=tuple(samples)), Part.TEST)
    assert [str(place.path.relative_to(tmp_path)) for place in places] == [
        "scenes/images/1.png", "faces/images/0.png", "faces/images/2.png",
    ]  # fmt: skip
    assert [place.source for place in places] == ["scenes/wider", "faces/wider", "faces/wider"]


@pytest.mark.parametrize(
    ("boxes", "portrait"),
    [
        ([(10, 10, 30, 50)], True),
        ([(10, 10, 30, 40)], False),
        ([(10, 10, 30, 50), (60, 10, 70, 20)], False),
        ([], False),
    ],
    ids=["large", "small", "two", "nobody"],
)
def test_portraits_show_one_large_face(boxes: list[tuple[float, ...]], portrait: bool) -> None:
    """A third of the longer side and a little more, and nobody else."""
    faces = tuple(TrueFace(None, box) for box in boxes)  # type: ignore[arg-type]
    assert is_portrait(Scene("a.png", 100, 80, "x", faces)) is portrait
