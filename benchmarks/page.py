"""docs/benchmarks.md and its chart."""

from __future__ import annotations

import io
import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from benchmarks.decisions import Decision
from benchmarks.fresh_start import FRESH, Start
from benchmarks.measurement import REPEATS, Turns, slope

INK, SOFT, GRID = "#1c2733", "#5b6b7b", "#d9e0e7"
BLUE, ORANGE = "#1f6feb", "#d9730d"
STYLE: dict[Any, Any] = {
    "font.family": "sans-serif",
    "axes.edgecolor": GRID,
    "axes.spines.top": False,
    "axes.spines.right": False,
    # A fixed salt and no date: the same figures give the same file.
    "svg.hashsalt": "maskgate",
}

CLIPS_HEAD = (
    "| clip | classic | kiosk | median, p95 | wall | fps | times less | looks | readings | networks | ratio |",
    "|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|",
)


@dataclass(slots=True)
class Page:
    """All that was measured.

    Attributes:
        clips: by number of threads and name.
        decisions: of the clips in which somebody is near.
        faces: by number of people; `sizes` by the picture's width and height.
        stages: cpu-ms of each stage of a frame, by clip.
        start: of a fresh process.
    """

    clips: dict[tuple[int, str], Turns] = field(default_factory=dict)
    decisions: list[Decision] = field(default_factory=list)
    faces: dict[int, Turns] = field(default_factory=dict)
    sizes: dict[tuple[int, int], Turns] = field(default_factory=dict)
    stages: dict[str, dict[str, float]] = field(default_factory=dict)
    start: Start | None = None

    def text(self, *, chart: str) -> str:
        """The page; `chart` is the name of its picture."""
        parts = [
            INTRODUCTION.format(machine=machine(), repeats=REPEATS),
            *(self._clips(threads) for threads in dict.fromkeys(threads for threads, _ in self.clips)),
            self._stages(),
            self._decisions(),
            self._start(),
            self._growth(chart),
            METHOD,
        ]
        return "\n\n".join(parts) + "\n"

    def _clips(self, threads: int) -> str:
        title = f"## {'One thread' if threads == 1 else f'{threads} threads'}"
        rows = [clip_row(name, turns) for (used, name), turns in self.clips.items() if used == threads]
        return "\n".join((title, "", *CLIPS_HEAD, *rows))

    def _stages(self) -> str:
        names = list(self.stages)
        rows = [
            f"| {stage} | " + " | ".join(f"{self.stages[name][stage]:.2f}" for name in names) + " |"
            for stage in self.stages[names[0]]
        ]
        head = (f"| cpu-ms a frame | {' | '.join(names)} |", f"|---|{'---:|' * len(names)}")
        return "\n".join((STAGES, "", *head, *rows))

    def _decisions(self) -> str:
        pins = [value for (threads, _), turns in self.clips.items() if threads == 1 for value in turns.pins_s]
        middle, high = 1000 * np.percentile(pins, (50, 95))
        rows = [
            f"| {decision.name} | {decision.min_face:g} | {decision.near_at:.2f} "
            f"| {_after(decision.alert_at, decision.near_at)} | {_after(decision.pass_at, decision.near_at)} |"
            for decision in self.decisions
        ]
        head = (
            "| clip | smallest face | first seen big enough | alert after it | pass after it |",
            "|---|---:|---:|---:|---:|",
        )
        return "\n".join((DECISIONS.format(median=middle, p95=high, count=len(pins)), "", *head, *rows))

    def _start(self) -> str:
        assert self.start is not None
        return START.format(fresh=FRESH, **{name: getattr(self.start, name) for name in ("wall_s", "cpu_s", "peak_mb")})

    def _growth(self, chart: str) -> str:
        counts = [count for count in self.faces if count]
        costs = [self.faces[count].mean_ms("kiosk") for count in counts]
        exponent, each = slope(counts, costs)
        text = GROWTH.format(
            chart=chart, least=counts[0], most=counts[-1], exponent=exponent, each=each, times=costs[-1] / costs[0]
        )
        head = "| {} | classic | kiosk | looks | readings | networks | ratio |"
        rule = "|---:|---:|---:|---:|---:|---:|---:|"
        lines = [text, "", head.format("faces"), rule, *(_growth_row(str(n), t) for n, t in self.faces.items())]
        lines += ["", "One person, who sways, at three sizes of picture:", "", head.format("picture"), rule]
        return "\n".join(lines + [_growth_row(f"{w} x {h}", turns) for (w, h), turns in self.sizes.items()])


def clip_row(name: str, turns: Turns) -> str:
    """One clip's line of the table."""
    cpu, wall = turns.spread_ms("cpu_s"), turns.spread_ms("wall_s")
    return (
        f"| {name} | {turns.mean_ms('classic'):.1f} | {turns.mean_ms('kiosk'):.2f} | {cpu[0]:.2f}, {cpu[1]:.2f} "
        f"| {wall[0]:.2f}, {wall[1]:.2f} | {turns.fps:.0f} | {turns.ratio('classic', 'kiosk'):.0f} "
        f"| {turns.calls('looks'):.2f} | {turns.calls('readings'):.2f} | {turns.mean_ms('bare'):.2f} "
        f"| {turns.ratio('kiosk', 'bare'):.2f} |"
    )


def _growth_row(name: str, turns: Turns) -> str:
    return (
        f"| {name} | {turns.mean_ms('classic'):.1f} | {turns.mean_ms('kiosk'):.2f} | {turns.calls('looks'):.2f} "
        f"| {turns.calls('readings'):.2f} | {turns.mean_ms('bare'):.2f} | {turns.ratio('kiosk', 'bare'):.2f} |"
    )


def _after(at: float | None, near_at: float) -> str:
    return "-" if at is None else f"{at - near_at:.2f} s"


def chart(faces: Mapping[int, Turns], sizes: Mapping[tuple[int, int], Turns]) -> str:
    """Cost by faces and by size of picture, an SVG document."""
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(9, 3.4), layout="constrained")
        left, right = figure.subplots(1, 2)
        _draw(left, list(faces), list(faces.values()), "faces in view")
        pixels = [width * height / 1e6 for width, height in sizes]
        _draw(right, pixels, list(sizes.values()), "megapixels, one face")
        left.set_ylabel("cpu-ms a frame")
        left.legend(frameon=False)
        text = io.StringIO()
        figure.savefig(text, format="svg", metadata={"Date": None})
    return text.getvalue()


def _draw(axes: Axes, across: Sequence[float], turns: Sequence[Turns], label: str) -> None:
    for contestant, colour, name in (("kiosk", BLUE, "kiosk"), ("bare", ORANGE, "its networks alone")):
        axes.plot(across, [one.mean_ms(contestant) for one in turns], "o-", color=colour, label=name)
    axes.set_ylim(bottom=0)
    axes.set_xlabel(label, color=INK)
    axes.tick_params(colors=SOFT)
    axes.grid(color=GRID)


def machine() -> str:
    """The processor's name."""
    for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


INTRODUCTION = """\
# What the kiosk costs

Processor time of a frame in milliseconds, on {machine}; decoding the clip is not counted. The contestants take turns on
the same pictures, {repeats} times; figures are means over the frames, medians of the turns, ratios those within a turn.

- *Classic*: res10 at 300 x 300 in every frame, and Keras' `predict` on every face.
- *Kiosk*: the whole chain, pins simulated.
- *Networks*: the forward passes of the detector and the invokes of the classifier that the kiosk made in the same turn,
  frame by frame, on arrays that lie ready; nothing else.

Where no face is found, as on clips of people who face away or are still far, the classic loop is its detector alone.

*Median, p95* are the kiosk's frames, *wall* the same in time that passes, *looks* and *readings* the calls of the two
networks in a frame, *ratio* the kiosk's cost by its networks'. Made by `python -m benchmarks CLIP...`; `maskgate bench`
measures the kiosk on your own board, and prints the frame rate that it sustains."""

STAGES = """\
## Where a frame's time goes

Each stage without those it calls; the measuring itself adds some hundredths. After a forward pass the processor's
caches are full of the network: the same code takes two to four times as long as in a loop of its own.

What lies above 1.10 times the networks is some 0.2 ms a frame for people, votes and pins, whether or not a network
runs, and some 0.4 ms a look, of which the picture's own pixels are the larger part beyond 640 x 360, and where halving
does not reach 320 pixels: 480 x 270 and 1920 x 1080 are averaged by area in the end, for accuracy. That people who
stand are looked at in every second frame only halves the networks' part and not all of the rest: with a look in every
frame the ratio of unmasked_1 was 1.09 and its cost 5.7 ms, without it 1.11 and 3.4 ms (on a quieter machine)."""

DECISIONS = """\
## How soon it decides

From a frame to the pin that shows what it decided: {median:.1f} ms in the middle, {p95:.1f} ms in 95 of 100 cases
({count} changes of state, one thread, wall time). A frame lasts 33 ms at 30 frames a second.

How long after the first frame in which the detector finds a face that is big enough the door decides, by the clip's own
time. A clip without a verdict by default is tried with `detector.min_face = 0.06`; one without a verdict then is left
out."""

START = """\
## How soon it starts, and how large it is

`maskgate run` as a fresh process, web and MQTT off, medians of {fresh}: {wall_s:.2f} s from nothing to the first
verdict on a clip of a second, {cpu_s:.2f} s of processor time for all of it, {peak_mb:.0f} MB resident at most."""

GROWTH = """\
## Growth

![Cost by faces in view and by megapixels]({chart})

People who sway, in a made clip of 1280 x 720, once all are settled: they are read six times a second, at most four in a
frame. From {least} to {most} faces the cost grows {times:.1f} times, with the power {exponent:.2f} of their number: by
{each:.2f} cpu-ms for each face, far less than linearly, because the detector's pass is the same for all."""

METHOD = """\
## What is done so that it costs no more

- One look at a small picture finds everybody; the picture is shrunk by halves, vectorised, and enters the network as
  bytes. A sketch from a few rows tells whether anything moves; while nothing does, the detector rests.
- Outputs are decoded only where a cell reaches the threshold. Settled people are read six times a second, at most four
  in a frame; input goes through a table.
- Buffers, networks and interpreters are made once; the garbage collector leaves them alone. The camera's thread keeps
  only its newest picture, and sinks that wait have threads of their own: nothing queues.
- Networks use all cores of a Raspberry Pi but one. A hot or throttled board gets fewer frames (docs/faults.md).

None of it changes what is decided, but for noise. On all 2,689 annotated scenes the boxes are the same, and in 7
pictures a face has another label, from the way crops are shrunk; end to end, three classes, before and after:
validation part 0.856 and 0.856 (jolignier), 0.926 and 0.926 (andrewmvd); test part 0.848 and 0.848, 0.877 and 0.877.
What the door does on the replayed clips ([replays.md](replays.md)) is the same to the frame.

Tried and left out: several faces in one batch (four take 14 % less than one by one, but every number of faces needs
tensors of its own), two interpreters side by side (no less processor time, no less time on two cores), a table of one
channel for three (0.02 ms a reading), a shorter search for cells above the threshold (0.06 ms a look)."""
