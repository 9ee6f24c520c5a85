"""Where do the mistakes lie? Accuracy by face size, blur, brightness, source, kind of mask and tag."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.types import Image, Label, MaskKind
from training.evaluation.metrics import (
    ClassFigures,
    Indices,
    accuracy,
    class_figures,
    confusion,
    mask_or_not,
)
from training.intervals import wilson_interval

_MEASURED_AT = 96
"""Rows and columns at which blur is measured: it would otherwise grow with the picture."""

SIZE_EDGES = (48.0, 64.0, 96.0, 160.0)
BLUR_EDGES = (50.0, 150.0, 500.0)
BRIGHTNESS_EDGES = (80.0, 120.0, 160.0)


@dataclass(frozen=True, slots=True)
class FaceTraits:
    """What makes a face easy or hard.

    Attributes:
        size: longer side in the picture, pixels.
        sharpness: variance of the Laplacian of the grey face at 96 x 96 pixels (Pech-Pacheco et al., 2000).
        brightness: mean grey value, 0 to 255.
        source: the data set it comes from.
        kind: of mask, where known.
        tags: what was noted by who looked at it; not complete.
    """

    size: float
    sharpness: float
    brightness: float
    source: str
    kind: MaskKind | None = None
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Slice:
    """The faces that share a trait, and how many of them are judged right.

    Attributes:
        trait, value: e.g. "face size" and "48 to 64 px".
        accuracy, accuracy_low, accuracy_high: over all classes, and where it lies with 95 % confidence.
        mask_or_not: accuracy if only masked properly or not matters.
        classes: figures of each class.
    """

    trait: str
    value: str
    faces: int
    accuracy: float | None
    accuracy_low: float
    accuracy_high: float
    mask_or_not: float | None
    classes: tuple[ClassFigures, ...]


def traits_of(face: Image, *, size: float, source: str) -> FaceTraits:
    """Measure a face that is cut out (BGR); `size` is its longer side in the picture it comes from, pixels."""
    # By area in one step: what halves a picture first blurs it, more or less by its size.
    shrinking = max(face.shape[:2]) > _MEASURED_AT
    interpolation = cv2.INTER_AREA if shrinking else cv2.INTER_LINEAR
    grey = cv2.cvtColor(cv2.resize(face, (_MEASURED_AT, _MEASURED_AT), interpolation=interpolation), cv2.COLOR_BGR2GRAY)
    sharpness = float(cv2.Laplacian(grey, cv2.CV_64F).var())
    return FaceTraits(size=float(size), sharpness=sharpness, brightness=float(grey.mean()), source=source)


def slices(traits: Sequence[FaceTraits], truth: Indices, called: Indices, labels: Sequence[Label]) -> tuple[Slice, ...]:
    """Figures of every slice that holds a face.

    Args:
        traits: of N faces.
        truth: (N,), index into `labels`.
        called: (N,), index into `labels`, or len(labels) for uncertain.
        labels: names of the classes.
    """
    return tuple(
        _slice(trait, value, truth[chosen], called[chosen], labels)
        for trait, value, chosen in _divisions(traits)
        if chosen.any()
    )


def _slice(trait: str, value: str, truth: Indices, called: Indices, labels: Sequence[Label]) -> Slice:
    counts = confusion(truth, called, classes=len(labels))
    low, high = wilson_interval(int(np.trace(counts)), len(truth))
    return Slice(
        trait=trait,
        value=value,
        faces=len(truth),
        accuracy=accuracy(counts),
        accuracy_low=low,
        accuracy_high=high,
        mask_or_not=mask_or_not(counts, labels),
        classes=class_figures(counts, labels),
    )


def _divisions(traits: Sequence[FaceTraits]) -> Iterator[tuple[str, str, NDArray[np.bool_]]]:
    numbers: tuple[tuple[str, str, Callable[[FaceTraits], float], tuple[float, ...]], ...] = (
        ("face size", " px", lambda face: face.size, SIZE_EDGES),
        ("sharpness", "", lambda face: face.sharpness, BLUR_EDGES),
        ("brightness", "", lambda face: face.brightness, BRIGHTNESS_EDGES),
    )
    for trait, unit, measure, edges in numbers:
        where = np.digitize([measure(face) for face in traits], edges)
        for index, name in enumerate(_interval_names(edges, unit)):
            yield trait, name, where == index
    for source in sorted({face.source for face in traits}):
        yield "source", source, np.array([face.source == source for face in traits])
    for kind in MaskKind:
        yield "kind", kind, np.array([face.kind is kind for face in traits], np.bool_)
    for tag in sorted({tag for face in traits for tag in face.tags}):
        yield "tag", tag, np.array([tag in face.tags for face in traits])


def _interval_names(edges: Sequence[float], unit: str) -> list[str]:
    """Names of the intervals that `edges` make; each holds its lower edge, not its upper one."""
    between = [f"{low:g} to {high:g}{unit}" for low, high in pairwise(edges)]
    return [f"below {edges[0]:g}{unit}", *between, f"{edges[-1]:g}{unit} and more"]
