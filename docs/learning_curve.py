"""How many pictures help? `maskgate-train fit` with more and more of them, judged on the same held-out faces.

usage: python docs/learning_curve.py DATA OUT [FACES...]

DATA is a labelled set of any layout with `train` and `test` folders; of its training faces the first 25, 50, 100 ... in
a drawn order are learnt from, each set holding the one before. OUT gets the runs, and `curve.md`.
"""

# ruff: noqa: INP001 - a script beside the pages, no module of the kiosk

from __future__ import annotations

import csv
import json
import subprocess
import sys
from pathlib import Path

import numpy as np

from training.data.readers import read_data
from training.data.samples import Part, Sample
from training.fit.paired import Paired

COUNTS = (25, 50, 100, 200, 400)


def write_set(folder: Path, root: Path, samples: list[tuple[Sample, Part]]) -> Path:
    """A table of faces whose pictures stay where they are."""
    folder.mkdir(parents=True, exist_ok=True)
    pictures = folder / "pictures"
    if not pictures.exists():
        pictures.symlink_to(root.resolve())
    with (folder / "faces.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["path", "label", "box", "part"])
        for sample, part in samples:
            box = " ".join(map(str, sample.box or ()))
            writer.writerow([f"pictures/{sample.file}", sample.label, box, part.value])
    return folder / "faces.csv"


def fit(data: Path, out: Path, name: str) -> Paired:
    """The comparison that a fit ends with; one that is there already is not made again."""
    run = out / name
    if not (run / "comparison.json").exists():
        command = [sys.executable, "-m", "training.commands.main", "fit", data, "--name", name, "--run", run]
        command += ["--out", out / "models", "--force", *(["--resume"] if run.exists() else [])]
        done = subprocess.run([str(part) for part in command], check=False)  # noqa: S603 - our own command
        if done.returncode:
            sys.exit(done.returncode)
    return Paired(**json.loads((run / "comparison.json").read_text()))


def main() -> None:
    """Fit with each number of faces, and write the table."""
    data, out, *counts = sys.argv[1:]
    read = read_data(Path(data))
    labelled = [sample for sample in read.samples if sample.label and not sample.ignore]
    held_out = [(one, Part.TEST) for one in labelled if read.parts.get(one.file) is Part.TEST]
    others = [one for one in labelled if read.parts.get(one.file) is not Part.TEST]
    order = np.random.default_rng(0).permutation(len(others))
    rows = ["| faces to learn from and to validate | held out | shipped model right | fit right | 95 % interval |"]
    rows.append("|---:|---:|---:|---:|---|")
    for count in [int(one) for one in counts] or COUNTS:
        if count > len(others):
            break
        chosen = [(others[int(index)], Part.TRAIN) for index in order[:count]]
        table = write_set(Path(out) / f"set-{count}", read.root, [*chosen, *held_out])
        paired = fit(table, Path(out), f"faces-{count}")
        low, high = paired.interval
        rows.append(
            f"| {count} | {paired.faces} | {paired.old} | {paired.new} | {low * 100:+.1f} to {high * 100:+.1f} |"
        )
        (Path(out) / "curve.md").write_text("\n".join(rows) + "\n")
    print("\n".join(rows))


if __name__ == "__main__":
    main()
