"""Detector and classifier scored as one object detector of three classes: the measure of most published figures."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np

from edge.types import Box, Face, Label
from training.detector.scoring import DetectionTally
from training.evaluation.scene_judge import JudgedScene


def class_tallies(
    judged: Iterable[JudgedScene], labels: Sequence[Label], *, min_share: float = 0.0
) -> dict[Label, DetectionTally]:
    """A tally of each class, whose average precision is that of PASCAL VOC 2010 and later, at an overlap of 0.5.

    Every detection is one of each class, with the detector's score times the classifier's probability. It is right on a
    face of that class alone; faces that nobody could tell count neither way.

    Args:
        judged: what was found in each scene.
        labels: the classifier's, in its order.
        min_share: size from which faces count, as a share of the picture's longer side; published figures count all.
    """
    tallies = {label: DetectionTally(min_share=min_share) for label in labels}
    for one in judged:
        for number, (label, tally) in enumerate(tallies.items()):
            faces = tuple(face for face in one.scene.faces if face.ignore or face.label is label)
            found = [
                Face(Box(*(round(edge) for edge in called.box)), called.score * row[number])
                for called, row in zip(one.called, one.answers, strict=True)
            ]
            tally.add(replace(one.scene, faces=faces), found)
    return tallies


def precision_table(tables: dict[str, dict[Label, DetectionTally]]) -> str:
    """Average precision of each class and their mean as Markdown, a row for each way of counting."""
    labels = [label.value for label in next(iter(tables.values()))]
    lines = [f"| faces | {' | '.join(labels)} | mean |", "|---|" + "---:|" * (len(labels) + 1)]
    for title, tallies in tables.items():
        values = [tally.average_precision for tally in tallies.values()]
        counts = [len(tally.sought) for tally in tallies.values()]
        cells = [f"{value:.3f} ({count})" for value, count in zip(values, counts, strict=True)]
        lines.append(f"| {title} | {' | '.join(cells)} | {np.mean(values):.3f} |")
    return "\n".join(lines)


def voc_page(table: str, *, model: str, detector: str, source: str, pictures: int) -> str:
    """The page docs/evaluation/voc.md."""
    return _PAGE.format(table=table, model=model, detector=detector, source=source, pictures=pictures)


_PAGE = """\
# As one object detector of three classes

`{detector}` and `{model}` together on {pictures} pictures of {source} (`maskgate-train evaluate voc`): average
precision of each class at an overlap (IoU) of 0.5, all points, PASCAL VOC 2010 and later; the number of faces in
brackets, by the set's own labels. Each detection counts in every class, with the detector's score times the
classifier's probability.

{table}

The first row is how figures of object detectors on this set are measured: most of its faces are smaller than a
twelfth of the picture, for which this detector was not made (it sees 320 pixels). The second row is what a kiosk meets.
"""
