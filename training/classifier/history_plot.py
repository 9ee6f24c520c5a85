"""Pictures of a run for people: loss and accuracy over the epochs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

PLAIN = "plain_"
"""Before the name of a figure: of training faces as validation sees them, without augmentation, dropout and weights."""

_LINES = (
    ("", "training, as learnt from (augmented, dropout)", "tab:blue", ":"),
    (PLAIN, "training, as validated", "tab:blue", "-"),
    ("val_", "validation", "tab:orange", "-"),
)
"""What stands before a figure's name, what to call it, and its line."""


def plot_history(history: Mapping[str, Sequence[float]], path: Path) -> None:
    """Draw loss and accuracy, a panel each, to a PNG at `path`."""
    figure = Figure(figsize=(10, 4.5), layout="constrained")
    loss, accuracy = figure.subplots(1, 2)
    _panel(loss, history, "loss")
    _panel(accuracy, history, "accuracy")
    loss.set_ylim(bottom=0)
    accuracy.set_ylim(top=1)
    figure.savefig(path, dpi=120)


def _panel(axes: Axes, history: Mapping[str, Sequence[float]], name: str) -> None:
    """All that is known of one figure, over its full range, epochs counted from 1."""
    for prefix, title, colour, style in _LINES:
        values = history.get(prefix + name, ())
        if values:
            axes.plot(range(1, len(values) + 1), values, style, marker=".", color=colour, label=title)
    axes.set(xlabel="epoch", title=name)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.margins(y=0.08)
    axes.grid(alpha=0.3)
    axes.legend(fontsize="small")
