"""Runs of the classic recipe side by side: by epoch, in minutes, and on six pictures, beside the published figures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import click
import keras
import numpy as np
from matplotlib.figure import Figure

from edge.errors import UsageError
from edge.host.files import replacing
from edge.networks.preprocess import input_table, resize, to_input
from edge.types import Label
from training.classifier.batches import sample_picture
from training.data.samples import Part, Sample, Split
from training.runs import RunFolder, load_json, load_model_facts

PUBLISHED = {"mobilenetv2": (0.992, 18.0), "resnet50": (0.9948, 53.0), "inceptionv3": (0.984, 34.0)}
"""Accuracy after the last epoch and minutes of training, as published for the same script, set and share held out."""

EXAMPLES_A_CLASS = 3


@dataclass(frozen=True, slots=True)
class ClassicRun:
    """What a finished run of the recipe left behind.

    Attributes:
        base_weights: name of the file of ImageNet weights, or "None" for a random start.
        data: SHA-256 of pictures, labels and parts; runs are compared only where it is the same.
        accuracy, loss: on the validation part, by epoch.
        minutes: of training, all epochs.
        best_epoch: the one whose weights were kept, counted from 1.
        answers: label and its probability for each example.
    """

    backbone: str
    base_weights: str
    data: str
    accuracy: tuple[float, ...]
    loss: tuple[float, ...]
    minutes: float
    best_epoch: int
    answers: tuple[tuple[Label, float], ...]

    @property
    def start(self) -> str:
        return "**none: random start**" if self.base_weights == "None" else "yes"


def examples(split: Split) -> tuple[Sample, ...]:
    """Six pictures of the validation part, as many of each class, evenly spread over its file names."""
    chosen: list[Sample] = []
    held_out = sorted(split.part(Part.VALIDATION), key=lambda sample: str(sample.file))
    for label in sorted({sample.label for sample in held_out if sample.label}):
        of_class = [sample for sample in held_out if sample.label is label]
        places = np.linspace(0, len(of_class) - 1, EXAMPLES_A_CLASS + 2)[1:-1]
        chosen += [of_class[round(place)] for place in places]
    return tuple(chosen)


def read(folder: Path) -> ClassicRun:
    """Figures of a finished run, and its answers on the examples.

    Raises:
        InputError: if a file of the run is missing or damaged.
    """
    run = RunFolder(folder)
    facts, options, history = load_model_facts(run), load_json(run.options), load_json(run.history)
    report, split = load_json(run.report), Split.load(run.split)
    figures = cast("dict[str, list[float]]", history)
    model = keras.saving.load_model(run.model, compile=False)
    table = input_table(facts.input)
    pictures = [sample_picture(sample, split.root, facts.input) for sample in examples(split)]
    inputs = [to_input(resize(picture, facts.input), facts.input, table) for picture in pictures]
    probabilities = model.predict(np.concatenate(inputs), verbose=0)
    return ClassicRun(
        backbone=facts.backbone,
        base_weights=str(cast("dict[str, object]", options["options"])["base_weights"]),
        data=str(options["data_sha256"]),
        accuracy=tuple(figures["val_accuracy"]),
        loss=tuple(figures["val_loss"]),
        minutes=sum(figures["seconds"]) / 60,
        best_epoch=int(cast("int", report["epoch"])),
        answers=tuple((facts.labels[int(one.argmax())], float(one.max())) for one in probabilities),
    )


def markdown(runs: Sequence[ClassicRun], shown: Sequence[Sample], chart: str) -> str:
    """The page: figures beside the published ones, accuracy and loss by epoch, answers on the examples."""
    return "\n".join([_INTRODUCTION, *_figures(runs), "", f"![Accuracy and loss by epoch]({chart})", "",
                      *_epochs(runs), "", "## Six pictures", "", *_examples(runs, shown), ""])  # fmt: skip


_INTRODUCTION = """\
# The published comparison, made again

MobileNetV2, ResNet50 and InceptionV3, each frozen below the same small head (mean over the feature map, 128 units,
dropout 0.5), 224 x 224, 12 epochs in batches of 30, Adam at 1e-4, on the classic set of two classes with a fifth of the
pictures held out by chance (`maskgate-train classic`, `maskgate-train compare-classic`). InceptionV3 ends at `mixed8`.
Near-duplicates lie on both sides of such a split, and most pictures are portraits: these figures say little about a
door ([how good it is there](../evaluation.md)).
"""


def _figures(runs: Sequence[ClassicRun]) -> list[str]:
    rows = [
        "| network | ImageNet weights | accuracy | loss | best (epoch) | minutes | published | published minutes |",
        "|---|---|---:|---:|---:|---:|---:|---:|",
    ]
    for run in runs:
        accuracy, minutes = PUBLISHED.get(run.backbone, (None, None))
        best = f"{max(run.accuracy):.4f} ({int(np.argmax(run.accuracy)) + 1})"
        rows.append(
            f"| {run.backbone} | {run.start} | {run.accuracy[-1]:.4f} | {run.loss[-1]:.4f} | {best} "
            f"| {run.minutes:.0f} | {accuracy or '-'} | {f'{minutes:.0f}' if minutes else '-'} |"
        )
    return rows


def _epochs(runs: Sequence[ClassicRun]) -> list[str]:
    names = " | ".join(f"{run.backbone}: accuracy | loss" for run in runs)
    rows = [f"| epoch | {names} |", "|---:|" + "---:|---:|" * len(runs)]
    for epoch in range(max(len(run.accuracy) for run in runs)):
        cells = [
            f"{run.accuracy[epoch]:.4f} | {run.loss[epoch]:.4f}" if epoch < len(run.accuracy) else "- | -"
            for run in runs
        ]
        rows.append(f"| {epoch + 1} | {' | '.join(cells)} |")
    return rows


def _examples(runs: Sequence[ClassicRun], shown: Sequence[Sample]) -> list[str]:
    rows = [
        "Of the held-out part, by name; the weights of each network's best epoch.",
        "",
        f"| picture | is | {' | '.join(run.backbone for run in runs)} |",
        "|---|---|" + "---|" * len(runs),
    ]
    for place, sample in enumerate(shown):
        said = [
            f"{label} {probability:.3f}" if label is sample.label else f"**{label} {probability:.3f}**"
            for label, probability in (run.answers[place] for run in runs)
        ]
        rows.append(f"| {sample.file} | {sample.label} | {' | '.join(said)} |")
    return rows


def draw(runs: Sequence[ClassicRun], path: Path) -> None:
    """Accuracy and loss on the validation part by epoch, as PNG."""
    figure = Figure(figsize=(9, 3.5), layout="constrained")
    for axes, name in zip(figure.subplots(1, 2), ("accuracy", "loss"), strict=True):
        for run in runs:
            values = run.accuracy if name == "accuracy" else run.loss
            axes.plot(range(1, len(values) + 1), values, label=run.backbone)
        axes.set(xlabel="epoch", ylabel=f"{name}, validation")
        axes.grid(alpha=0.3)
        axes.legend()
    with replacing(path) as fresh:
        figure.savefig(fresh, dpi=110, format="png")


@click.command("compare-classic")
@click.argument("runs", type=click.Path(path_type=Path, exists=True, file_okay=False), nargs=-1, required=True)
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), required=True, help="Page to write (.md).")
def command(runs: tuple[Path, ...], out: Path) -> None:
    """Put runs of the classic recipe side by side on a page."""
    found = [read(run) for run in runs]
    if len({run.data for run in found}) > 1:
        raise UsageError("the runs learnt from different pictures; compare those of one folder, one --seed")
    chart = out.with_suffix(".png")
    draw(found, chart)
    with replacing(out) as fresh:
        fresh.write_text(markdown(found, examples(Split.load(RunFolder(runs[0]).split)), chart.name))
    click.echo(f"{out} and {chart}")
