"""Where an evaluation leaves its results: JSON, a page, Markdown, and the sheet of the worst mistakes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from training.data.samples import Part
from training.evaluation.contact_sheet import Mistake, save_sheet
from training.evaluation.figures import Figures, save_evaluation
from training.evaluation.predictors import Predictor
from training.evaluation.report import CAUTION, Report, write_html, write_markdown
from training.runs import RunFolder

SHEET = "mistakes.png"


@dataclass(frozen=True, slots=True, eq=False)
class Subject:
    """What is judged on what.

    Attributes:
        kind: `crops` or `scenes`.
        model: as named on the command line.
        data: as named on the command line.
        part: None for all parts.
    """

    kind: str
    model: str
    predictor: Predictor
    data: Path
    part: Part | None

    @property
    def part_name(self) -> str:
        return self.part.value if self.part else "all"

    @property
    def learnt_from(self) -> bool:
        """Whether training pictures may be among those judged."""
        return self.part in (None, Part.TRAIN)

    def caution(self, copies: int) -> str:
        """Why the figures must not be believed; `copies` of the pictures have a copy that was learnt from."""
        if self.learnt_from:
            return CAUTION
        if copies:
            return (
                f"{copies} of these pictures have an exact copy among the training pictures: the figures are too good."
            )
        return ""

    def default_folder(self) -> Path:
        """In the run's own folder, or for a converted model under `runs/evaluation`."""
        run = RunFolder(Path(self.model))
        if run.model.is_file():
            return run.path / "evaluation" / f"{self.kind}-{self.part_name}"
        return Path("runs") / "evaluation" / f"{self.predictor.name}-{self.kind}-{self.part_name}"

    def facts(self) -> tuple[tuple[str, str], ...]:
        """For the head of a report."""
        thresholds = ", ".join(f"{label} {value:.2f}" for label, value in self.predictor.thresholds.items()) or "none"
        return (
            ("Model", f"{self.predictor.name} ({self.predictor.form})"),
            ("data", f"{self.data.name}"),
            ("part", self.part_name),
            ("thresholds", thresholds),
        )

    def record(self) -> dict[str, object]:
        """For the JSON file."""
        predictor = self.predictor
        return {
            "kind": self.kind,
            "model": {
                "name": predictor.name,
                "form": predictor.form,
                "labels": [label.value for label in predictor.labels],
                "input": predictor.input.model_dump(),
                "thresholds": {label.value: value for label, value in predictor.thresholds.items()},
            },
            "data": str(self.data),
            "part": self.part_name,
            "may_have_been_learnt_from": self.learnt_from,
        }


def write_outputs(
    folder: Path,
    subject: Subject,
    figures: Figures,
    report: Report,
    *,
    mistakes: Sequence[Mistake],
    docs: Path | None,
    more: Mapping[str, object] | None = None,
) -> None:
    """Write everything into `folder`; Markdown and charts, which hold no picture, to `docs` too if it is given.

    Args:
        folder: made if missing; what an earlier evaluation left there is replaced.
        subject: what was judged on what.
        figures, report: what came of it.
        mistakes: the worst, for the sheet.
        docs: a further Markdown file.
        more: further entries of the JSON file.

    Raises:
        UsageError: if there are mistakes to show and `folder` is one that is published.
    """
    sheet = folder / SHEET
    sheet.unlink(missing_ok=True)
    if mistakes:
        save_sheet(sheet, mistakes)
    save_evaluation(folder / "evaluation.json", subject.record(), figures, **(more or {}))
    write_html(folder / "report.html", report, figures, mistakes=SHEET if mistakes else None)
    for path in (folder / "report.md", docs):
        if path is not None:
            write_markdown(path, report, figures)
