"""Pictures streamed from disk into batches, the way the kiosk makes its network's input."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import keras
import numpy as np
from numpy.typing import NDArray

from edge.errors import MaskgateError
from edge.networks.manifest import InputSpec
from edge.networks.preprocess import crop_square, input_table, resize, to_input
from edge.pictures import read_picture
from edge.types import Box, Image
from training.data.samples import Sample

Picture = Callable[[int, np.random.Generator], Image]
"""Gives sample i as a BGR picture of any size; the generator decides chance and depends on seed, epoch and i alone."""


def sample_picture(sample: Sample, root: Path, spec: InputSpec) -> Image:
    """Cut a sample's face out of its picture, with the kiosk's margin; the whole picture if it has no box."""
    image = read_picture(root / sample.file)
    return image if sample.box is None else crop_square(image, Box(*sample.box), margin=spec.margin)


Batch = tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]
"""Inputs (B, H, W, 3), targets (B, outputs), weights (B,)."""

Share = tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32], np.float32]
"""Inputs (n, H, W, 3), targets (n, outputs), weights (n,), and the size of the batch they are a share of."""

_READ_AHEAD = 3
"""Batches; more would only fill memory, the network is slower than the readers."""


class PictureBatches(keras.utils.PyDataset):
    """Batches for `fit` and `predict`: inputs float32 (B, H, W, 3), targets float32 (B, outputs), weights (B,).

    Nothing is kept: pictures are read when their batch is nearly due. The order of an epoch and all chance in it follow
    from (seed, epoch), so that a resumed run sees what the unbroken one would have seen. Threads of its own read ahead:
    Keras' hand batches that were meant for one epoch to the next, and end an epoch before the first one has begun.

    Args:
        picture: sample i as a picture.
        targets: int (N,), the class of each sample.
        spec: the network's input.
        classes: number of classes.
        answers: float32 (N, outputs), what the network shall say of each sample; one-hot of `targets` if None.
        weights: float32 (N,); every sample counts 1 if None.
        shuffle: a new order and new chance in each epoch; otherwise all epochs are the same.
        draws: how many samples an epoch shows, drawn with chances as their weights, all of which then count 1; None
            shows each once. Only with `shuffle`.
    """

    def __init__(
        self,
        picture: Picture,
        targets: NDArray[np.int64],
        *,
        spec: InputSpec,
        classes: int,
        batch_size: int,
        answers: NDArray[np.float32] | None = None,
        weights: NDArray[np.float32] | None = None,
        shuffle: bool = False,
        draws: int | None = None,
        seed: int = 0,
        workers: int = 2,
    ) -> None:
        super().__init__(workers=0)
        self._picture, self._spec, self._batch_size = picture, spec, batch_size
        self._table = input_table(spec)
        self.targets = targets
        self._answers = np.eye(classes, dtype=np.float32)[targets] if answers is None else answers
        self._weights = np.ones(len(targets), np.float32) if weights is None else weights
        self._chances = np.cumsum(self._weights, dtype=np.float64) / self._weights.sum(dtype=np.float64)
        self._draws = draws if shuffle else None
        if self._draws is not None:
            self._weights = np.ones_like(self._weights)
        self._shuffle, self._seed = shuffle, seed
        self._readers = ThreadPoolExecutor(workers, "pictures")
        self.failure: MaskgateError | None = None
        self._ahead: dict[tuple[int, int], Future[Batch]] = {}
        self.seek(0)

    @property
    def num_batches(self) -> int:
        return -(-self.shown // self._batch_size)

    @property
    def shown(self) -> int:
        """Samples in an epoch."""
        return self._draws or len(self.targets)

    def __getitem__(self, index: int) -> Batch:
        for following in range(index, min(index + 1 + _READ_AHEAD, self.num_batches)):
            if (self._epoch, following) not in self._ahead:
                self._ahead[self._epoch, following] = self._readers.submit(self._read, self._batch(following))
        try:
            return self._ahead.pop((self._epoch, index)).result()
        except MaskgateError as error:
            self.failure = error
            raise

    def share(self, index: int, *, rank: int, count: int) -> Share:
        """Every `count`-th sample of batch `index`, from `rank` on, and the size of the whole batch.

        All shares have the same length: where the samples do not suffice, one is repeated with weight 0.
        """
        places = self._batch(index)
        own = places[rank::count]
        padding = -(-len(places) // count) - len(own)
        weights = np.concatenate([self._weights[self._order[own]], np.zeros(padding, np.float32)])
        own = np.concatenate([own, np.repeat(places[:1], padding)])
        return self._inputs(own), self._answers[self._order[own]], weights, np.float32(len(places))

    def seek(self, epoch: int) -> None:
        """Go to the beginning of an epoch, counted from 0."""
        self._epoch = epoch if self._shuffle else 0
        order = np.arange(len(self.targets), dtype=np.int64)
        chance = np.random.default_rng((self._seed, epoch))
        if self._draws is not None:
            # At even distances along the summed weights, so that every sample comes as often as its weight says.
            places = (np.arange(self._draws) + chance.random()) / self._draws
            order = np.searchsorted(self._chances, places).clip(max=len(order) - 1)
        self._order = chance.permutation(order) if self._shuffle else order
        self._ahead = {key: batch for key, batch in self._ahead.items() if key[0] == self._epoch}

    def _batch(self, index: int) -> NDArray[np.int64]:
        """Places in the epoch's order."""
        return np.arange(index * self._batch_size, min((index + 1) * self._batch_size, self.shown))

    def _read(self, places: NDArray[np.int64]) -> Batch:
        chosen = self._order[places]
        return self._inputs(places), self._answers[chosen], self._weights[chosen]

    def _inputs(self, places: NDArray[np.int64]) -> NDArray[np.float32]:
        return np.concatenate([self._input(int(place)) for place in places]).astype(np.float32, copy=False)

    def _input(self, place: int) -> NDArray[np.generic]:
        # By its place, not by the sample: one that is drawn twice in an epoch is not shown twice in the same version.
        chance = np.random.default_rng((self._seed, self._epoch, place))
        index = int(self._order[place])
        return to_input(resize(self._picture(index, chance), self._spec), self._spec, self._table)


@contextmanager
def own_errors(*sets: PictureBatches) -> Iterator[None]:
    """Let out the error of an unreadable picture, which Keras' `fit` buries in one of TensorFlow's."""
    try:
        yield
    except Exception:
        for batches in sets:
            if batches.failure is not None:
                raise batches.failure from None
        raise


class SeekEachEpoch(keras.callbacks.Callback):
    """Brings the training batches to the epoch that begins."""

    def __init__(self, batches: PictureBatches) -> None:
        super().__init__()
        self._batches = batches

    def on_epoch_begin(self, epoch: int, logs: Mapping[str, float] | None = None) -> None:
        self._batches.seek(epoch)
