"""Judge a classifier on faces that are already found."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from training.evaluation.answers import Answers, ask
from training.evaluation.contact_sheet import Mistake, worst
from training.evaluation.faces import LabelledFace, load_faces
from training.evaluation.figures import Figures, figures
from training.evaluation.leaks import Learnt
from training.evaluation.outputs import Subject, write_outputs
from training.evaluation.report import Report, cards
from training.evaluation.tables import tables


def evaluate_crops(subject: Subject, *, out: Path, docs: Path | None) -> Figures:
    """Judge, and write the results to `out`.

    Raises:
        InputError: if there is nothing to judge, or it was learnt from.
        UsageError: if the data have no parts and one is asked for.
    """
    faces = load_faces(subject.data, subject.part)
    copies = Learnt.by(subject.model).copies([face.sha256 for face in faces], subject.part, subject.data)
    answers = ask(subject.predictor, faces)
    values = figures(answers)
    report = Report(
        title=f"{subject.predictor.name} on single faces",
        facts=subject.facts(),
        caution=subject.caution(copies),
        cards=cards(values),
        tables=tables(values),
    )
    mistakes = _mistakes(answers, faces, subject.predictor.input.margin)
    write_outputs(out, subject, values, report, mistakes=mistakes, docs=docs)
    return values


def _mistakes(answers: Answers, faces: Sequence[LabelledFace], margin: float) -> list[Mistake]:
    called = answers.called
    return [
        Mistake(
            face=faces[index].crop(margin)[0],
            truth=faces[index].label,
            called=answers.labels[called[index]],
            probability=float(answers.probabilities[index].max()),
        )
        for index in worst(answers)
    ]
