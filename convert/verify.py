"""Does a converted model judge as its Keras original does? Measured with the kiosk's own code."""

from __future__ import annotations

import platform
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from time import thread_time

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict
from scipy.stats import binomtest
from tqdm import tqdm

from convert.candidate import Candidate
from convert.pictures import LabelledPicture
from convert.recipes import Recipe
from edge.errors import ModelError
from edge.types import Label

MIN_AGREEMENT = 0.97
"""Share of pictures on which Keras and the converted model must name the same label. Equal accuracy with less than
this means that the two err on different faces: something other than rounding happened."""

CHANCE = 0.05
"""How likely chance alone may be to bring about what a model is refused for (one-sided): of few faces one that fell to
the other side of a boundary proves nothing, of many it shows."""

FEW = 150
"""Faces below which a verification is said to be of few: a loss of five points would often not show."""


class Verification(BaseModel):
    """What was measured on one converted model; accuracies, shares and probabilities in [0, 1].

    Attributes:
        recipe: name of the recipe.
        pictures: number of pictures of the validation part.
        accuracy: share of pictures with the right label, by the converted model.
        keras_accuracy: the same by the original.
        agreement: share of pictures that both give the same label.
        max_difference: largest difference of any probability.
        mean_difference: mean absolute difference of the probabilities.
        recall: share of each label's pictures that the converted model recognises.
        keras_recall: the same by the original.
        kind_accuracy: share of the masks of known kind whose kind the converted model names; None if it tells none.
        keras_kind_accuracy: the same by the original.
        size_bytes: of the model file.
        cpu_ms_per_face: median processor time of one thread, from the cut-out face to its probabilities.
        machine: where it was measured.
        runtime: the interpreter.
        max_loss: accuracy it may lose.
        lost: pictures that Keras names rightly and the converted model does not; gained: the reverse. None in files of
            versions that did not count them.
        failures: why it is refused; empty if it passed.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    recipe: str
    pictures: int
    accuracy: float
    keras_accuracy: float
    agreement: float
    max_difference: float
    mean_difference: float
    recall: dict[Label, float]
    keras_recall: dict[Label, float]
    kind_accuracy: float | None = None
    keras_kind_accuracy: float | None = None
    size_bytes: int
    cpu_ms_per_face: float
    machine: str
    runtime: str
    max_loss: float
    lost: int | None = None
    gained: int | None = None
    failures: tuple[str, ...] = ()

    @property
    def passed(self) -> bool:
        return not self.failures

    @property
    def loss(self) -> float:
        """Accuracy lost by the conversion; negative if it gained."""
        return self.keras_accuracy - self.accuracy

    @property
    def loss_bound(self) -> float:
        """The loss of accuracy that these pictures do not rule out: 95 %, one-sided, as if nothing had been gained
        (Clopper and Pearson, 1934).
        """
        lost = round(max(self.loss, 0.0) * self.pictures)
        return float(binomtest(lost, self.pictures).proportion_ci(0.9, method="exact").high)

    def save(self, path: Path) -> None:
        path.write_text(self.model_dump_json(indent=1) + "\n")


def verify(
    candidate: Candidate,
    pictures: Sequence[LabelledPicture],
    expected: NDArray[np.float32],
    *,
    max_loss: float | None = None,
) -> Verification:
    """Run a converted model over pictures and compare it with Keras.

    Args:
        candidate: the model.
        pictures: those of the validation part.
        expected: shape (pictures, labels + kinds), what Keras answers for each of them.
        max_loss: accuracy it may lose; the recipe's own limit if None.

    Raises:
        ModelError: if the kiosk would refuse the model.
        InputError: if a picture cannot be read.
    """
    classifier = candidate.load()
    margin = classifier.manifest.input.margin
    answers, seconds = np.empty_like(expected), np.empty(len(pictures))
    for index, picture in enumerate(tqdm(pictures, desc=candidate.recipe.name, unit="face", leave=False, disable=None)):
        face = picture.face(margin=margin)
        # Processor time: other work on this machine must not make a model look slow.
        start = thread_time()
        answers[index] = classifier.answer(face)
        seconds[index] = thread_time() - start
    labels = classifier.manifest.labels
    kinds = classifier.manifest.kinds
    truth = np.array([labels.index(picture.label) for picture in pictures])
    # A kind that is not known, or that the model does not know, is none of its columns.
    kind = np.array([kinds.index(one.kind) if one.kind in kinds else -1 for one in pictures], np.int64)
    limit = candidate.recipe.max_loss if max_loss is None else max_loss
    return compare(
        candidate.recipe,
        truth,
        expected=expected,
        answers=answers,
        labels=labels,
        kind=kind,
        size_bytes=candidate.model.stat().st_size,
        cpu_ms_per_face=float(np.median(seconds)) * 1000,
        max_loss=limit,
    )


def compare(
    recipe: Recipe,
    truth: NDArray[np.int64],
    *,
    expected: NDArray[np.float32],
    answers: NDArray[np.float32],
    labels: Sequence[Label],
    kind: NDArray[np.int64] | None = None,
    size_bytes: int,
    cpu_ms_per_face: float,
    max_loss: float,
) -> Verification:
    """Judge a converted model's answers, shape (N, labels + kinds), by Keras' and by the truth, (N,) indices of labels.

    `kind`, (N,), holds indices of kinds, and -1 where none is known.

    Raises:
        ModelError: if an answer is not finite.
    """
    if not (np.isfinite(answers).all() and np.isfinite(expected).all()):
        raise ModelError(f"{recipe.name}: the network answers with values that are not finite; train it again")
    classes = len(labels)
    named, keras_named = (rows[:, :classes].argmax(axis=1) for rows in (answers, expected))
    difference = np.abs(answers - expected)
    verification = Verification(
        recipe=recipe.name,
        pictures=len(truth),
        accuracy=_share(named == truth),
        keras_accuracy=_share(keras_named == truth),
        agreement=_share(named == keras_named),
        max_difference=float(difference.max()),
        mean_difference=float(difference.mean()),
        recall=_recall(named, truth, labels),
        keras_recall=_recall(keras_named, truth, labels),
        kind_accuracy=_kind_accuracy(answers[:, classes:], kind),
        keras_kind_accuracy=_kind_accuracy(expected[:, classes:], kind),
        size_bytes=size_bytes,
        cpu_ms_per_face=round(cpu_ms_per_face, 3),
        machine=machine(),
        runtime=_runtime(),
        max_loss=max_loss,
        lost=int(((keras_named == truth) & (named != truth)).sum()),
        gained=int(((named == truth) & (keras_named != truth)).sum()),
    )
    return verification.model_copy(update={"failures": _failures(verification)})


def machine() -> str:
    """The processor's name, or at least its architecture."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        lines = []
    names = {key.strip(): value.strip() for key, _, value in (line.partition(":") for line in lines)}
    # A Raspberry Pi names its board under `Model`, a desktop its processor under `model name`.
    return f"{names.get('Model') or names.get('model name') or 'unknown processor'} ({platform.machine()})"


def _failures(verification: Verification) -> tuple[str, ...]:
    """Why it is refused: more lost than allowed, or less agreement than wanted, and both more than chance explains."""
    found, pictures = [], verification.pictures
    lost, gained = verification.lost or 0, verification.gained or 0
    if verification.loss > verification.max_loss + 1e-9 and _by_chance(lost, lost + gained, 0.5) < CHANCE:
        found.append(
            f"loses {verification.loss * 100:.2f} points of accuracy, at most {verification.max_loss * 100:.2f} "
            f"allowed (of {pictures} faces {lost} lost, {gained} gained)"
        )
    others = round((1 - verification.agreement) * pictures)
    if verification.agreement < MIN_AGREEMENT and _by_chance(others, pictures, 1 - MIN_AGREEMENT) < CHANCE:
        found.append(
            f"agrees with its original on {verification.agreement * 100:.2f} % of the pictures, "
            f"at least {MIN_AGREEMENT * 100:.0f} % wanted ({others} of {pictures} named otherwise)"
        )
    return tuple(found)


def _by_chance(count: int, trials: int, share: float) -> float:
    """How likely so many or more are; with a share of one half McNemar's exact test (1947) of faces lost and gained."""
    return float(binomtest(count, trials, share, alternative="greater").pvalue) if trials else 1.0


def _share(hits: NDArray[np.bool_]) -> float:
    return float(np.mean(hits))


def _kind_accuracy(answers: NDArray[np.float32], kind: NDArray[np.int64] | None) -> float | None:
    """Of the faces whose kind of mask is known; None where there is none, or the model tells no kinds."""
    if kind is None or not answers.shape[1] or not (kind >= 0).any():
        return None
    return _share(answers.argmax(axis=1)[kind >= 0] == kind[kind >= 0])


def _recall(named: NDArray[np.int64], truth: NDArray[np.int64], labels: Sequence[Label]) -> dict[Label, float]:
    return {label: _share(named[truth == i] == i) for i, label in enumerate(labels) if (truth == i).any()}


def _runtime() -> str:
    for package in ("ai-edge-litert", "tflite-runtime"):
        try:
            return f"{package} {version(package)}, 1 thread"
        except PackageNotFoundError:
            continue
    return "unknown"
