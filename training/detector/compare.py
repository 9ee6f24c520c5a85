"""Face detectors side by side on the same scenes: accuracy, false alarms, processor time, size."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure
from tqdm import tqdm

from edge.networks.detector import Detector
from edge.pictures import read_picture
from edge.types import Image, Label
from training.detector.places import Place
from training.detector.scoring import DetectionTally, roomy

SIZES = {"8-12 %": (0.08, 0.12), "12-25 %": (0.12, 0.25), "over 25 %": (0.25, 10.0)}
"""Ranges of a face's longer side, as shares of the picture's longer side."""
CLASSES = (Label.WITH_MASK.value, Label.WITHOUT_MASK.value, Label.INCORRECT_MASK.value, "face")

LOWEST = 0.02
"""Score from which detections enter the curves; load detectors with it."""


@dataclass(frozen=True, slots=True, eq=False)
class Judged:
    """One detector on the scenes of one source.

    Attributes:
        detector, source: names.
        tally: what it found. loose: the same, matched as `roomy` says.
        score: the threshold it is deployed with.
        cpu_ms: median processor time of a picture, all threads, resizing and decoding included.
    """

    detector: str
    source: str
    tally: DetectionTally
    loose: DetectionTally
    score: float
    cpu_ms: float


def judge(
    detectors: Mapping[str, tuple[Detector, float]],
    places: Sequence[Place],
    *,
    min_shares: Mapping[str, float],
) -> list[Judged]:
    """Run every detector on every scene, in turn on each picture so that all meet the same machine.

    Args:
        detectors: by name, each with the threshold it is deployed with, loaded with LOWEST.
        places: scenes of any source.
        min_shares: of each source, the smallest face that counts; see DetectionTally.
    """
    tallies = {
        (name, source): (DetectionTally(min_share=share), DetectionTally(min_share=share, match=roomy))
        for name in detectors
        for source, share in min_shares.items()
    }
    spent: dict[tuple[str, str], list[float]] = {key: [] for key in tallies}
    counted = [place for place in places if place.source in min_shares]
    laid_out: tuple[int, ...] = ()
    for place in tqdm(sorted(counted, key=_size), desc="judging", unit="picture", leave=False, disable=None):
        image, source = read_picture(place.path), place.source
        for name, (detector, _) in detectors.items():
            if image.shape != laid_out:
                # OpenCV lays a network out anew for another size of picture; a camera's never changes.
                detector(image)
            began = time.process_time()
            found = detector(image)
            spent[name, source].append(1000 * (time.process_time() - began))
            for tally in tallies[name, source]:
                tally.add(place.scene, found)
        laid_out = image.shape
    return [
        Judged(name, source, *both, detectors[name][1], float(np.median(spent[name, source] or [0.0])))
        for (name, source), both in tallies.items()
    ]


def cost_of(detectors: Mapping[str, Detector], image: Image, *, repeats: int = 50) -> dict[str, float]:
    """Median processor time in milliseconds of each detector on one picture, taken in turn."""
    spent: dict[str, list[float]] = {name: [] for name in detectors}
    for _ in range(repeats):
        for name, detector in detectors.items():
            began = time.process_time()
            detector(image)
            spent[name].append(1000 * (time.process_time() - began))
    return {name: float(np.median(times)) for name, times in spent.items()}


def markdown(judged: Sequence[Judged]) -> str:
    """The figures as tables: all faces, then recall by size and by what is worn."""
    head = ["source", "detector", "AP", "recall", "false/picture", "at score", "recall at 0.05 false/picture", "cpu-ms"]
    head += ["roomy: AP", "recall", "false/picture"]
    lines = [f"| {' | '.join(head)} |", "|---|---|" + "---:|" * (len(head) - 2)]
    for one in judged:
        tally, even = one.tally, one.tally.threshold(0.05)
        false = tally.false_per_picture(one.score)
        lines.append(
            f"| {one.source} ({len(tally.sought)} faces, {tally.pictures} pictures) | {one.detector} "
            f"| {tally.average_precision:.3f} | {_recall(tally, one.score):.3f} | {false:.3f} "
            f"| {one.score:.2f} | {_recall(tally, even):.3f} | {one.cpu_ms:.1f} "
            f"| {one.loose.average_precision:.3f} | {_recall(one.loose, one.score):.3f} "
            f"| {one.loose.false_per_picture(one.score):.3f} |"
        )
    columns = [*SIZES, *CLASSES]
    lines += ["", f"| source | detector | {' | '.join(columns)} |", "|---|---|" + "---:|" * len(columns)]
    for one in judged:
        by_size = one.tally.recall_by(one.score, SIZES)
        by_class = {label: _recall(one.tally, one.score, label=label) for label in CLASSES}
        cells = ["" if np.isnan(value) else f"{value:.3f}" for value in [*by_size.values(), *by_class.values()]]
        lines.append(f"| {one.source} | {one.detector} | {' | '.join(cells)} |")
    return "\n".join(lines)


def plot(judged: Sequence[Judged], path: Path) -> None:
    """Precision over recall, a panel for each source; a dot where each detector is deployed."""
    sources = list(dict.fromkeys(one.source for one in judged))
    columns = min(len(sources), 3)
    rows = -(-len(sources) // columns)
    figure = Figure(figsize=(4.5 * columns, 4 * rows), layout="constrained")
    for number, source in enumerate(sources, start=1):
        axes = figure.add_subplot(rows, columns, number)
        for one in (each for each in judged if each.source == source):
            recall, precision, score = one.tally.curve()
            (line,) = axes.plot(recall, precision, label=f"{one.detector} {one.tally.average_precision:.3f}")
            deployed = int((score >= one.score).sum()) - 1
            if deployed >= 0:
                axes.plot(recall[deployed], precision[deployed], "o", color=line.get_color())
        axes.set(xlim=(0.5, 1.005), ylim=(0.5, 1.005), xlabel="recall", ylabel="precision")
        share = next(one.tally.min_share for one in judged if one.source == source)
        axes.set_title(f"{source}, faces of {share:.0%} and more")
        axes.legend(loc="lower left", title="average precision")
        axes.grid(alpha=0.3)
    figure.savefig(path, dpi=120)


def _size(place: Place) -> tuple[int, int]:
    return place.scene.width, place.scene.height


def _recall(tally: DetectionTally, score: float, *, label: str | None = None) -> float:
    return tally.recall_by(score, {"all": (0.0, 10.0)}, label=label)["all"]
