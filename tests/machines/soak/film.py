"""What the camera sees during a soak: clips in any order, each a visit, with an empty door between them."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import cv2
import numpy as np

from edge.cameras.camera import open_camera
from edge.cameras.demo import demo_pictures
from edge.pictures import read_picture
from edge.types import Image

SIZE = (640, 480)
"""Of every picture, as of a camera's: clips are fitted into it."""

EMPTY_S = 4.0
"""Nobody is there for so long after each visit: longer than anything in the kiosk remembers of one."""

EMPTY_FPS = 15.0
WALLS = 8
"""Pictures of the empty door, shown in turn: a camera's noise, never the same picture twice in a row."""

TIMES = "times.json"
WALL = "wall"


def prepare(folder: Path, videos: Path | None) -> None:
    """Write every clip as pictures, each in a folder of its own: the demo's, and those in `videos`."""
    _write(folder / "demo", demo_pictures())
    for path in sorted(videos.glob("*.mp4")) if videos else ():
        frames = open_camera(str(path), replay=True).frames()
        _write(folder / path.stem, ((frame.image, frame.taken_at) for frame in frames))
    noise = np.random.default_rng(8)
    shade = np.linspace(150, 90, SIZE[1])[:, None, None] * np.ones((1, SIZE[0], 3))
    walls = (np.clip(shade + noise.normal(0, 2, shade.shape), 0, 255).astype(np.uint8) for _ in range(WALLS))
    _write(folder / WALL, ((wall, index / EMPTY_FPS) for index, wall in enumerate(walls)))


def exact(at_s: float) -> float:
    """The nearest multiple of 1/1024 s: added to days it is the same to the bit, and so is what is decided by it."""
    return round(at_s * 1024) / 1024


def _write(folder: Path, pictures: Iterator[tuple[Image, float]]) -> None:
    folder.mkdir(parents=True)
    times = []
    for index, (image, at) in enumerate(pictures):
        cv2.imwrite(str(_path(folder, index)), _fitted(image))
        times.append(at)
    (folder / TIMES).write_text(json.dumps(times))


def _path(folder: Path, index: int) -> Path:
    return folder / f"{index:05}.jpg"


def _fitted(image: Image) -> Image:
    """Within SIZE, on grey."""
    scale = min(SIZE[0] / image.shape[1], SIZE[1] / image.shape[0])
    small = cv2.resize(image, (round(image.shape[1] * scale), round(image.shape[0] * scale)))
    canvas = np.full((SIZE[1], SIZE[0], 3), 120, np.uint8)
    top, left = (SIZE[1] - small.shape[0]) // 2, (SIZE[0] - small.shape[1]) // 2
    canvas[top : top + small.shape[0], left : left + small.shape[1]] = small
    return canvas


@dataclass(frozen=True, slots=True)
class Visit:
    """A clip from `begin_s` on, and then nobody until `end_s`, media seconds."""

    clip: Path
    times: tuple[float, ...]
    begin_s: float
    end_s: float


class Film:
    """Visits without end; the same ones for the same seed.

    Args:
        folder: what `prepare` wrote.
        seed: for the order of the clips.
    """

    def __init__(self, folder: Path, seed: int) -> None:
        self._walls = [read_picture(_path(folder / WALL, index)) for index in range(WALLS)]
        clips = sorted(path for path in folder.iterdir() if path.is_dir() and path.name != WALL)
        self._clips = [(clip, tuple(json.loads((clip / TIMES).read_text()))) for clip in clips]
        self._seed = seed

    def visits(self) -> Iterator[Visit]:
        """One after the other, from time 0 on."""
        dice, begin_s = random.Random(self._seed), 0.0
        while True:
            for clip, times in dice.sample(self._clips, len(self._clips)):
                end_s = begin_s + times[-1] + EMPTY_S
                yield Visit(clip, times, begin_s, end_s)
                begin_s = end_s

    def pictures(self, since_s: float = 0.0) -> Iterator[tuple[Image, float]]:
        """Pictures (BGR) with their media times, from `since_s` on."""
        for visit in self.visits():
            if visit.end_s <= since_s:
                continue
            for index, time_s in enumerate(visit.times):
                if (at := exact(visit.begin_s + time_s)) >= since_s:
                    yield read_picture(_path(visit.clip, index)), at
            empty_from_s = visit.begin_s + visit.times[-1]
            for index in count(1):
                at = exact(empty_from_s + index / EMPTY_FPS)
                if at >= exact(visit.end_s):
                    break
                if at >= since_s:
                    yield self._walls[index % WALLS], at

    def visit_end_s(self, at_s: float) -> float:
        """When the visit of that moment has ended, and been forgotten."""
        return next(visit.end_s for visit in self.visits() if visit.end_s > at_s)
