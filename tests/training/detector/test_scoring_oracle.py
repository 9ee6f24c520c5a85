"""Our average precision against the reference implementation of COCO (pycocotools)."""

from __future__ import annotations

import contextlib
import io

import numpy as np
import pytest
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

from edge.types import Box, Face, Label
from training.data.scenes import Scene, TrueFace
from training.detector.scoring import DetectionTally

Drawn = list[tuple[list[Box], list[Face]]]
"""Truth and detections of each picture."""


def draw_scenes(seed: int) -> Drawn:
    """Pictures of up to five faces; most are found, many boxes are off, some are doubled, some lie anywhere."""
    rng = np.random.default_rng(seed)
    scenes: Drawn = []
    for _ in range(30):
        truths = [_box(rng) for _ in range(rng.integers(0, 6))]
        found = [_moved(rng, box) for box in truths for _ in range(rng.choice(3, p=(0.2, 0.6, 0.2)))]
        found += [_box(rng) for _ in range(rng.integers(0, 3))]
        # Scores that are all different: the order of equal ones is nobody's.
        scenes.append(
            (truths, [Face(box, float(score)) for box, score in zip(found, rng.random(len(found)), strict=True)])
        )
    return scenes


def _box(rng: np.random.Generator) -> Box:
    x, y, width, height = rng.integers((0, 0, 40, 40), (250, 250, 140, 140)).tolist()
    return Box(x, y, x + width, y + height)


def _moved(rng: np.random.Generator, box: Box) -> Box:
    x1, y1, x2, y2 = (np.array(box.xyxy) + rng.integers(-15, 16, 4)).clip(0).tolist()
    return Box(x1, y1, max(x2, x1 + 10), max(y2, y1 + 10))


def reference(scenes: Drawn) -> float:
    """Average precision at IoU 0.5 by pycocotools, read at every recall there can be: the area under its curve."""
    total = sum(len(truths) for truths, _ in scenes)
    truth, detections = COCO(), []
    annotations: list[dict[str, object]] = []
    for number, (truths, found) in enumerate(scenes):
        for box in truths:
            x, y, width, height = _sides(box)
            annotations.append(
                {"id": len(annotations) + 1, "image_id": number, "category_id": 1, "bbox": [x, y, width, height],
                 "area": width * height, "iscrowd": 0}
            )  # fmt: skip
        detections += [
            {"image_id": number, "category_id": 1, "bbox": list(_sides(face.box)), "score": face.score}
            for face in found
        ]
    images = [{"id": number, "width": 400, "height": 400} for number in range(len(scenes))]
    truth.dataset = {"images": images, "annotations": annotations, "categories": [{"id": 1, "name": "face"}]}
    with contextlib.redirect_stdout(io.StringIO()):
        truth.createIndex()
        evaluator = COCOeval(truth, truth.loadRes(detections), "bbox")
        evaluator.params.iouThrs = np.array([0.5])
        # A little lower than each recall: it is a quotient, and the evaluator looks for the first that is not below.
        evaluator.params.recThrs = np.arange(1, total + 1) / total - 1e-9
        evaluator.evaluate()
        evaluator.accumulate()
    return float(evaluator.eval["precision"][0, :, 0, 0, -1].mean())


def _sides(box: Box) -> tuple[int, int, int, int]:
    x1, y1, x2, y2 = box.xyxy
    return x1, y1, x2 - x1, y2 - y1


@pytest.mark.parametrize("seed", range(8))
def test_average_precision_is_the_references(seed: int) -> None:
    """Matching, doubles, false ones and the area under the curve, on a hundred drawn faces, to a millionth."""
    scenes, tally = draw_scenes(seed), DetectionTally(min_share=0.0)
    for truths, found in scenes:
        faces = tuple(TrueFace(Label.WITH_MASK, tuple(map(float, box.xyxy))) for box in truths)  # type: ignore[arg-type]
        tally.add(Scene("a.jpg", 400, 400, "x", faces), found)
    assert 0.2 < tally.average_precision < 0.9
    assert tally.average_precision == pytest.approx(reference(scenes), abs=1e-6)
