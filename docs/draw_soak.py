"""Draws what a soak held over time: `python docs/draw_soak.py REPORT.json` writes docs/soak.svg.

The report is what `MASKGATE_SOAK_REPORT=REPORT.json make test-soak` keeps.
"""

# ruff: noqa: INP001, TID253 - a script beside the file it makes, no module of the kiosk

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure

TARGET = Path(__file__).resolve().parent / "soak.svg"

POINTS = 400
"""So many samples are drawn: all of an hour's would only make the file larger."""

PARTS = ("camera", "sink", "disk", "broker", "web", "configuration", "clock")


def draw(report: dict[str, Any]) -> Figure:
    """Memory, descriptors and threads, and faults, over media minutes."""
    samples = report["samples"][:: max(1, len(report["samples"]) // POINTS)]
    minutes = np.array([sample["at_s"] for sample in samples]) / 60
    figure = Figure(figsize=(9, 6), layout="constrained")
    memory, counts, faults = figure.subplots(3, sharex=True, height_ratios=(3, 1.5, 1.5))
    for key, name, colour in (("rss_kb", "resident", "#2b6cb0"), ("used_kb", "in use", "#0f7b7b")):
        megabytes = np.array([sample[key] for sample in samples]) / 1000
        memory.plot(minutes, megabytes, ".", color=colour, markersize=2)
        at, slope, start = _trend(report["samples"], key, report["warm_from_s"])
        label = f"{name}, least squares after warming up: {slope:+.1f} MB an hour"
        memory.plot(at / 60, slope * at / 3600 + start, color=colour, label=label)
    memory.set_ylim(0, 1.15 * max(sample["rss_kb"] for sample in samples) / 1000)
    memory.set_ylabel("memory, MB")
    memory.legend(loc="center right", frameon=False)
    for name, colour in (("descriptors", "#7b3fa0"), ("threads", "#0f7b7b")):
        counts.plot(minutes, [sample[name] for sample in samples], color=colour, linewidth=0.8, label=name)
    counts.set_ylim(0)
    counts.set_ylabel("open")
    counts.legend(loc="lower right", frameon=False, ncols=2)
    for fault in report["faults"]:
        row, begin = PARTS.index(fault["kind"].partition(":")[0]), fault["at_s"] / 60
        faults.barh(row, max(fault["over_s"] / 60 - begin, 0.1), left=begin, color="#e08a00")
    faults.set_yticks(range(len(PARTS)), PARTS)
    faults.set_ylabel("faults")
    faults.set_xlabel("media minutes")
    for axes in (memory, counts, faults):
        axes.spines[["top", "right"]].set_visible(False)
    return figure


def _trend(samples: list[dict[str, Any]], key: str, warm_from_s: float) -> tuple[np.ndarray, float, float]:
    """Media seconds at which it begins and ends, MB an hour, MB at 0."""
    warm = [sample for sample in samples if sample["at_s"] >= warm_from_s]
    at_s = np.array([sample["at_s"] for sample in warm])
    slope, start = np.polyfit(at_s / 3600, np.array([sample[key] for sample in warm]) / 1000, 1)
    return at_s[[0, -1]], float(slope), float(start)


def main(report: Path) -> None:
    """Write the picture; the same report gives the same file."""
    mpl.rcParams["svg.hashsalt"] = TARGET.name
    draw(json.loads(report.read_text())).savefig(TARGET, metadata={"Date": None})


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(f"usage: {Path(sys.argv[0]).name} REPORT.json")
    main(Path(sys.argv[1]))
