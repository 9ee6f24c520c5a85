"""Detector and classifier judged together on annotated scenes; the definitions of the published score table."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from edge.types import Label
from training.data.samples import CLASSES
from training.data.scenes import Corners, Scene
from training.evaluation.metrics import ratio

MIN_SHARE = 0.08
"""Faces whose longer side is below this share of the picture's longer side do not count, found or not."""
MIN_OVERLAP = 0.4
"""Intersection over union from which a detection is a face's."""


@dataclass(frozen=True, slots=True)
class CalledFace:
    """A detected face and what the classifier called it; `score` is the detector's."""

    label: Label
    box: Corners
    score: float


@dataclass(frozen=True, slots=True)
class Match:
    """A large enough annotated face that was found.

    Attributes:
        truth: its class; None if unknown.
        called: the detection that found it.
        position: of that detection among the scene's.
    """

    scene: Scene
    truth: Label | None
    called: CalledFace
    position: int


@dataclass(slots=True)
class SceneTally:
    """Counts over scenes, and the shares that follow from them (None where there is nothing to divide by).

    Attributes:
        images: scenes.
        faces: annotated faces that are large enough, by class.
        answers: what the found ones were called, by (truth, called).
        false: large enough detections that are no annotated face.
        alarms_right: scenes in which somebody is called bare or wrongly covered exactly if somebody is.
        matches: the found faces, in the order of the scenes.
    """

    images: int = 0
    faces: Counter[Label | None] = field(default_factory=Counter)
    answers: Counter[tuple[Label | None, Label]] = field(default_factory=Counter)
    false: int = 0
    alarms_right: int = 0
    matches: list[Match] = field(default_factory=list)

    @property
    def total(self) -> int:
        return self.faces.total()

    @property
    def found(self) -> int:
        return self.answers.total()

    @property
    def right(self) -> int:
        return sum(count for (truth, called), count in self.answers.items() if truth is called)

    @property
    def right_mask_or_not(self) -> int:
        """`uncertain` is never right; a face of unknown class counts as bare."""
        return sum(count for (truth, called), count in self.answers.items() if _same_for_a_door(truth, called))

    def recall(self, label: Label, *, of_found: bool) -> float | None:
        """Share of the class's faces called so, of those found or of all."""
        found = sum(count for (truth, _), count in self.answers.items() if truth is label)
        return ratio(self.answers[label, label], found if of_found else self.faces[label])

    def shares(self) -> dict[str, float | None]:
        """The figures of the published table, by their names there."""
        return {
            "found": ratio(self.found, self.total),
            "false_per_image": ratio(self.false, self.images),
            "verdict3": ratio(self.right, self.found),
            "verdict2": ratio(self.right_mask_or_not, self.found),
            "end_to_end3": ratio(self.right, self.total),
            "end_to_end2": ratio(self.right_mask_or_not, self.total),
            "alarm_per_image": ratio(self.alarms_right, self.images),
        }

    def record(self) -> dict[str, object]:
        """All figures, for a JSON file."""
        return {
            "images": self.images,
            "faces": self.total,
            **self.shares(),
            "recall": {label.value: self.recall(label, of_found=True) for label in CLASSES},
            "recall_end_to_end": {label.value: self.recall(label, of_found=False) for label in CLASSES},
            "confusion": {f"{truth or 'face'}>{called}": count for (truth, called), count in self.answers.items()},
        }


def _same_for_a_door(truth: Label | None, called: Label) -> bool:
    return called is not Label.UNCERTAIN and (truth is Label.WITH_MASK) == (called is Label.WITH_MASK)


def score(
    scenes: Iterable[tuple[Scene, Sequence[CalledFace]]],
    *,
    min_share: float = MIN_SHARE,
    min_overlap: float = MIN_OVERLAP,
) -> SceneTally:
    """Match detections to faces, best score first, each to the free face it overlaps most, and count."""
    tally = SceneTally()
    for scene, called in scenes:
        _add(tally, scene, called, min_share * max(scene.width, scene.height), min_overlap)
    return tally


def _add(tally: SceneTally, scene: Scene, called: Sequence[CalledFace], min_side: float, min_overlap: float) -> None:
    large = [_longer_side(face.box) >= min_side for face in scene.faces]
    counted = [face.label for face, is_large in zip(scene.faces, large, strict=True) if is_large]
    tally.images += 1
    tally.faces.update(counted)
    free = set(range(len(scene.faces)))
    alarm = False
    for index in sorted(range(len(called)), key=lambda index: -called[index].score):
        face = called[index]
        overlap, nearest = max(((_iou(face.box, scene.faces[k].box), k) for k in free), default=(0.0, -1))
        if overlap >= min_overlap:
            free.remove(nearest)
            if not large[nearest]:
                continue
            truth = scene.faces[nearest].label
            tally.answers[truth, face.label] += 1
            tally.matches.append(Match(scene, truth, face, index))
        elif _longer_side(face.box) >= min_side:
            tally.false += 1
        if _longer_side(face.box) >= min_side and face.label in (Label.WITHOUT_MASK, Label.INCORRECT_MASK):
            alarm = True
    tally.alarms_right += alarm == any(label is not Label.WITH_MASK for label in counted)


def _longer_side(box: Corners) -> float:
    return max(box[2] - box[0], box[3] - box[1])


def _iou(one: Corners, other: Corners) -> float:
    across = max(0.0, min(one[2], other[2]) - max(one[0], other[0]))
    down = max(0.0, min(one[3], other[3]) - max(one[1], other[1]))
    # The published script's guard against two empty boxes; with it the figures agree to the last face.
    return across * down / (_area(one) + _area(other) - across * down + 1e-9)


def _area(box: Corners) -> float:
    return (box[2] - box[0]) * (box[3] - box[1])
