"""The short report every training run ends with: precision and recall per class on the validation part."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import classification_report, confusion_matrix

from edge.types import Label
from training.runs import RunFolder, save_json


def save_report(
    run: RunFolder,
    truth: Sequence[int] | NDArray[np.int64],
    probabilities: NDArray[np.float32],
    labels: tuple[Label, ...],
    *,
    epoch: int,
) -> float:
    """Write `report.json` and `report.txt`.

    Args:
        run: where to.
        truth: class of each sample, an index into `labels`.
        probabilities: (N, classes).
        labels: names of the classes.
        epoch: the one whose weights were kept, counted from 1, chosen on these same samples.

    Returns:
        accuracy in [0, 1].
    """
    said = probabilities.argmax(axis=1)
    classes = list(range(len(labels)))
    names = [str(label) for label in labels]
    figures = classification_report(truth, said, labels=classes, target_names=names, output_dict=True, zero_division=0)
    text = classification_report(truth, said, labels=classes, target_names=names, digits=4, zero_division=0)
    accuracy = float(np.mean(said == np.asarray(truth)))
    confusion = confusion_matrix(truth, said, labels=classes).tolist()
    save_json(
        run.report,
        {
            "part": "validation",
            "samples": len(truth),
            "accuracy": accuracy,
            "epoch": epoch,
            "classes": figures,
            "confusion": confusion,
        },
    )
    run.report_text.write_text(
        f"{text}\nconfusion (row: truth, column: said; {', '.join(names)})\n{confusion}\n"
        f"weights of epoch {epoch}, chosen on these same pictures\n"
    )
    return accuracy
