"""Evaluations of a published model, as sections of its card."""

from __future__ import annotations

from convert.adopted import Compared, Evaluation, Share
from convert.tables import markdown_table, percent


def evaluation_section(evaluation: Evaluation) -> str:
    """Heading, what was judged, and a table each for sources, labels and slices."""
    figures = evaluation.figures
    summary = (
        f"{figures.faces} faces: {_share(figures.accuracy)} right, mask or not {_share(figures.mask_or_not)}, macro F1 "
        f"{_share(figures.macro_f1)}, uncertain {_share(figures.uncertain)} (counted as wrong), expected calibration "
        f"error {_share(figures.calibration_error)}."
    )
    sections = [f"## Judged on {evaluation.kind}, {evaluation.part} part of `{evaluation.data}`"]
    if evaluation.scenes:
        sections += [_scene_text(evaluation), _scene_table(evaluation), "On the faces found:"]
    sections += [summary]
    if evaluation.compared:
        sections += [_compared_text(evaluation.compared, figures.faces)]
    sections += [_class_table(evaluation), _slice_table(evaluation)]
    return "\n\n".join(sections)


def _compared_text(compared: Compared, faces: int) -> str:
    return (
        f"`{compared.name}` is right on {compared.right} of the same {faces} faces, this model on {compared.new}: "
        f"{compared.gained} only this one, {compared.lost} only that one (95 % interval of the difference "
        f"{compared.low * 100:+.1f} to {compared.high * 100:+.1f} points, p = {compared.chance:.2g})."
    )


def _scene_text(evaluation: Evaluation) -> str:
    return (
        f"Whole pictures: {evaluation.detector} finds the faces, this model judges them. Faces whose longer side is "
        f"below {evaluation.min_share * 100:g} % of the picture's do not count; a missed face is wrong end to end."
    )


def _scene_table(evaluation: Evaluation) -> str:
    header = ["source", "pictures", "faces", "found", "right of found", "mask or not of found", "end to end"]
    rows = [
        [
            source,
            str(tally.images),
            str(tally.faces),
            *map(_share, (tally.found, tally.verdict3, tally.verdict2, tally.end_to_end3, tally.end_to_end2)),
        ]
        for source, tally in evaluation.scenes.items()
    ]
    return markdown_table([*header, "mask or not end to end"], rows)


def _class_table(evaluation: Evaluation) -> str:
    rows = [
        [one.label, *map(_share, (one.precision, one.recall, one.f1)), str(one.faces)]
        for one in evaluation.figures.classes
    ]
    return markdown_table(["label", "precision", "recall", "F1", "faces"], rows)


def _slice_table(evaluation: Evaluation) -> str:
    rows = [
        [
            f"{one.trait}: {one.value}",
            str(one.faces),
            _share(one.accuracy),
            f"{_share(one.accuracy_low)} to {_share(one.accuracy_high)}",
        ]
        for one in evaluation.figures.slices
    ]
    return markdown_table(["slice", "faces", "right", "95 % interval"], rows)


def _share(value: Share) -> str:
    return "-" if value is None else percent(value)
