"""How well a detector finds faces: average precision, recall and false alarms on annotated scenes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from edge.types import Face
from training.data.scenes import MIN_SHARE, Scene, TrueFace
from training.detector.anchors import Floats, overlaps

MIN_OVERLAP = 0.5


ROOMY = 0.4
"""Overlap asked for where data sets differ in what they box; see `roomy`."""


def roomy(found: Floats, faces: Floats) -> Floats:
    """`overlaps` where a detection (N, 4) is a face's (M, 4) at an overlap of ROOMY, or where one box lies 80 % within
    the other and has a fifth of its area; -1 elsewhere.

    Sets box faces, half faces or whole heads, and a kiosk does not care.
    """
    shared = overlaps(found, faces)
    areas = [(boxes[:, 2:] - boxes[:, :2]).prod(axis=1) for boxes in (found, faces)]
    small = np.minimum(areas[0][:, None], areas[1][None])
    large = np.maximum(areas[0][:, None], areas[1][None])
    common = shared * (small + large) / (1 + shared)
    within = (common >= 0.8 * small) & (small >= 0.2 * large)
    return np.where((shared >= ROOMY) | within, shared, np.float32(-1))


def strict(found: Floats, faces: Floats) -> Floats:
    """`overlaps` where it reaches MIN_OVERLAP, -1 elsewhere."""
    shared = overlaps(found, faces)
    return np.where(shared >= MIN_OVERLAP, shared, np.float32(-1))


@dataclass(frozen=True, slots=True)
class Sought:
    """A face that counts, its size as a share of the longer side, and the score of its detection (-1: none)."""

    face: TrueFace
    share: float
    best: float

    @property
    def label(self) -> str:
        """Its class, `face` if unknown."""
        return self.face.label.value if self.face.label else "face"


@dataclass(slots=True)
class DetectionTally:
    """Detections of several scenes, each right, wrong or not counted; and the faces there were.

    Args:
        min_share: see MIN_SHARE.
        match: which detections may be which face's: `strict` or `roomy`.
    """

    min_share: float = MIN_SHARE
    match: Callable[[Floats, Floats], Floats] = strict
    pictures: int = 0
    scores: list[float] = field(default_factory=list)
    right: list[bool] = field(default_factory=list)
    sought: list[Sought] = field(default_factory=list)

    def add(self, scene: Scene, found: Sequence[Face]) -> None:
        """Judge the detections of one scene, best first; each face is found once.

        A second detection of a face is wrong; a detection of a small or ignored face, or one that is itself small and
        on no face, does not count.
        """
        self.pictures += 1
        longest = max(scene.width, scene.height)
        boxes = np.array([face.box for face in scene.faces], np.float32).reshape(-1, 4)
        shares = (boxes[:, 2:] - boxes[:, :2]).max(axis=1, initial=0) / longest
        counts = (shares >= self.min_share) & ~np.array([face.ignore for face in scene.faces], np.bool_)
        best = np.full(len(boxes), -1.0)
        called = sorted(found, key=lambda face: -face.score)
        corners = np.array([face.box.xyxy for face in called], np.float32).reshape(-1, 4)
        table = self.match(corners, boxes)
        for face, row in zip(called, table, strict=True):
            free = np.where(best < 0, row, -1.0)
            which = int(free.argmax()) if len(free) else -1
            if which >= 0 and free[which] >= 0:
                best[which] = face.score
                if counts[which]:
                    self._count(face.score, right=True)
            elif face.box.longer_side >= self.min_share * longest:
                self._count(face.score, right=False)
        self.sought += [
            Sought(scene.faces[number], float(shares[number]), float(best[number])) for number in np.flatnonzero(counts)
        ]

    def _count(self, score: float, *, right: bool) -> None:
        self.scores.append(score)
        self.right.append(right)

    @property
    def average_precision(self) -> float:
        """Area under precision over recall, precision made monotonic (PASCAL VOC 2010 and later)."""
        recall, precision, _ = self.curve()
        steps = np.diff(np.concatenate([[0.0], recall]))
        envelope = np.maximum.accumulate(precision[::-1])[::-1]
        return float((steps * envelope).sum())

    def curve(self) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
        """Recall, precision and score after each detection, best first."""
        order = np.argsort(-np.array(self.scores), kind="stable")
        right = np.array(self.right, np.float64)[order]
        hits = right.cumsum()
        recall = hits / max(len(self.sought), 1)
        return recall, hits / np.arange(1, len(right) + 1), np.array(self.scores, np.float64)[order]

    def recall_by(
        self, score: float, sizes: Mapping[str, tuple[float, float]], *, label: str | None = None
    ) -> dict[str, float]:
        """Recall for each range of sizes [from, to), of one class or all; nan where there is no such face."""
        return {
            name: _share([one.best >= score for one in self.sought
                          if low <= one.share < high and label in (None, one.label)])
            for name, (low, high) in sizes.items()
        }  # fmt: skip

    def false_per_picture(self, score: float) -> float:
        """Detections at or above `score` that are no face, for each picture."""
        wrong = sum(one >= score for one, right in zip(self.scores, self.right, strict=True) if not right)
        return wrong / max(self.pictures, 1)

    def threshold(self, false_per_picture: float) -> float:
        """The lowest score at which no more than so many detections a picture are false."""
        wrong = sorted((one for one, right in zip(self.scores, self.right, strict=True) if not right), reverse=True)
        allowed = int(false_per_picture * self.pictures + 1e-9)
        if len(wrong) <= allowed:
            return min(self.scores, default=0.5)
        above = [score for score in self.scores if score > wrong[allowed]]
        return min(above, default=1.0)


def _share(found: Sequence[bool]) -> float:
    return sum(found) / len(found) if found else float("nan")
