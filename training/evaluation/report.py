"""A report a person can read: one self-contained HTML page, and Markdown with charts for the documentation."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from markupsafe import Markup

from edge.types import Label
from training.evaluation.charts import charts
from training.evaluation.figures import Figures
from training.evaluation.metrics import ratio
from training.evaluation.tables import CAPTIONS, Table, share

CAUTION = (
    "Some or all of these faces may have been learnt from: these figures say how well the network remembers, "
    "not how well it judges people it has never seen."
)


@dataclass(frozen=True, slots=True)
class Card:
    """One figure of the summary."""

    name: str
    value: str


@dataclass(frozen=True, slots=True)
class Report:
    """All that a report says, as text.

    Attributes:
        facts: what was judged on what, as pairs of a name and a value.
        caution: why the figures must not be believed; empty if they may.
    """

    title: str
    facts: tuple[tuple[str, str], ...]
    caution: str
    cards: tuple[Card, ...]
    tables: tuple[Table, ...]


def cards(figures: Figures, prefix: str = "") -> tuple[Card, ...]:
    """The summary of the classifier's figures; `prefix` tells which faces are meant."""
    values = {
        "accuracy, all classes": share(figures.accuracy),
        "accuracy, mask or not": share(figures.mask_or_not),
        "macro F1": share(figures.macro_f1),
        "properly masked, called otherwise": share(false_alarms(figures)),
        "called uncertain": share(figures.uncertain),
        "calibration error": share(figures.calibration_error),
        "faces judged": str(figures.faces),
    }
    return tuple(Card(f"{prefix}{name}", value) for name, value in values.items())


def false_alarms(figures: Figures) -> float | None:
    """Share of the properly masked faces that are called bare or wrongly covered, thresholds applied."""
    masked = figures.labels.index(Label.WITH_MASK)
    row = figures.confusion[masked]
    return ratio(sum(row[:-1]) - row[masked], sum(row))


def write_html(path: Path, report: Report, figures: Figures, *, mistakes: str | None) -> None:
    """Write the page; `mistakes` names the contact sheet beside it, None if there is none."""
    drawings = {name: Markup(_inline(svg)) for name, svg in charts(figures).items()}  # noqa: S704 - drawn here
    text = (
        _templates()
        .get_template("report.html")
        .render(report=report, charts=drawings, captions=CAPTIONS, mistakes=mistakes)
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def write_markdown(path: Path, report: Report, figures: Figures) -> None:
    """Write Markdown, and beside it its charts as SVG; it contains no picture of the data set."""
    path.parent.mkdir(parents=True, exist_ok=True)
    text = _templates().get_template("report.md").render(report=report, captions=CAPTIONS, stem=path.stem)
    path.write_text(text, encoding="utf-8")
    for name, svg in charts(figures).items():
        path.with_name(f"{path.stem}-{name}.svg").write_text(svg, encoding="utf-8")


def _inline(svg: str) -> str:
    """An SVG document without the XML declaration and document type that have no place inside HTML."""
    return svg[svg.index("<svg") :]


def _templates() -> Environment:
    return Environment(
        loader=PackageLoader("training.evaluation"),
        autoescape=select_autoescape(("html",), default=False),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
