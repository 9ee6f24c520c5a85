"""`maskgate-train doubts`: list training faces whose label a network does not believe."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import click
import cv2
import numpy as np

from edge.errors import InputError
from training.data.samples import Part
from training.evaluation.contact_sheet import Mistake, refuse_published, save_sheet
from training.evaluation.doubts import SHOWN, ask, cut_face, doubtful
from training.evaluation.faces import real_faces
from training.evaluation.predictors import load_predictor
from training.faces.store import CropStore
from training.runs import save_json


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
    probabilities = ask(predictor, store, chosen)
    found = doubtful(truth, probabilities)
    out.parent.mkdir(parents=True, exist_ok=True)
    save_json(out, {"model": predictor.name, "files": [store.records[chosen[index]].file for index in found]})
    called = probabilities.argmax(axis=1)
    if len(found):
        save_sheet(
            out.with_suffix(".png"),
            [
                Mistake(
                    face=cut_face(store, chosen[index], predictor),
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
