"""Measures all contestants in one run and writes docs/benchmarks.md: python -m benchmarks CLIPS"""

from __future__ import annotations

import platform
import sys
from collections.abc import Sequence
from pathlib import Path

import click
import cv2
import numpy as np

from benchmarks.contestants import BareNetworks, ClassicLoop, Pictures, crowd, kiosk, read_clip
from edge.bench import Cost
from edge.config import Config
from edge.demo import demo_pictures

FRAMES = 150
"""Of each clip."""

CROWDS = (0, 1, 2, 4, 8, 16)


@click.command()
@click.argument("clips", nargs=-1, type=click.Path(path_type=Path, exists=True))
@click.option("--out", type=click.Path(path_type=Path), default=Path("docs/benchmarks.md"), show_default=True)
def main(clips: tuple[Path, ...], out: Path) -> None:
    """Measure the classic loop, the kiosk and its bare networks on CLIPS and on made ones."""
    cv2.setNumThreads(1)
    config, classic = Config(), ClassicLoop()
    portrait = next(iter(demo_pictures()))[0]
    scenes: dict[str, Pictures] = {clip.stem: read_clip(clip, most=FRAMES) for clip in clips}
    scenes["made: one person"] = crowd(portrait, 1, frames=FRAMES)
    scenes["made: nobody, nothing moves"] = [(np.full((480, 640, 3), 96, np.uint8), n / 25) for n in range(FRAMES)]
    scenes["made: eight people"] = crowd(portrait, 8, frames=FRAMES)
    lines = [f"# What the kiosk costs\n\n{INTRODUCTION.format(machine=machine())}\n", *HEAD]
    for name, pictures in scenes.items():
        lines.append(_row(name, pictures, config, classic))
        click.echo(lines[-1])
    lines += [
        "",
        "## Faces in a frame",
        "",
        GROWTH,
        "",
        "| faces | cpu-ms, mean | looks a frame | readings a frame |",
        "|---:|---:|---:|---:|",
    ]
    for faces in CROWDS:
        costs = kiosk(config, crowd(portrait, faces, frames=FRAMES))[1:]
        means = [float(np.mean([getattr(cost, field) for cost in costs])) for field in ("cpu_s", "looks", "readings")]
        lines.append(f"| {faces} | {1000 * means[0]:.2f} | {means[1]:.2f} | {means[2]:.2f} |")
        click.echo(lines[-1])
    out.write_text("\n".join(lines) + "\n")


INTRODUCTION = """\
Processor time of a frame, on one core of {machine}; decoding the clip is not counted. The contestants take turns, clip
by clip. *Classic*: res10 at 300 x 300 in every frame and Keras' `predict` on its faces. *Kiosk / networks*: our cost by
that of the detector's forward passes and the classifier's invokes that were made, on arrays that lie ready. Made by
`python -m benchmarks CLIP...`; `maskgate bench` measures the kiosk on your own board."""

HEAD = (
    "| clip | classic, mean | kiosk, mean | median | p95 | times less | looks | readings | kiosk / networks |",
    "|---|---:|---:|---:|---:|---:|---:|---:|---:|",
)

GROWTH = """\
People who sway, in a made clip of 1280 x 720. Settled people are read six times a second, at most four in a frame."""


def machine() -> str:
    """The processor's name."""
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def _row(name: str, pictures: Pictures, config: Config, classic: ClassicLoop) -> str:
    yardstick = classic.run(pictures[:40])[2:]
    costs = kiosk(config, pictures)[1:]
    bare = BareNetworks(config, pictures[0][0])
    looks, readings = (_mean(costs, field) for field in ("looks", "readings"))
    networks = looks * bare.detect_s() + readings * bare.classify_s()
    ours, theirs = _mean(costs, "cpu_s"), _mean(yardstick, "cpu_s")
    median, high = np.percentile([cost.cpu_s for cost in costs], (50, 95))
    figures = [1000 * value for value in (theirs, ours, median, high)]
    return (
        f"| {name} | {figures[0]:.1f} | {figures[1]:.2f} | {figures[2]:.2f} | {figures[3]:.2f} | {theirs / ours:.0f} "
        f"| {looks:.2f} | {readings:.2f} | {ours / networks:.2f} |"
    )


def _mean(costs: Sequence[Cost], field: str) -> float:
    return float(np.mean([getattr(cost, field) for cost in costs]))


if __name__ == "__main__":
    sys.exit(main())
