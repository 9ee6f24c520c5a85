"""What a classifier said about faces whose class is known."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from edge.types import Image, Label, MaskKind
from training.data.samples import CLASSES
from training.evaluation.faces import LabelledFace
from training.evaluation.metrics import Indices, Probabilities, decide, threshold_list
from training.evaluation.predictors import BATCH_SIZE, Predictor
from training.evaluation.slices import FaceTraits, traits_of


@dataclass(frozen=True, slots=True, eq=False)
class Answers:
    """What a classifier said about N faces.

    Attributes:
        labels: the K classes of the classifier and of the faces together.
        truth: (N,), index into `labels`.
        probabilities: (N, K), 0 for a class the classifier does not know.
        thresholds: K, the smallest probability at which a class is believed.
        traits: N, what makes each face easy or hard.
        files: N, what each face is called.
        kinds: the M kinds of masks that the classifier tells apart; none if it tells none.
        of_kinds: (N, M), their probabilities.
    """

    labels: tuple[Label, ...]
    truth: Indices
    probabilities: Probabilities
    thresholds: tuple[float, ...]
    traits: tuple[FaceTraits, ...]
    files: tuple[str, ...]
    kinds: tuple[MaskKind, ...] = ()
    of_kinds: Probabilities = field(default_factory=lambda: np.zeros((0, 0), np.float32))

    @property
    def called(self) -> Indices:
        """(N,), index into `labels`, or K for uncertain."""
        return decide(self.probabilities, self.thresholds)

    @property
    def alarm_score(self) -> Probabilities:
        """(N,), probability that the mask is missing or worn wrongly."""
        return np.asarray(1 - self.probabilities[:, self.labels.index(Label.WITH_MASK)])

    @property
    def alarming(self) -> NDArray[np.bool_]:
        """(N,), whether the mask really is missing or worn wrongly."""
        return np.asarray(self.truth != self.labels.index(Label.WITH_MASK))


def ask(predictor: Predictor, faces: Sequence[LabelledFace]) -> Answers:
    """Ask `predictor` about every face, a batch in memory at a time.

    Raises:
        InputError: if a picture cannot be read.
    """
    labels = all_labels(predictor.labels, {face.label for face in faces})
    crops: list[Image] = []
    answers, traits = [], []
    for face in tqdm(faces, desc="judging", unit="face", leave=False, disable=None):
        crop, size = face.crop(predictor.input.margin)
        traits.append(replace(traits_of(crop, size=size, source=face.source), kind=face.kind, tags=face.tags))
        crops.append(crop)
        if len(crops) == BATCH_SIZE:
            answers.append(predictor.answers(crops))
            crops = []
    answers.append(predictor.answers(crops))
    of_labels, of_kinds = np.split(np.concatenate(answers), [len(predictor.labels)], axis=1)
    return Answers(
        labels=labels,
        truth=np.array([labels.index(face.label) for face in faces], np.int64),
        probabilities=spread(of_labels, predictor.labels, labels),
        thresholds=threshold_list(labels, predictor.thresholds),
        traits=tuple(traits),
        files=tuple(face.file for face in faces),
        kinds=predictor.kinds,
        of_kinds=of_kinds,
    )


def all_labels(known: Iterable[Label], found: Iterable[Label]) -> tuple[Label, ...]:
    """Classes of a classifier and classes of the faces, in the usual order; `with_mask` is always among them."""
    wanted = {Label.WITH_MASK, *known, *found}
    return tuple(label for label in CLASSES if label in wanted)


def spread(probabilities: Probabilities, known: Sequence[Label], labels: Sequence[Label]) -> Probabilities:
    """Put the columns `known` of (N, len(known)) where they belong among `labels`; the others are 0."""
    wider = np.zeros((len(probabilities), len(labels)), np.float32)
    wider[:, [labels.index(label) for label in known]] = probabilities
    return wider
