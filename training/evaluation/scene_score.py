"""Detector and classifier judged together on annotated scenes; the definitions of the published score table."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from edge.types import Label, MaskKind
from training.data.samples import CLASSES
from training.data.scenes import MIN_SHARE, Corners, Scene
from training.evaluation.metrics import ratio

MIN_OVERLAP = 0.4
"""Intersection over union from which a detection is a face's; so it is where one box lies within the other:"""
MIN_INSIDE = 0.8
"""at least this share of the smaller box in the larger one,"""
MIN_AREA = 0.2
"""and the smaller at least this share of the larger. Data sets annotate faces, half faces or whole heads."""


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
        kind: of mask, where known.
        tags: what makes it hard, as annotated.
        called: the detection that found it.
        position: of that detection among the scene's.
    """

    scene: Scene
    truth: Label | None
    kind: MaskKind | None
    tags: tuple[str, ...]
    called: CalledFace
    position: int


@dataclass(slots=True)
class SceneTally:
    """Counts over scenes, and the shares that follow from them (None where there is nothing to divide by).

    Faces of unknown class count as found or missed, and nowhere else.

    Attributes:
        images: scenes.
        faces: annotated faces that count, by class.
        tagged: the same, by tag.
        false: large enough detections that are no annotated face.
        alarms_right: scenes in which somebody is called bare or wrongly covered exactly if somebody is.
        matches: the found faces, in the order of the scenes.
    """

    images: int = 0
    faces: Counter[Label | None] = field(default_factory=Counter)
    tagged: Counter[str] = field(default_factory=Counter)
    false: int = 0
    alarms_right: int = 0
    matches: list[Match] = field(default_factory=list)

    @property
    def total(self) -> int:
        return self.faces.total()

    @property
    def found(self) -> int:
        return len(self.matches)

    @property
    def answers(self) -> Counter[tuple[Label, Label]]:
        """What the found faces of known class were called, by (truth, called)."""
        return Counter((match.truth, match.called.label) for match in self.matches if match.truth is not None)

    def recall(self, label: Label, *, of_found: bool) -> float | None:
        """Share of the class's faces called so, of those found or of all."""
        answers = self.answers
        found = sum(count for (truth, _), count in answers.items() if truth is label)
        return ratio(answers[label, label], found if of_found else self.faces[label])

    def shares(self) -> dict[str, float | None]:
        """The figures of the published table, by their names there.

        `uncertain` is never right; `waved_through` is the share called masked of the faces found that are not.
        """
        answers = self.answers
        right = _count(answers, lambda truth, called: truth is called)
        right_mask_or_not = _count(answers, _same_for_a_door)
        unmasked = _count(answers, lambda truth, _: truth is not Label.WITH_MASK)
        waved = _count(answers, lambda truth, called: truth is not Label.WITH_MASK and called is Label.WITH_MASK)
        return {
            "found": ratio(self.found, self.total),
            "false_per_image": ratio(self.false, self.images),
            "verdict3": ratio(right, answers.total()),
            "verdict2": ratio(right_mask_or_not, answers.total()),
            "end_to_end3": ratio(right, self.total),
            "end_to_end2": ratio(right_mask_or_not, self.total),
            "alarm_per_image": ratio(self.alarms_right, self.images),
            "waved_through": ratio(waved, unmasked),
        }

    def tag_counts(self) -> dict[str, tuple[int, int, int]]:
        """For each tag: faces, those found with a verdict, and those of them that were judged right."""
        judged = [match for match in self.matches if match.truth is not None]
        found = Counter(tag for match in judged for tag in match.tags)
        right = Counter(tag for match in judged if match.truth is match.called.label for tag in match.tags)
        return {tag: (count, found[tag], right[tag]) for tag, count in sorted(self.tagged.items())}

    def by_tag(self) -> dict[str, dict[str, float | None]]:
        """The same as shares, by their names in the published table."""
        return {
            tag: {"faces": faces, "found": ratio(found, faces), "right_of_found": ratio(right, found)}
            for tag, (faces, found, right) in self.tag_counts().items()
        }

    def record(self) -> dict[str, object]:
        """All figures, for a JSON file."""
        return {
            "images": self.images,
            "faces": self.total,
            **self.shares(),
            "recall": {label.value: self.recall(label, of_found=True) for label in CLASSES},
            "recall_end_to_end": {label.value: self.recall(label, of_found=False) for label in CLASSES},
            "tags": self.by_tag(),
            "confusion": {f"{truth}>{called}": count for (truth, called), count in self.answers.items()},
        }


def _count(answers: Counter[tuple[Label, Label]], counts: Callable[[Label, Label], bool]) -> int:
    return sum(count for (truth, called), count in answers.items() if counts(truth, called))


def _same_for_a_door(truth: Label, called: Label) -> bool:
    return called is not Label.UNCERTAIN and (truth is Label.WITH_MASK) == (called is Label.WITH_MASK)


def score(scenes: Iterable[tuple[Scene, Sequence[CalledFace]]], *, min_share: float = MIN_SHARE) -> SceneTally:
    """Match detections to faces, best score first, each to the free face it overlaps most, and count.

    Faces that are too small, and those nobody could tell (`ignore`), count neither as found nor as missed.
    """
    tally = SceneTally()
    for scene, called in scenes:
        _add(tally, scene, called, min_share * max(scene.width, scene.height))
    return tally


def _add(tally: SceneTally, scene: Scene, called: Sequence[CalledFace], min_side: float) -> None:
    counts = [_longer_side(face.box) >= min_side and not face.ignore for face in scene.faces]
    counted = [face for face, does_count in zip(scene.faces, counts, strict=True) if does_count]
    tally.images += 1
    tally.faces.update(face.label for face in counted)
    tally.tagged.update(tag for face in counted for tag in face.tags)
    free = set(range(len(scene.faces)))
    alarm = False
    for index in sorted(range(len(called)), key=lambda index: -called[index].score):
        face = called[index]
        is_large = _longer_side(face.box) >= min_side
        candidates = ((_iou(face.box, scene.faces[k].box), k) for k in free if _is_same(face.box, scene.faces[k].box))
        _, nearest = max(candidates, default=(0.0, -1))
        if nearest >= 0:
            free.remove(nearest)
            if not counts[nearest]:
                continue
            truth = scene.faces[nearest]
            tally.matches.append(Match(scene, truth.label, truth.kind, truth.tags, face, index))
            if truth.label is None:
                continue
        elif is_large:
            tally.false += 1
        if is_large and face.label in (Label.WITHOUT_MASK, Label.INCORRECT_MASK):
            alarm = True
    tally.alarms_right += alarm == any(face.label is not Label.WITH_MASK for face in counted)


def _longer_side(box: Corners) -> float:
    return max(box[2] - box[0], box[3] - box[1])


def _is_same(one: Corners, other: Corners) -> bool:
    small, large = sorted((_area(one), _area(other)))
    inside = _shared_area(one, other) >= MIN_INSIDE * small and small >= MIN_AREA * large
    return inside or _iou(one, other) >= MIN_OVERLAP


def _iou(one: Corners, other: Corners) -> float:
    shared = _shared_area(one, other)
    # The published script's guard against two empty boxes; with it the figures agree to the last face.
    return shared / (_area(one) + _area(other) - shared + 1e-9)


def _shared_area(one: Corners, other: Corners) -> float:
    across = max(0.0, min(one[2], other[2]) - max(one[0], other[0]))
    down = max(0.0, min(one[3], other[3]) - max(one[1], other[1]))
    return across * down


def _area(box: Corners) -> float:
    return (box[2] - box[0]) * (box[3] - box[1])
