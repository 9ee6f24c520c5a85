"""Charts of an evaluation as SVG text: confusion matrix, reliability, ROC and slices. No picture of a data set."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from edge.types import Label
from training.evaluation.figures import Figures

INK, SOFT, GRID = "#1c2733", "#5b6b7b", "#d9e0e7"
BLUE, ORANGE = "#1f6feb", "#d9730d"

_MARKED = (0.1, 0.5, 0.9)
"""Alarm thresholds that are shown on the ROC."""

_STYLE: dict[Any, Any] = {
    "font.family": "sans-serif",
    "font.size": 10,
    "axes.edgecolor": GRID,
    "axes.labelcolor": SOFT,
    "axes.titlecolor": INK,
    "axes.titlesize": 11,
    "axes.titleweight": "bold",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "xtick.color": SOFT,
    "ytick.color": SOFT,
    "grid.color": GRID,
    # A fixed salt and no date: the same figures give the same file.
    "svg.hashsalt": "maskgate",
}

NAMES = {
    Label.WITH_MASK: "with mask",
    Label.WITHOUT_MASK: "without mask",
    Label.INCORRECT_MASK: "incorrect mask",
    Label.UNCERTAIN: "uncertain",
}
"""How people call the classes."""


def charts(figures: Figures) -> dict[str, str]:
    """All charts by name, each an SVG document."""
    drawings: dict[str, tuple[tuple[float, float], Callable[[Axes, Figures], None]]] = {
        "confusion": ((4.9, 3.9), _confusion),
        "reliability": ((4.9, 3.9), _reliability),
        "roc": ((4.9, 3.9), _roc),
        "slices": ((4.9, 0.6 + 0.26 * len(figures.slices)), _slices),
    }
    return {name: _draw(size, draw, figures) for name, (size, draw) in drawings.items()}


def _draw(size: tuple[float, float], draw: Callable[[Axes, Figures], None], figures: Figures) -> str:
    with mpl.rc_context(_STYLE):
        figure = Figure(figsize=size, layout="constrained")
        draw(figure.subplots(), figures)
        text = io.StringIO()
        figure.savefig(text, format="svg", metadata={"Date": None})
    return text.getvalue()


def _confusion(axes: Axes, figures: Figures) -> None:
    counts = np.array(figures.confusion)
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    axes.imshow(shares, cmap="Blues", vmin=0, vmax=1, aspect="auto")
    for (row, column), count in np.ndenumerate(counts):
        colour = "white" if shares[row, column] > 0.5 else INK
        text = f"{count}\n{shares[row, column]:.1%}"
        axes.text(column, row, text, ha="center", va="center", color=colour, fontsize=9)
    names = [NAMES[label].replace(" ", "\n") for label in (*figures.labels, Label.UNCERTAIN)]
    axes.set_xticks(range(len(names)), names)
    axes.set_yticks(range(len(names) - 1), names[:-1])
    axes.set(xlabel="called", ylabel="truth", title="What is called what")
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)


def _reliability(axes: Axes, figures: Figures) -> None:
    seen = [(one.confidence, one.right, one.faces) for one in figures.reliability if one.confidence is not None]
    confidence, right, faces = (np.array(values, float) for values in zip(*seen, strict=True))
    width = 1 / len(figures.reliability)
    share = faces / faces.sum()
    axes.bar(confidence, share, width * 0.8, color=GRID, label="share of the faces")
    axes.plot([0, 1], [0, 1], "--", color=SOFT, linewidth=1, label="perfect")
    axes.plot(confidence, right, "o-", color=BLUE, markersize=4, label="this network")
    error = "-" if figures.calibration_error is None else f"{figures.calibration_error:.3f}"
    axes.set(xlim=(0, 1), ylim=(0, 1.02), xlabel="probability given", ylabel="share right")
    axes.set_title(f"Reliability: calibration error {error}")
    axes.grid()
    axes.set_axisbelow(True)
    axes.legend(loc="upper left", frameon=False)


def _roc(axes: Axes, figures: Figures) -> None:
    curve = figures.roc
    axes.plot(curve.false_rate, curve.true_rate, color=BLUE, drawstyle="steps-post")
    for row in figures.alarm:
        if row.threshold in _MARKED and row.false_alarms is not None and row.caught is not None:
            spot = (row.false_alarms, row.caught)
            axes.plot(*spot, "o", color=ORANGE, markersize=5)
            axes.annotate(f"{row.threshold:g}", spot, textcoords="offset points", xytext=(8, -14), color=ORANGE)
    area = "needs both kinds" if curve.area is None else f"area {curve.area:.4f}"
    # What matters happens below a few percent of false alarms; 0 must have its place on the axis.
    axes.set_xscale("symlog", linthresh=0.01, linscale=0.5)
    axes.set_xticks([0, 0.01, 0.1, 1], ["0", "0.01", "0.1", "1"])
    axes.set(xlim=(-0.0005, 1), ylim=(0, 1.02), title=f"Alarm: {area}")
    axes.set(xlabel="false alarms, share of the properly masked", ylabel="caught, share of the others")
    axes.grid()


def _slices(axes: Axes, figures: Figures) -> None:
    """Accuracy of each slice with its 95 % interval; dividing lines between the traits."""
    shown = figures.slices
    rows = np.arange(len(shown))
    middle = np.array([one.accuracy or 0.0 for one in shown])
    spans = np.array([[one.accuracy_low for one in shown], [one.accuracy_high for one in shown]])
    axes.errorbar(middle, rows, xerr=np.abs(spans - middle), fmt="o", color=BLUE, ecolor="#9cc2f7", markersize=5)
    axes.set_yticks(rows, [f"{one.trait}: {one.value} ({one.faces})" for one in shown], fontsize=9)
    for boundary in _boundaries([one.trait for one in shown]):
        axes.axhline(boundary - 0.5, color=GRID, linewidth=1)
    if figures.accuracy is not None:
        axes.axvline(figures.accuracy, color=ORANGE, linewidth=1)
    axes.set(xlim=(min(0.5, *spans[0]), 1.005), ylim=(len(shown) - 0.5, -0.5), title="Accuracy by slice")
    axes.grid(axis="x")
    axes.tick_params(axis="y", length=0)


def _boundaries(traits: Sequence[str]) -> list[int]:
    return [index for index in range(1, len(traits)) if traits[index] != traits[index - 1]]
