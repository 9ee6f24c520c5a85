"""The tables of an evaluation report, as text for people."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from training.data.samples import CLASSES
from training.evaluation.charts import NAMES
from training.evaluation.figures import Figures
from training.evaluation.kinds import KindFigures
from training.evaluation.scene_score import SceneTally
from training.intervals import wilson_interval

Row = tuple[str, ...]

CAPTIONS = {
    "confusion": "Faces by true class (row) and what they were called (column); shares are of the row.",
    "reliability": "How often the network is right when it gives a probability; grey: how often it gives that one.",
    "roc": "Faces without a proper mask that are caught, against properly masked ones that raise a false alarm; "
    "the dots are thresholds on the alarm score.",
    "slices": "Accuracy of each slice with its 95 % interval; orange: all faces.",
}


@dataclass(frozen=True, slots=True)
class Table:
    """A table with its heading and an explanation, and the names of the charts that belong to it."""

    title: str
    text: str
    columns: Row
    rows: tuple[Row, ...]
    charts: tuple[str, ...] = ()


def share(value: float | None) -> str:
    """A number with four digits after the point, a dash for none."""
    return "-" if value is None else f"{value:.4f}"


def tables(figures: Figures) -> tuple[Table, ...]:
    """The tables every evaluation has."""
    kinds = (kind_table(figures.kinds),) if figures.kinds else ()
    return _classes(figures), *kinds, _beliefs(figures), _alarms(figures), _slices(figures)


def scene_table(tallies: Mapping[str, SceneTally]) -> Table:
    """Detector and classifier together, a line for each data set."""
    rows = tuple(_scene_row(name, tally) for name, tally in tallies.items())
    return Table(
        title="End to end",
        text="Detector and classifier together, on faces whose longer side is at least 8 % of the picture's (unless "
        "chosen otherwise). A missed face counts as wrong end to end; so does an uncertain one. Waved through: found, "
        "not properly masked, called masked.",
        columns=(
            "source",
            "pictures",
            "faces",
            "faces found",
            "false faces a picture",
            "right of found (3 classes)",
            "right of found (mask or not)",
            "end to end (3 classes)",
            "end to end (mask or not)",
            "pictures with the right alarm",
            "waved through",
        ),
        rows=rows,
    )


def _scene_row(name: str, tally: SceneTally) -> Row:
    return name, str(tally.images), str(tally.total), *(share(value) for value in tally.shares().values())


def scene_recall_table(tallies: Mapping[str, SceneTally]) -> Table:
    """Recall of each class, of the faces found and of all, a line for each data set."""
    rows = tuple(
        (
            name,
            *(share(tally.recall(label, of_found=True)) for label in CLASSES),
            *(share(tally.recall(label, of_found=False)) for label in CLASSES),
        )
        for name, tally in tallies.items()
    )
    names = tuple(NAMES[label] for label in CLASSES)
    return Table(
        title="Recall by class",
        text="Share of each class's faces that is called so: of those the detector found, and of all.",
        columns=("source", *names, *(f"{name}, end to end" for name in names)),
        rows=rows,
    )


def scene_tag_table(tally: SceneTally) -> Table:
    """How many of the faces with each tag were found, and judged right, with 95 % intervals."""
    return Table(
        title="Hard faces",
        text="By what was noted about a face by who looked at it; the notes are not complete. Found: by the detector, "
        "with a verdict. Right: of those, in three classes. In brackets where the share lies with 95 % confidence.",
        columns=("tag", "faces", "found", "right of found"),
        rows=tuple(
            (tag, str(faces), _with_interval(found, faces), _with_interval(right, found))
            for tag, (faces, found, right) in tally.tag_counts().items()
        ),
    )


def kind_table(kinds: KindFigures) -> Table:
    """Which kind of mask is taken for which."""
    return Table(
        title="Kinds of masks",
        text="Properly worn masks of known kind by true kind (row) and what they were called (column), whatever label "
        f"they got; {kinds.faces} faces, {share(kinds.accuracy)} right, mean recall {share(kinds.balanced)}; "
        f"respirator or not, mean recall {share(kinds.respirator)}. In brackets where the recall lies with "
        "95 % confidence.",
        columns=("kind", *(str(kind) for kind in kinds.kinds), "recall"),
        rows=tuple(
            (str(kind), *map(str, row), _with_interval(row[index], sum(row)))
            for index, (kind, row) in enumerate(zip(kinds.kinds, kinds.confusion, strict=True))
        ),
    )


def _with_interval(part: int, whole: int) -> str:
    if not whole:
        return "-"
    low, high = wilson_interval(part, whole)
    return f"{share(part / whole)} ({low:.2f} to {high:.2f})"


def _classes(figures: Figures) -> Table:
    rows = tuple(
        (
            NAMES[one.label],
            str(one.faces),
            share(one.precision),
            share(one.recall),
            f"{share(one.recall_low)} to {share(one.recall_high)}" if one.faces else "-",
            share(one.f1),
        )
        for one in figures.classes
    )
    return Table(
        title="Classes",
        text="An uncertain answer counts as a wrong one. The interval tells how far chance alone may move the recall.",
        columns=("class", "faces", "precision", "recall", "recall, 95 % interval", "F1"),
        rows=rows,
        charts=("confusion",),
    )


def _beliefs(figures: Figures) -> Table:
    rows = tuple(
        (
            f"{one.threshold:.2f}",
            share(one.uncertain),
            share(one.right),
            share(one.false_alarms),
            share(one.waved_through),
        )
        for one in figures.belief
    )
    return Table(
        title="When to say uncertain",
        text="If a reading were believed only from this probability on, whatever its class. False alarms: properly "
        "masked, believed not to be. Waved through: not properly masked, believed to be.",
        columns=("probability at least", "uncertain", "right if believed", "false alarms", "waved through"),
        rows=rows,
        charts=("reliability",),
    )


def _alarms(figures: Figures) -> Table:
    rows = tuple(
        (f"{one.threshold:.2f}", share(one.caught), share(one.false_alarms), share(one.precision))
        for one in figures.alarm
    )
    return Table(
        title="When to raise an alarm",
        text="If an alarm were raised from this probability on that the mask is missing or worn wrongly "
        "(1 - P(with mask)).",
        columns=("alarm score at least", "caught", "false-alarm rate", "justified alarms"),
        rows=rows,
        charts=("roc",),
    )


def _slices(figures: Figures) -> Table:
    rows = tuple(
        (
            f"{one.trait}: {one.value}",
            str(one.faces),
            share(one.accuracy),
            f"{share(one.accuracy_low)} to {share(one.accuracy_high)}",
            share(one.mask_or_not),
            *(share(single.recall) for single in one.classes),
        )
        for one in figures.slices
    )
    return Table(
        title="Where the mistakes lie",
        text="Sharpness is the variance of the Laplacian of the grey face at 96 x 96 pixels; brightness its mean, 0 to "
        "255.",
        columns=(
            "slice",
            "faces",
            "accuracy",
            "95 % interval",
            "mask or not",
            *(f"recall, {NAMES[label]}" for label in figures.labels),
        ),
        rows=rows,
        charts=("slices",),
    )
