"""Training faces whose label is probably wrong: a network that learnt from them is sure of another class.

Confident learning (Northcutt, Jiang and Chuang, 2021): a class is believed from the mean probability that its own faces
get. A network asked about faces it learnt from doubts too little rather than too much.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import click
import cv2
import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from edge.errors import InputError
from edge.networks.preprocess import crop_square
from edge.types import Image
from training.data.samples import Part
from training.evaluation.contact_sheet import Mistake, refuse_published, save_sheet
from training.evaluation.faces import real_faces
from training.evaluation.metrics import Indices, Probabilities
from training.evaluation.predictors import BATCH_SIZE, Predictor, load_predictor
from training.faces.store import CropStore
from training.runs import load_json, save_json

SHOWN = 96
"""Faces on the sheet."""


def doubtful(truth: Indices, probabilities: Probabilities) -> NDArray[np.intp]:
    """Positions of the faces that are surely called something else, the surest first.

    Args:
        truth: (N,), class of each as labelled.
        probabilities: (N, K), what a network says.
    """
    believed = np.array([_mean(probabilities[truth == label, label]) for label in range(probabilities.shape[1])])
    sure = np.where(probabilities >= believed, probabilities, 0.0)
    called = sure.argmax(axis=1)
    surety = sure.max(axis=1)
    found = np.flatnonzero((surety > 0) & (called != truth))
    return found[np.argsort(-surety[found], kind="stable")]


def read_doubts(path: Path) -> frozenset[str]:
    """The crops listed by `maskgate-train doubts`.

    Raises:
        InputError: if the file cannot be read or is another.
    """
    files = load_json(path).get("files")
    if not isinstance(files, list) or not all(isinstance(file, str) for file in files):
        raise InputError(f"{path}: lists no files; make it with `maskgate-train doubts`")
    return frozenset(str(file) for file in files)


def _mean(values: NDArray[np.float32]) -> float:
    """A class without a single face is never believed."""
    return float(values.mean()) if len(values) else 2.0


@click.command("doubts")
@click.argument("model")
@click.argument("crops", type=click.Path(path_type=Path))
@click.option("--out", type=click.Path(path_type=Path), required=True, help="JSON file; a sheet (.png) goes beside it.")
def doubts_command(model: str, crops: Path, out: Path) -> None:
    """List training faces of CROPS whose label MODEL does not believe, for `finetune --without`.

    Look at the sheet before using the list.
    """
    refuse_published(out)
    cv2.setNumThreads(1)
    predictor, store = load_predictor(model), CropStore.load(crops)
    chosen = real_faces(store, Part.TRAIN)
    if unknown := {store.records[index].label for index in chosen}.difference(predictor.labels):
        raise InputError(f"{crops}: {model} does not know {', '.join(sorted(unknown))}; name a model that does")
    truth = np.array([predictor.labels.index(store.records[index].label) for index in chosen], np.int64)
    probabilities = _ask(predictor, store, chosen)
    found = doubtful(truth, probabilities)
    out.parent.mkdir(parents=True, exist_ok=True)
    save_json(out, {"model": predictor.name, "files": [store.records[chosen[index]].file for index in found]})
    called = probabilities.argmax(axis=1)
    if len(found):
        save_sheet(
            out.with_suffix(".png"),
            [
                Mistake(
                    face=_cut(store, chosen[index], predictor),
                    truth=predictor.labels[truth[index]],
                    called=predictor.labels[called[index]],
                    probability=float(probabilities[index].max()),
                )
                for index in found[:SHOWN]
            ],
        )
    pairs = Counter((predictor.labels[truth[index]], predictor.labels[called[index]]) for index in found)
    rows = [f"| {one} | {other} | {count} |" for (one, other), count in sorted(pairs.items())]
    click.echo("\n".join(["| labelled | believed to be | faces |", "|---|---|---:|", *rows]))
    click.echo(f"{len(found)} of {len(chosen)} faces; look at {out.with_suffix('.png')}")


def _cut(store: CropStore, index: int, predictor: Predictor) -> Image:
    return crop_square(store.image(index), store.face_box(index), margin=predictor.input.margin)


def _ask(predictor: Predictor, store: CropStore, chosen: Sequence[int]) -> Probabilities:
    """What the network says of each face, a batch in memory at a time."""
    batches = [chosen[first : first + BATCH_SIZE] for first in range(0, len(chosen), BATCH_SIZE)]
    shown = tqdm(batches, desc="asking", unit="batch", leave=False, disable=None)
    answers = [predictor.probabilities([_cut(store, index, predictor) for index in batch]) for batch in shown]
    return np.concatenate(answers) if answers else np.zeros((0, len(predictor.labels)), np.float32)
