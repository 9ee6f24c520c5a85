"""Can the class be told without looking at the face? From width, height, file size and sharpness alone.

A network trained on a set where it can learns that instead of masks (Geirhos et al. 2020, shortcut learning).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import RandomForestClassifier
from sklearn.metrics import balanced_accuracy_score
from sklearn.model_selection import StratifiedGroupKFold, cross_val_predict

from edge.errors import InputError
from edge.networks.manifest import InputSpec
from edge.pictures import read_picture
from edge.types import Image, Label
from training.data.samples import Part, Split
from training.faces.augmentation import augment
from training.faces.store import CropStore

FEATURES = ("width", "height", "file size", "sharpness")
FOLDS = 5
TREES = 60

Table = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Cues:
    """What is known of some pictures besides their content.

    Attributes:
        title: of the set, for the report.
        values: shape (N, 4), the columns of FEATURES; sizes and sharpness as logarithms.
        labels, groups: shape (N,).
    """

    title: str
    values: Table
    labels: NDArray[np.str_]
    groups: NDArray[np.str_]


@dataclass(frozen=True, slots=True)
class Shortcut:
    """How well the cues tell the class, by 5-fold cross-validation over groups.

    Attributes:
        chance: balanced accuracy of guessing, one by the number of classes.
        together: balanced accuracy from all cues.
        alone: balanced accuracy from each cue of FEATURES.
    """

    title: str
    faces: int
    chance: float
    together: float
    alone: tuple[float, ...]


def raw_cues(split: Split, source: str, title: str) -> Cues:
    """The picture files of one source as they came, training part only."""
    samples = [
        sample for sample in split.part(Part.TRAIN) if sample.source == source and sample.label and not sample.ignore
    ]
    values = []
    for sample in samples:
        path = split.root / sample.file
        image = read_picture(path)
        values.append(_row(image, path.stat().st_size))
    return _cues(title, values, [sample.label or "" for sample in samples], [sample.group for sample in samples])


def prepared_cues(store: CropStore, title: str, *, spec: InputSpec, source: str = "", seed: int | None = None) -> Cues:
    """What a network is fed from the training part: as the kiosk would see it, or (with a seed) augmented."""
    chosen = [
        (index, record)
        for index, record in enumerate(store.records)
        if record.part is Part.TRAIN and record.detected and source in ("", record.source)
        if not (source and record.synthetic)
    ]
    values = []
    for index, _ in chosen:
        if seed is None:
            image = store.picture(index, spec)
        else:
            chance = np.random.default_rng((seed, index))
            image = augment(store.image(index), store.face_box(index), spec=spec, rng=chance)
        values.append(_row(image, len(cv2.imencode(".jpg", image)[1])))
    return _cues(title, values, [record.label for _, record in chosen], [record.group for _, record in chosen])


def measure(cues: Cues, *, seed: int = 0) -> Shortcut:
    """Train a forest on the cues, and on each alone, and judge it on groups it has not seen.

    Raises:
        InputError: if a class has too few faces to be learned and judged, or there is only one class.
    """
    _, counts = np.unique(cues.labels, return_counts=True)
    if len(counts) < 2 or counts.min() < FOLDS or len(set(cues.groups)) < FOLDS:
        raise InputError(f"{cues.title}: too few faces or classes; {FOLDS} faces of each of two classes are needed")
    columns = [list(range(len(FEATURES))), *([column] for column in range(len(FEATURES)))]
    scores = [_score(cues, column, seed) for column in columns]
    classes = len(set(cues.labels))
    return Shortcut(cues.title, len(cues.labels), 1 / classes, scores[0], tuple(scores[1:]))


def report(shortcuts: Sequence[Shortcut]) -> str:
    """A Markdown table, balanced accuracies in percent."""
    lines = [
        "| pictures | faces | guessing | all cues | " + " | ".join(FEATURES) + " |",
        "|---|" + "---:|" * (3 + len(FEATURES)),
    ]
    for found in shortcuts:
        scores = " | ".join(f"{score:.1%}" for score in (found.chance, found.together, *found.alone))
        lines.append(f"| {found.title} | {found.faces} | {scores} |")
    return "\n".join(lines)


def _row(image: Image, size: int) -> list[float]:
    height, width = image.shape[:2]
    grey = cv2.cvtColor(image, cv2.COLOR_BGR2GRAY)
    return [width, height, np.log(size), np.log(cv2.Laplacian(grey, cv2.CV_64F).var() + 1e-3)]


def _cues(title: str, values: list[list[float]], labels: Sequence[Label | str], groups: Sequence[str]) -> Cues:
    return Cues(title, np.array(values), np.array([str(label) for label in labels]), np.array(groups))


def _score(cues: Cues, columns: list[int], seed: int) -> float:
    forest = RandomForestClassifier(TREES, min_samples_leaf=5, class_weight="balanced", random_state=seed)
    folds = StratifiedGroupKFold(FOLDS, shuffle=True, random_state=seed)
    guessed = cross_val_predict(forest, cues.values[:, columns], cues.labels, groups=cues.groups, cv=folds)
    return float(balanced_accuracy_score(cues.labels, guessed))
