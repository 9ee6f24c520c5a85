"""One table and one chart over several backbones, trained and judged on the same split."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import cast

import keras
import numpy as np
from matplotlib.collections import PathCollection
from matplotlib.figure import Figure
from pydantic import BaseModel, ConfigDict

from training.runs import RunFolder, load_json, load_model_facts

_TIMED_BATCHES = 10
_TIMED_FACES = 16
"""Faces a batch; one alone would time Keras' own overhead, which no kiosk has."""
_BYTES_A_WEIGHT = 4


class Row(BaseModel):
    """One network's figures.

    Attributes:
        pretrained: whether it began from ImageNet weights.
        size: rows and columns of input.
        accuracy: on the validation part, in [0, 1].
        macro_f1: mean F1 of the classes, in [0, 1].
        weights_mb: size of its float32 weights, 10^6 bytes.
        ms_per_face: median time for one of a batch of faces, by Keras on this machine, milliseconds.
        minutes: time its training took.
        epochs: epochs it was trained.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    backbone: str
    pretrained: bool
    size: int
    accuracy: float
    macro_f1: float
    weights_mb: float
    ms_per_face: float
    minutes: float
    epochs: int


def measure(run: RunFolder) -> Row:
    """Figures of a finished run.

    Raises:
        InputError: if a file of the run is missing or damaged.
    """
    facts, report, history = load_model_facts(run), load_json(run.report), load_json(run.history)
    options = cast("dict[str, object]", load_json(run.options)["options"])
    model = keras.saving.load_model(run.model, compile=False)
    seconds = cast("list[float]", history["seconds"])
    classes = cast("dict[str, dict[str, float]]", report["classes"])
    return Row(
        backbone=facts.backbone,
        pretrained=bool(options["pretrained"]),
        size=facts.input.width,
        accuracy=cast("float", report["accuracy"]),
        macro_f1=classes["macro avg"]["f1-score"],
        weights_mb=model.count_params() * _BYTES_A_WEIGHT / 1e6,
        ms_per_face=_milliseconds(model),
        minutes=sum(seconds) / 60,
        epochs=len(seconds),
    )


def _milliseconds(model: keras.Model) -> float:
    faces = np.zeros((_TIMED_FACES, *model.input_shape[1:]), np.float32)
    model.predict_on_batch(faces)
    times = []
    for _ in range(_TIMED_BATCHES):
        began = time.perf_counter()
        model.predict_on_batch(faces)
        times.append(time.perf_counter() - began)
    return float(np.median(times)) / _TIMED_FACES * 1e3


def markdown(rows: Sequence[Row]) -> str:
    """The table, best macro F1 first."""
    lines = [
        "| backbone | input | ImageNet weights | accuracy | macro F1 | weights, MB | ms a face | minutes | epochs |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for row in sorted(rows, key=lambda row: -row.macro_f1):
        start = "yes" if row.pretrained else "**none: random start**"
        lines.append(
            f"| {row.backbone} | {row.size} | {start} | {row.accuracy:.4f} | {row.macro_f1:.4f} | {row.weights_mb:.1f} "
            f"| {row.ms_per_face:.1f} | {row.minutes:.1f} | {row.epochs} |"
        )
    return "\n".join(lines) + "\n"


def chart(rows: Sequence[Row], path: Path) -> None:
    """Macro F1 over time per face, a circle's area growing with the weights, as PNG."""
    figure = Figure(figsize=(8, 5), layout="constrained")
    axes = figure.subplots()
    for row in rows:
        name = row.backbone if row.pretrained else f"{row.backbone} (random start)"
        axes.scatter(row.ms_per_face, row.macro_f1, s=40 + 8 * row.weights_mb, alpha=0.6, label=name)
    axes.set(xlabel="milliseconds a face (Keras, in batches)", ylabel="macro F1, validation")
    axes.margins(0.15)
    axes.set_xlim(left=0)
    axes.grid(alpha=0.3)
    legend = axes.legend()
    for handle in legend.legend_handles:
        if isinstance(handle, PathCollection):
            handle.set_sizes([40.0])
    figure.savefig(path, dpi=120)
