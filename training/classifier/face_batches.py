"""Prepared face crops as batches: augmented to train, cut as the kiosk cuts them to validate."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from edge.errors import InputError
from edge.types import Image, Label, MaskKind
from training.classifier.batches import PictureBatches
from training.classifier.recipe import FinetuneRecipe
from training.classifier.teaching import Lessons, taught
from training.data.samples import Part
from training.faces.augmentation import augment
from training.faces.store import CropRecord, CropStore
from training.runs import ModelFacts

PLAIN_FACES = 256
"""Training faces on which loss and accuracy are measured after each epoch, at most."""


def labels_of(store: CropStore) -> tuple[Label, ...]:
    """The classes found in the training part, in the order of `Label`."""
    found = {record.label for record in store.records if record.part is Part.TRAIN}
    return tuple(label for label in Label if label in found)


def kinds_of(store: CropStore) -> tuple[MaskKind, ...]:
    """The kinds of masks found in the training part, in the order of `MaskKind`; none if there are not two."""
    found = {record.kind for record in store.records if record.part is Part.TRAIN}
    kinds = tuple(kind for kind in MaskKind if kind in found)
    return kinds if len(kinds) > 1 else ()


def face_batches(
    store: CropStore, part: Part, facts: ModelFacts, recipe: FinetuneRecipe, lessons: Lessons | None = None
) -> PictureBatches:
    """Batches of one part of `store`, rare classes and hard faces made heavier as the recipe says.

    Args:
        store: the crops.
        part: which of them.
        facts: labels, kinds and input of the network.
        recipe: how it learns.
        lessons: what a teacher says of every record of `store`; only the training part is taught.

    Raises:
        InputError: if the part is empty or holds a class the model does not know.
    """
    chosen = [index for index, record in enumerate(store.records) if record.part is part]
    if not chosen:
        raise InputError(f"{store.path}: contains no crop of the {part} part; cut the crops again")
    if part is Part.TRAIN and recipe.limit is not None:
        chosen = np.random.default_rng(recipe.seed).permutation(chosen)[: recipe.limit].tolist()
    targets = np.array([facts.labels.index(store.records[index].label) for index in chosen], dtype=np.int64)
    weights = np.array([store.records[index].weight for index in chosen], dtype=np.float32)
    weights[[bool(store.records[index].tags) for index in chosen]] *= recipe.hard
    answers = np.array([_answer(store.records[index], facts) for index in chosen], dtype=np.float32)
    if lessons is not None and part is Part.TRAIN:
        guessed = np.array([store.records[index].guessed for index in chosen])
        answers = taught(answers, lessons.answers[chosen], guessed, classes=len(facts.labels), share=recipe.soft)

    def training_picture(position: int, chance: np.random.Generator) -> Image:
        index = chosen[position]
        return augment(store.image(index), store.face_box(index), spec=facts.input, rng=chance)

    def plain_picture(position: int, _chance: np.random.Generator) -> Image:
        return store.picture(chosen[position], facts.input)

    return PictureBatches(
        training_picture if part is Part.TRAIN else plain_picture,
        targets,
        spec=facts.input,
        classes=len(facts.labels),
        batch_size=recipe.batch_size,
        answers=answers,
        weights=balanced(targets, weights, balance=recipe.balance),
        shuffle=part is Part.TRAIN,
        draws=recipe.draws,
        seed=recipe.seed,
    )


def plain_faces(store: CropStore, facts: ModelFacts, recipe: FinetuneRecipe) -> PictureBatches:
    """Some training faces exactly as a validation part of them would be: cut as the kiosk cuts, each once."""
    train = [record for record in store.records if record.part is Part.TRAIN]
    step = -(-len(train) // PLAIN_FACES)
    shown = tuple(record.model_copy(update={"part": Part.VALIDATION, "weight": 1.0}) for record in train[::step])
    return face_batches(CropStore(store.path, shown, margin=store.margin), Part.VALIDATION, facts, recipe)


def _answer(record: CropRecord, facts: ModelFacts) -> NDArray[np.float32]:
    """One-hot label, then one-hot kind; zeros where the kind is not known."""
    answer = np.zeros(len(facts.labels) + len(facts.kinds), np.float32)
    answer[facts.labels.index(record.label)] = 1
    if record.kind in facts.kinds:
        answer[len(facts.labels) + facts.kinds.index(record.kind)] = 1
    return answer


def balanced(targets: NDArray[np.int64], weights: NDArray[np.float32], *, balance: float) -> NDArray[np.float32]:
    """Scale `weights` class by class, and to a mean of 1.

    A class that is n times as rare becomes n ** `balance` times as heavy: 0 leaves the classes as they are, with 1 all
    weigh the same in total.
    """
    totals = np.bincount(targets, weights=weights)
    scaled = weights / totals[targets] ** balance
    return np.asarray(scaled / scaled.mean(), np.float32)
