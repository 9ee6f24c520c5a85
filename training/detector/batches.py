"""Batches of augmented scenes with their targets; the same for the same seed, epoch and position."""

from __future__ import annotations

from collections.abc import Sequence

import keras
import numpy as np
from numpy.typing import NDArray

from edge.networks.manifest import Level
from edge.types import Image
from training.detector.anchors import Floats, anchor_grid
from training.detector.pictures import Picture
from training.detector.placing import place
from training.detector.spoiling import cover, paint_mask, spoil
from training.detector.targets import Faces, Matcher

SIZES = ((320, 224), (224, 320))
"""Width and height of the canvases, taken in turn: the proportions of most pictures, and as many default boxes."""

MOSAIC = 0.3
MASKED = 0.35
"""Of the pictures that have a masked version."""
PAINTED = 0.25
"""Of the faces still bare: a mask without landmarks, for those too small or turned away to have any."""
PORTRAITS = 0.07
"""Portraits shown in an epoch, as a share of the scenes."""
COVERED = 0.2
MASKABLE = 24.0
"""Longer side in pixels from which a mask is drawn."""


class SceneBatches(keras.utils.PyDataset):
    """One epoch shows every scene once as a whole canvas or the main tile of a mosaic, and some of the portraits; or
    `most` of them, others in the next epoch.

    An item is (canvases, targets): float32 (batch, height, width, 3) BGR 0 to 255, and float32 (batch, N, 9), the
    Matcher's five columns and the default box.
    """

    def __init__(
        self,
        scenes: Sequence[Picture],
        levels: Sequence[Level],
        *,
        batch_size: int,
        seed: int,
        portraits: Sequence[Picture] = (),
        most: int | None = None,
    ) -> None:
        super().__init__(workers=1, use_multiprocessing=False, max_queue_size=4)
        self._pictures, self._scenes = [*scenes, *portraits], len(scenes)
        self._portraits = min(len(portraits), round(PORTRAITS * len(scenes)))
        self._shown = min(most or self._scenes + self._portraits, self._scenes + self._portraits)
        self._batch_size, self._seed, self._epoch = batch_size, seed, 0
        self._matchers = [Matcher(levels, width=width, height=height) for width, height in SIZES]
        self._grids = [anchor_grid(levels, width=width, height=height) for width, height in SIZES]

    def __len__(self) -> int:
        return max(1, self._shown // self._batch_size)

    def __getitem__(self, index: int) -> tuple[Floats, Floats]:
        rng = np.random.default_rng((self._seed, self._epoch, index))
        chosen = self._order()[index * self._batch_size : (index + 1) * self._batch_size]
        shape = (index + self._epoch) % len(SIZES)
        drawn = [self.draw(rng, int(number), *SIZES[shape]) for number in chosen]
        matcher, grid = self._matchers[shape], self._grids[shape]
        targets = [np.concatenate([matcher(faces), grid], axis=1) for _, faces in drawn]
        return np.stack([image for image, _ in drawn]).astype(np.float32), np.stack(targets)

    def _order(self) -> NDArray[np.intp]:
        """The pictures of this epoch in their order."""
        rng = np.random.default_rng((self._seed, self._epoch))
        portraits = self._scenes + rng.permutation(len(self._pictures) - self._scenes)[: self._portraits]
        return rng.permutation(np.concatenate([np.arange(self._scenes), portraits]))

    def go_to(self, epoch: int) -> None:
        """Take the canvases of that epoch, from 0."""
        self._epoch = epoch

    def draw(self, rng: np.random.Generator, number: int, width: int, height: int) -> tuple[Image, Faces]:
        """Picture `number` on a canvas, alone or with three others, then spoiled."""
        if rng.random() < MOSAIC:
            image, faces, bare = self._mosaic(rng, number, width, height)
        else:
            image, faces, bare = place(rng, self._version(rng, number), width=width, height=height)
        for box in faces.boxes[bare & ~faces.ignored]:
            if max(box[2:] - box[:2]) >= MASKABLE and rng.random() < PAINTED:
                paint_mask(rng, image, box)
        for box in faces.boxes[~faces.ignored]:
            if max(box[2:] - box[:2]) >= MASKABLE and rng.random() < COVERED:
                cover(rng, image, box)
        return spoil(rng, image), faces

    def _version(self, rng: np.random.Generator, number: int) -> Picture:
        picture = self._pictures[number]
        return picture.masked if picture.masked is not None and rng.random() < MASKED else picture

    def _mosaic(
        self, rng: np.random.Generator, number: int, width: int, height: int
    ) -> tuple[Image, Faces, NDArray[np.bool_]]:
        """Four pictures in the quarters around a drawn point (Bochkovskiy et al., 2020)."""
        canvas = np.empty((height, width, 3), np.uint8)
        across, down = int(width * rng.uniform(0.35, 0.65)), int(height * rng.uniform(0.35, 0.65))
        others = rng.integers(len(self._pictures), size=3)
        boxes, ignored, bare = [], [], []
        for quarter, which in enumerate(rng.permutation([number, *others.tolist()])):
            left, right = (0, across) if quarter % 2 == 0 else (across, width)
            top, bottom = (0, down) if quarter < 2 else (down, height)
            tile, faces, maskable = place(rng, self._version(rng, which), width=right - left, height=bottom - top)
            canvas[top:bottom, left:right] = tile
            boxes.append(faces.boxes + np.array([left, top, left, top], np.float32))
            ignored.append(faces.ignored)
            bare.append(maskable)
        return canvas, Faces(np.concatenate(boxes), np.concatenate(ignored)), np.concatenate(bare)
