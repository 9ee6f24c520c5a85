"""Runs the deployed chain, face detector then mask classifier, on annotated scenes."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from edge.networks.classifier import decode
from edge.networks.detector import Detector
from edge.networks.preprocess import crop_square
from edge.pictures import read_picture
from edge.types import Face, Image, Label
from training.data.scenes import PICTURES_FOLDER, Scene
from training.evaluation.answers import Answers, all_labels, spread
from training.evaluation.metrics import threshold_list
from training.evaluation.predictors import Predictor
from training.evaluation.scene_score import CalledFace, Match, SceneTally
from training.evaluation.slices import FaceTraits, traits_of


@dataclass(frozen=True, slots=True, eq=False)
class JudgedScene:
    """What was found in a scene: faces, and for each the classifier's answer (K + M,) and what makes it hard."""

    scene: Scene
    called: tuple[CalledFace, ...]
    answers: tuple[tuple[float, ...], ...]
    traits: tuple[FaceTraits, ...]


class SceneJudge:
    """Runs the deployed chain, detector then classifier, on one scene after the other.

    Attributes:
        cpu_s: processor time of detector and classifier so far, all threads, seconds; reading is left out.
    """

    def __init__(self, detect: Detector, predictor: Predictor) -> None:
        self._detect, self._predictor = detect, predictor
        self.cpu_s = 0.0

    def __call__(self, scenes: Sequence[Scene], folder: Path) -> Iterator[JudgedScene]:
        for scene in tqdm(scenes, desc="judging", unit="scene", leave=False, disable=None):
            yield self._judge(scene, read_picture(folder / PICTURES_FOLDER / scene.file))

    def _judge(self, scene: Scene, image: Image) -> JudgedScene:
        began = time.process_time()
        faces, predictor = self._detect(image), self._predictor
        crops = [crop_square(image, face.box, margin=predictor.input.margin) for face in faces]
        answers = predictor.answers(crops)
        self.cpu_s += time.process_time() - began
        traits = [
            traits_of(crop, size=face.box.longer_side, source=scene.source)
            for face, crop in zip(faces, crops, strict=True)
        ]
        rows = tuple(tuple(row) for row in answers.tolist())
        return JudgedScene(scene, tuple(map(self._called, faces, answers)), rows, tuple(traits))

    def _called(self, face: Face, answer: NDArray[np.float32]) -> CalledFace:
        reading = decode(answer, self._predictor.labels, self._predictor.thresholds, self._predictor.kinds)
        x1, y1, x2, y2 = face.box.xyxy
        return CalledFace(reading.label, (x1, y1, x2, y2), face.score)


def answers_of(tally: SceneTally, judged: Iterable[JudgedScene], predictor: Predictor) -> Answers:
    """What the classifier said about the faces that were found and whose class is known."""
    by_file = {one.scene.file: one for one in judged}
    matches = labelled_matches(tally)
    truths = [truth for truth, _ in matches]
    labels = all_labels(predictor.labels, truths)
    found = [(by_file[match.scene.file], match.position) for _, match in matches]
    outputs = len(predictor.labels) + len(predictor.kinds)
    rows = np.array([one.answers[position] for one, position in found], np.float32).reshape(len(found), outputs)
    of_labels, of_kinds = np.split(rows, [len(predictor.labels)], axis=1)
    return Answers(
        labels=labels,
        truth=np.array([labels.index(truth) for truth in truths], np.int64),
        probabilities=spread(of_labels, predictor.labels, labels),
        thresholds=threshold_list(labels, predictor.thresholds),
        traits=tuple(
            replace(one.traits[match.position], kind=match.kind, tags=match.tags)
            for (one, _), (_, match) in zip(found, matches, strict=True)
        ),
        files=tuple(one.scene.file for one, _ in found),
        kinds=predictor.kinds,
        of_kinds=of_kinds,
    )


def labelled_matches(tally: SceneTally) -> list[tuple[Label, Match]]:
    """The faces that were found and whose class is known, with their class."""
    return [(match.truth, match) for match in tally.matches if match.truth is not None]


def save_predictions(path: Path, judged: Iterable[JudgedScene], *, classes: int) -> None:
    """Write one JSON object a line, in the form of `maskgate detect --json`; `classes` is the number of labels."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as file:
        for one in judged:
            faces = [
                {
                    "box": list(face.box),
                    "label": face.label.value,
                    "probability": max(row[:classes]),
                    "detection_score": face.score,
                }
                for face, row in zip(one.called, one.answers, strict=True)
            ]
            file.write(json.dumps({"file": one.scene.file, "faces": faces}) + "\n")
