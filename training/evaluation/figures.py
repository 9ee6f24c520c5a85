"""Judge a classifier: every figure of a report, from what it said about faces whose class is known."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path

from edge.errors import InputError
from edge.types import Label
from training.evaluation.answers import Answers
from training.evaluation.curves import (
    AlarmRow,
    BeliefRow,
    ReliabilityBin,
    Roc,
    alarm_table,
    belief_table,
    calibration_error,
    log_loss,
    reliability,
    roc,
)
from training.evaluation.kinds import KindFigures, kind_figures
from training.evaluation.metrics import ClassFigures, accuracy, class_figures, confusion, macro_f1, mask_or_not, ratio
from training.evaluation.slices import Slice, slices
from training.runs import save_json


@dataclass(frozen=True, slots=True, eq=False)
class Figures:
    """How good the answers are; shares are None where there is nothing to divide by.

    Attributes:
        accuracy: over all classes, `uncertain` counting as wrong.
        likeliest: the same without thresholds.
        mask_or_not: accuracy if only masked properly or not matters.
        uncertain: share of the faces called so.
        calibration_error: expected, 15 bins.
        log_loss: nats.
        confusion: K rows (truth) of K + 1 columns (called; the last is uncertain).
        kinds: how well kinds of masks are told apart; None where that is not known.
    """

    labels: tuple[Label, ...]
    faces: int
    accuracy: float | None
    likeliest: float | None
    mask_or_not: float | None
    macro_f1: float | None
    uncertain: float | None
    calibration_error: float | None
    log_loss: float | None
    classes: tuple[ClassFigures, ...]
    confusion: tuple[tuple[int, ...], ...]
    reliability: tuple[ReliabilityBin, ...]
    roc: Roc
    alarm: tuple[AlarmRow, ...]
    belief: tuple[BeliefRow, ...]
    slices: tuple[Slice, ...]
    kinds: KindFigures | None = None


def figures(answers: Answers) -> Figures:
    """Work out every figure of a report.

    Raises:
        InputError: if there is no face at all.
    """
    if not len(answers.truth):
        raise InputError("there is no face to judge; name another part or another data set")
    labels, truth, probabilities = answers.labels, answers.truth, answers.probabilities
    called, classes = answers.called, len(labels)
    counts = confusion(truth, called, classes=classes)
    per_class = class_figures(counts, labels)
    bins = tuple(reliability(truth, probabilities))
    return Figures(
        labels=labels,
        faces=len(truth),
        accuracy=accuracy(counts),
        likeliest=accuracy(confusion(truth, probabilities.argmax(axis=1), classes=classes)),
        mask_or_not=mask_or_not(counts, labels),
        macro_f1=macro_f1(per_class),
        uncertain=ratio(int((called == classes).sum()), len(truth)),
        calibration_error=calibration_error(bins),
        log_loss=log_loss(truth, probabilities),
        classes=per_class,
        confusion=tuple(tuple(row) for row in counts.tolist()),
        reliability=bins,
        roc=roc(answers.alarm_score, answers.alarming),
        alarm=alarm_table(answers.alarm_score, answers.alarming),
        belief=belief_table(truth, probabilities, masked=labels.index(Label.WITH_MASK)),
        slices=slices(answers.traits, truth, called, labels),
        kinds=kind_figures(answers),
    )


def as_record(values: Figures) -> dict[str, object]:
    """The figures for a JSON file; of the ROC only its area, the rest follows from the answers."""
    record = {name: value for name, value in asdict(values).items() if name != "roc"}
    return record | {"roc_area": values.roc.area}


def save_evaluation(path: Path, about: dict[str, object], values: Figures, **more: object) -> None:
    """Write `evaluation.json`: what was judged on what, and every figure."""
    path.parent.mkdir(parents=True, exist_ok=True)
    save_json(path, {"format": 1, **about, "figures": as_record(values), **more})
