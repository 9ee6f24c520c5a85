"""Pictures of a run for people: loss and accuracy over the epochs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from matplotlib.figure import Figure

_LINES = (
    ("loss", "tab:blue", "-"),
    ("val_loss", "tab:blue", "--"),
    ("accuracy", "tab:green", "-"),
    ("val_accuracy", "tab:green", "--"),
)


def plot_history(history: Mapping[str, Sequence[float]], path: Path) -> None:
    """Draw loss and accuracy, of training solid and of validation dashed, to a PNG at `path`."""
    figure = Figure(figsize=(8, 5), layout="constrained")
    axes = figure.subplots()
    for name, colour, style in _LINES:
        if name in history:
            axes.plot(
                range(1, len(history[name]) + 1),
                history[name],
                style,
                color=colour,
                label=name.replace("val_", "validation "),
            )
    axes.set(xlabel="epoch", ylabel="loss, accuracy", ylim=(0, 1.05), title="Training and validation")
    axes.grid(alpha=0.3)
    axes.legend(loc="center right")
    figure.savefig(path, dpi=120)
