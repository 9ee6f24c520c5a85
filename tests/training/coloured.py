"""Data sets of coloured squares: a reddish face wears a mask, a greenish one none, a bluish one wears it wrongly."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np

from edge.networks.manifest import InputSpec, sha256_of
from edge.types import Box, Face, Image, Label
from training.data.samples import Part, Sample, Split
from training.runs import ModelFacts, RunFolder

LABELS = (Label.WITH_MASK, Label.WITHOUT_MASK, Label.INCORRECT_MASK)
_CHANNEL = {Label.WITH_MASK: 2, Label.WITHOUT_MASK: 1, Label.INCORRECT_MASK: 0}
_GREY = 128

PlacedFace = tuple[Label, tuple[int, int, int, int]]
"""Class and box, x1 y1 x2 y2."""


def paint(label: Label, *, height: int = 40, width: int = 40, strength: int = 90) -> Image:
    """A face of one colour; the weaker, the less sure the colour classifier is."""
    face = np.full((height, width, 3), _GREY - strength, np.uint8)
    face[:, :, _CHANNEL[label]] = _GREY + strength
    return face


def write_faces(root: Path, labels: Sequence[Label], *, strength: int = 90) -> list[str]:
    """Write one picture a label into `root/faces/<label>/`, all different; returns their paths below `root`."""
    files = []
    for index, label in enumerate(labels):
        file = f"faces/{label}/{index:03}.png"
        (root / file).parent.mkdir(parents=True, exist_ok=True)
        cv2.imwrite(str(root / file), paint(label, height=40 + index, strength=strength))
        files.append(file)
    return files


def write_split(root: Path, labels: Sequence[Label], parts: Sequence[Part]) -> Path:
    """Write one face a label, each in its part, and a split file; returns the latter."""
    samples = tuple(
        Sample(file=file, label=label, group=file, source="faces", sha256=sha256_of(root / file), part=part)
        for file, label, part in zip(write_faces(root, labels), labels, parts, strict=True)
    )
    path = root / "split.json"
    Split(root=root, seed=0, samples=samples).save(path)
    return path


def write_scenes(folder: Path, scenes: Sequence[Sequence[PlacedFace]], *, source: str = "painted") -> Path:
    """Write a COCO folder of grey pictures, 200 x 160, with the faces painted in."""
    (folder / "images").mkdir(parents=True, exist_ok=True)
    images, annotations = [], []
    for number, faces in enumerate(scenes):
        image = np.full((160, 200, 3), _GREY, np.uint8)
        # Two scenes must not have the same hash.
        image[0, 0] = number
        for label, (x1, y1, x2, y2) in faces:
            image[y1:y2, x1:x2] = paint(label, height=y2 - y1, width=x2 - x1)
            category = LABELS.index(label) + 1
            annotations.append({"image_id": number, "category_id": category, "bbox": [x1, y1, x2 - x1, y2 - y1]})
        file = f"{number}.png"
        cv2.imwrite(str(folder / "images" / file), image)
        images.append({"id": number, "file_name": file, "width": 200, "height": 160, "source": source})
    categories = [{"id": index + 1, "name": label.value} for index, label in enumerate(LABELS)]
    record = {"images": images, "annotations": annotations, "categories": categories}
    (folder / "annotations.json").write_text(json.dumps(record))
    return folder


def find_squares(image: Image) -> tuple[Face, ...]:
    """A detector that sees every painted face, left to right, with falling scores."""
    coloured = (image.max(axis=2) - image.min(axis=2) > 40).astype(np.uint8)
    _, _, found, _ = cv2.connectedComponentsWithStats(coloured)
    boxes = sorted((int(x), int(y), int(x + w), int(y + h)) for x, y, w, h, _ in found[1:])
    return tuple(Face(Box(*corners), 0.9 - index / 100) for index, corners in enumerate(boxes))


def write_run(folder: Path, *, sharpness: float = 4.0, labels: tuple[Label, ...] = LABELS) -> RunFolder:
    """Write a finished run whose Keras model judges by colour: softmax(sharpness * mean of each channel)."""
    import keras  # noqa: PLC0415 - most tests need no Keras

    inputs = keras.Input((16, 16, 3))
    mean = keras.layers.GlobalAveragePooling2D()(inputs)
    last = keras.layers.Dense(len(labels), activation="softmax")
    model = keras.Model(inputs, last(mean))
    last.set_weights([sharpness * np.eye(3, dtype=np.float32)[:, : len(labels)], np.zeros(len(labels), np.float32)])
    run = RunFolder.create(folder)
    model.save(run.model)
    facts = ModelFacts(labels=labels, input=InputSpec(width=16, height=16), backbone="colour")
    run.model_facts.write_text(facts.model_dump_json())
    return run
