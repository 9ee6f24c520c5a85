"""Which network to take: every converted model of several runs by accuracy and by time per face."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from convert.run import Run, read_record, read_view
from convert.tables import markdown_table, percent
from convert.verify import Verification
from edge.errors import InputError

_MARKS = "osD^vP*X<>"
"""One for each recipe, in matplotlib's notation."""


@dataclass(frozen=True, slots=True)
class Choice:
    """One converted model of one run."""

    run: Run
    verification: Verification

    @property
    def network(self) -> str:
        """Backbone, input size and run."""
        return f"{self.run.facts.backbone}, {self.run.facts.input.width} px ({self.run.name})"

    @property
    def name(self) -> str:
        """Network and recipe."""
        return f"{self.network} {self.verification.recipe}"

    def beaten_by(self, other: Choice) -> bool:
        """Whether `other` is at least as accurate and as fast, and better in one of the two."""
        ours, theirs = self.verification, other.verification
        if theirs.accuracy < ours.accuracy or theirs.cpu_ms_per_face > ours.cpu_ms_per_face:
            return False
        return theirs.accuracy > ours.accuracy or theirs.cpu_ms_per_face < ours.cpu_ms_per_face


def choices(runs: Sequence[Run]) -> list[Choice]:
    """Every conversion of the runs that passed, the fastest first.

    Raises:
        InputError: if a run has not been converted, or a record is damaged.
    """
    found = []
    for run in runs:
        paths = sorted(run.converted.glob("*/verify.json"))
        if not paths:
            raise InputError(
                f"{run.converted}: contains no verified model; run `maskgate-convert run {run.path}` first"
            )
        found += [Choice(run, read_view(path, Verification)) for path in paths]
    passed = [choice for choice in found if choice.verification.passed]
    return sorted(passed, key=lambda choice: choice.verification.cpu_ms_per_face)


def frontier(found: Sequence[Choice]) -> list[Choice]:
    """Those that no other beats, the fastest first."""
    return [choice for choice in found if not any(choice.beaten_by(other) for other in found)]


def pareto_table(found: Sequence[Choice]) -> str:
    """Markdown: a line for each model, the unbeaten ones in bold, and what the figures rest on."""
    best = frontier(found)
    rows = []
    for choice in found:
        facts, figures = choice.run.facts, choice.verification
        mark = "**" if choice in best else ""
        cells = [
            f"{mark}{facts.backbone}{mark}",
            f"{facts.input.width} x {facts.input.height}",
            figures.recipe,
            percent(figures.accuracy),
            f"{figures.cpu_ms_per_face:.1f}",
            f"{figures.size_bytes / 1e6:.2f}",
            choice.run.name,
        ]
        rows.append(cells)
    table = markdown_table(["backbone", "input", "recipe", "accuracy", "ms per face", "MB", "run"], rows)
    return f"{table}\n\n{_basis(found)}\n"


def pareto_chart(found: Sequence[Choice], path: Path) -> None:
    """PNG: accuracy over time per face; a colour for each network, a mark for each recipe, a line of the unbeaten."""
    figure = Figure(figsize=(9, 5.5), layout="constrained")
    axes = figure.subplots()
    axes.plot(*_coordinates(frontier(found)), drawstyle="steps-post", color="0.6", linewidth=1, zorder=1)
    networks = list(dict.fromkeys(choice.network for choice in found))
    recipes = list(dict.fromkeys(choice.verification.recipe for choice in found))
    for choice in found:
        colour, mark = f"C{networks.index(choice.network)}", _MARKS[recipes.index(choice.verification.recipe)]
        axes.scatter(*_coordinates([choice]), color=colour, marker=mark, s=60, alpha=0.8, zorder=2)
    entries = [Line2D([], [], color=f"C{i}", marker="o", linestyle="", label=name) for i, name in enumerate(networks)]
    entries += [
        Line2D([], [], color="0.4", marker=mark, linestyle="", label=name)
        for mark, name in zip(_MARKS, recipes, strict=False)
    ]
    figure.legend(handles=entries, loc="outside right upper")
    axes.set(xlabel="milliseconds per face, one thread", ylabel="accuracy on the validation part, %")
    axes.margins(0.08)
    axes.set_xlim(left=0)
    axes.grid(alpha=0.3)
    figure.savefig(path, dpi=120)


def _coordinates(found: Sequence[Choice]) -> tuple[list[float], list[float]]:
    return (
        [choice.verification.cpu_ms_per_face for choice in found],
        [choice.verification.accuracy * 100 for choice in found],
    )


def _basis(found: Sequence[Choice]) -> str:
    """On what pictures and machines the figures were measured; says so where they cannot be compared."""
    machines = sorted({choice.verification.machine for choice in found})
    pictures = sorted({choice.verification.pictures for choice in found})
    text = (
        f"Accuracy on {' or '.join(map(str, pictures))} validation pictures, processor time on {'; '.join(machines)}. "
        "In bold: no other is at least as accurate and as fast."
    )
    data = {str(read_record(choice.run.path / "options.json").get("data_sha256")) for choice in found}
    if len(data) > 1:
        text += " **The runs were judged on different pictures: their accuracies cannot be compared.**"
    if len(machines) > 1:
        text += " **They were timed on different machines: their times cannot be compared.**"
    return text
