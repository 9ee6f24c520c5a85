"""Distillation (Hinton, Vinyals and Dean, 2015): what larger networks say of the training crops becomes a target."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from edge.errors import InputError
from edge.host.files import replacing
from edge.networks.manifest import sha256_of
from edge.networks.preprocess import crop_square
from edge.types import Label, MaskKind
from training.data.samples import Part
from training.evaluation.predictors import BATCH_SIZE, Predictor
from training.faces.store import STORE_FILE, CropStore

TEMPERATURE = 2.0
"""The teacher's logits are divided by it: how like the other classes a face is would otherwise be lost in the last
digits of a probability near 1."""

Answers = NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Lessons:
    """What teachers say of the crops of a store.

    Attributes:
        answers: (records, labels + kinds), a distribution over the labels and one over the kinds; zeros outside the
            training part.
        labels, kinds: what the columns mean.
    """

    answers: Answers
    labels: tuple[Label, ...]
    kinds: tuple[MaskKind, ...]

    def save(self, path: Path, crops: Path) -> None:
        """Write a file that belongs to the store in `crops` as it is now."""
        with replacing(path) as fresh, fresh.open("wb") as file:
            np.savez_compressed(
                file,
                answers=self.answers.astype(np.float16),
                labels=np.array(self.labels, np.str_),
                kinds=np.array(self.kinds, np.str_),
                crops=np.array(sha256_of(crops / STORE_FILE)),
            )

    @classmethod
    def load(cls, path: Path, crops: Path, *, labels: tuple[Label, ...], kinds: tuple[MaskKind, ...]) -> Lessons:
        """Read the file.

        Raises:
            InputError: if it cannot be read, or is about other crops, labels or kinds.
        """
        try:
            with np.load(path) as arrays:
                answers, about = arrays["answers"].astype(np.float32), str(arrays["crops"])
                found = tuple(arrays["labels"].tolist()), tuple(arrays["kinds"].tolist())
        except (OSError, ValueError, KeyError) as error:
            raise InputError(f"{path}: cannot be read ({error}); make it with `maskgate-train teach`") from error
        if about != sha256_of(crops / STORE_FILE) or found != (labels, kinds):
            raise InputError(f"{path}: is about other crops or classes; make it again with `maskgate-train teach`")
        return cls(answers, labels, kinds)


def teach(teachers: Sequence[Predictor], store: CropStore, *, mirrored: bool = True) -> Lessons:
    """Ask every teacher about each training crop, and its mirror image if `mirrored`; softened answers are averaged.

    Raises:
        InputError: if the teachers do not answer with the same classes, or a picture cannot be read.
    """
    first = teachers[0]
    if any((one.labels, one.kinds) != (first.labels, first.kinds) for one in teachers):
        raise InputError("the teachers answer with different labels or kinds; take those of one kind")
    answers = np.zeros((len(store.records), len(first.labels) + len(first.kinds)), np.float32)
    chosen = [index for index, record in enumerate(store.records) if record.part is Part.TRAIN]
    batches = [chosen[start : start + BATCH_SIZE] for start in range(0, len(chosen), BATCH_SIZE)]
    for batch in tqdm(batches, desc="teaching", unit="batch", leave=False, disable=None):
        for teacher in teachers:
            faces = [crop_square(store.image(i), store.face_box(i), margin=teacher.input.margin) for i in batch]
            views = [faces, [np.ascontiguousarray(face[:, ::-1]) for face in faces]] if mirrored else [faces]
            for view in views:
                said = softened(teacher.answers(view), classes=len(first.labels))
                answers[batch] += said / (len(views) * len(teachers))
    return Lessons(answers, first.labels, first.kinds)


def softened(answers: Answers, *, classes: int, temperature: float = TEMPERATURE) -> Answers:
    """The same distributions (N, labels + kinds) with their logits divided by `temperature`."""
    powers = np.maximum(answers, 1e-7) ** (1 / temperature)
    parts = [part / part.sum(axis=1, keepdims=True) for part in np.split(powers, [classes], axis=1) if part.size]
    return np.concatenate(parts, axis=1).astype(np.float32)


def taught(own: Answers, teacher: Answers, guessed: NDArray[np.bool_], *, classes: int, share: float) -> Answers:
    """Targets between what is known and what a teacher says; where the label is a guess, the teacher's alone.

    Args:
        own: (N, labels + kinds), one-hot; zeros where the kind is not known.
        teacher: the same shape.
        guessed: (N,), whether nobody said what the face wears.
        classes: number of labels, which come first.
        share: of the teacher's answer in the target.

    Returns:
        the same shape. A kind is taught only where it is known: what a bare face's mask would be is nobody's business.
    """
    weight = np.where(guessed, 1.0, share)[:, None]
    mixed = (1 - weight) * own + weight * teacher
    unknown = own[:, classes:].sum(axis=1) == 0
    mixed[unknown, classes:] = 0
    return mixed.astype(np.float32)
