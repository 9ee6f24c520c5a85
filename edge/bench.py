"""How fast the whole kiosk is on this machine: the command `maskgate bench`, and what benchmarks are made of."""

from __future__ import annotations

import resource
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import click
import numpy as np

from edge.config import Config, load_config
from edge.demo import demo_pictures
from edge.health import HealthMonitor
from edge.journal import Journal
from edge.kiosk import Kiosk
from edge.service import load_networks
from edge.types import Event, Frame, Image

COMFORT = 0.8
"""Share of a core that may be spent on a frame rate that is to be sustained."""


@dataclass(frozen=True, slots=True)
class Cost:
    """What one frame took: seconds of processor and of time, looks of the detector, readings of the classifier."""

    cpu_s: float
    wall_s: float
    looks: int
    readings: int


@dataclass(slots=True)
class Bench:
    """A kiosk without camera, lamps and sinks, whose frames are measured one by one.

    Args:
        config: as the kiosk's; its pins are simulated.
    """

    config: Config
    calls: Counter[str] = field(default_factory=Counter)

    def run(self, pictures: Iterator[tuple[Image, float]]) -> list[Cost]:
        """Watch pictures with their media times; making them is not measured.

        Raises:
            ModelError: if a network cannot be loaded.
        """
        kiosk = Kiosk(
            self.config.model_copy(update={"signals": self.config.signals.model_copy(update={"driver": "mock"})}),
            load_networks=load_networks,
            report=lambda _change: None,
            sinks=(),
            health=HealthMonitor(model=self.config.classifier.model),
            journal=Journal(_forget),
            tell_time=lambda stage, _seconds: self.calls.update([stage]),
            live=False,
        )
        costs: list[Cost] = []
        try:
            for _ in kiosk.watch(self._clocked(pictures, costs)):
                pass
        finally:
            kiosk.close()
        return costs

    def _clocked(self, pictures: Iterator[tuple[Image, float]], costs: list[Cost]) -> Iterator[Frame]:
        """Frames; the kiosk has done with one when it asks for the next."""
        for index, (image, taken_at) in enumerate(pictures):
            frame = Frame(image, taken_at, index)
            self.calls.clear()
            cpu, wall = time.process_time(), time.perf_counter()
            yield frame
            spent = time.process_time() - cpu, time.perf_counter() - wall
            costs.append(Cost(*spent, self.calls["detect"], self.calls["classify"]))


def sustained_fps(costs: list[Cost]) -> float:
    """Frames a second that leave a fifth of a core free, from the mean of all frames but the first."""
    mean = sum(cost.cpu_s for cost in costs[1:]) / max(1, len(costs) - 1)
    return COMFORT / max(mean, 1e-6)


def table(costs: list[Cost]) -> str:
    """The costs as text, a line for each kind of frame."""
    kinds = {
        "all frames": costs[1:],
        "nothing moves": [cost for cost in costs[1:] if not cost.looks],
        "detector only": [cost for cost in costs[1:] if cost.looks and not cost.readings],
        "detector and classifier": [cost for cost in costs[1:] if cost.looks and cost.readings],
    }
    lines = [f"{'':<24}{'frames':>7}{'cpu-ms, median':>16}{'p95':>7}{'ms, median':>12}"]
    for kind, chosen in kinds.items():
        if chosen:
            cpu, wall = ([1000 * getattr(cost, name) for cost in chosen] for name in ("cpu_s", "wall_s"))
            middle, high = np.percentile(cpu, (50, 95))
            lines.append(f"{kind:<24}{len(chosen):>7}{middle:>16.2f}{high:>7.2f}{np.median(wall):>12.2f}")
    return "\n".join(lines)


@click.command("bench")
@click.option("--config", "config_path", type=click.Path(path_type=Path), help="TOML file; else /etc/maskgate's")
def bench(config_path: Path | None) -> None:
    """Measure what frame rate this machine sustains, on the demo's clip; no camera or lamp is touched."""
    config = load_config(config_path)
    pictures = list(demo_pictures())
    began = time.perf_counter()
    costs = Bench(config).run(iter(pictures))
    first = costs[0].wall_s
    took = time.perf_counter() - began
    click.echo(table(costs))
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    click.echo(f"first frame {1000 * first:.0f} ms, the whole clip {took:.1f} s, at most {peak_mb:.0f} MB")
    click.echo(f"sustains {sustained_fps(costs):.0f} frames a second on one core, a fifth of it left free")


def _forget(_event: Event) -> None:
    pass
