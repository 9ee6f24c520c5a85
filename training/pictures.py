"""Pictures streamed from disk into batches, the way the kiosk makes its network's input."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import cv2
import keras
import numpy as np
from numpy.typing import NDArray

from edge.errors import InputError
from edge.manifest import InputSpec
from edge.preprocess import crop_square, input_table, resize, to_input
from edge.types import Box, Image
from training.samples import Sample

Picture = Callable[[int, np.random.Generator], Image]
"""Gives sample i as a BGR picture of any size; the generator decides chance and depends on seed, epoch and i alone."""


def read_picture(path: Path) -> Image:
    """Read a picture file.

    Raises:
        InputError: if it is missing or OpenCV cannot decode it.
    """
    image = cv2.imread(str(path), cv2.IMREAD_COLOR)
    if image is None:
        raise InputError(f"{path}: cannot be read as a picture; remove it from the data set or make the split again")
    return np.asarray(image, dtype=np.uint8)


def sample_picture(sample: Sample, root: Path, spec: InputSpec) -> Image:
    """Cut a sample's face out of its picture, with the kiosk's margin; the whole picture if it has no box."""
    image = read_picture(root / sample.file)
    return image if sample.box is None else crop_square(image, Box(*sample.box), margin=spec.margin)


class PictureBatches(keras.utils.PyDataset):
    """Batches for `fit` and `predict`: inputs float32 (B, H, W, 3), one-hot targets float32 (B, classes), weights (B,).

    Nothing is kept: a picture is read when its batch is due. The order of an epoch and all chance in it follow from
    (seed, epoch), so that a resumed run sees what the unbroken one would have seen.

    Args:
        picture: sample i as a picture.
        targets: int (N,), the class of each sample.
        spec: the network's input.
        classes: number of classes.
        weights: float32 (N,); every sample counts 1 if None.
        shuffle: a new order in each epoch.
    """

    def __init__(
        self,
        picture: Picture,
        targets: NDArray[np.int64],
        *,
        spec: InputSpec,
        classes: int,
        batch_size: int,
        weights: NDArray[np.float32] | None = None,
        shuffle: bool = False,
        seed: int = 0,
        first_epoch: int = 0,
        workers: int = 2,
    ) -> None:
        super().__init__(workers=workers, max_queue_size=4)
        self._picture, self._spec, self._batch_size = picture, spec, batch_size
        self._table = input_table(spec)
        self._targets = np.eye(classes, dtype=np.float32)[targets]
        self._weights = np.ones(len(targets), np.float32) if weights is None else weights
        self._shuffle, self._seed, self._epoch = shuffle, seed, first_epoch
        self._order = self._ordered()

    @property
    def num_batches(self) -> int:
        return -(-len(self._targets) // self._batch_size)

    def __getitem__(self, index: int) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]:
        chosen = self._order[index * self._batch_size : (index + 1) * self._batch_size]
        inputs = np.concatenate([self._input(int(i)) for i in chosen])
        return inputs, self._targets[chosen], self._weights[chosen]

    def on_epoch_end(self) -> None:
        self._epoch += 1
        self._order = self._ordered()

    def _input(self, index: int) -> NDArray[np.generic]:
        chance = np.random.default_rng((self._seed, self._epoch, index))
        return to_input(resize(self._picture(index, chance), self._spec), self._spec, self._table)

    def _ordered(self) -> NDArray[np.int64]:
        order = np.arange(len(self._targets), dtype=np.int64)
        return np.random.default_rng((self._seed, self._epoch)).permutation(order) if self._shuffle else order
