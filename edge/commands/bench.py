"""How fast the whole kiosk is on this machine: the command `maskgate bench`, and what benchmarks are made of."""

from __future__ import annotations

import gc
import resource
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import click
import numpy as np

from edge.assembly.loading import load_networks
from edge.cameras.demo import demo_pictures
from edge.commands.options import config_option
from edge.commands.owner import left_to_owner
from edge.config.in_use import ConfigInUse
from edge.config.schema import Config, load_config
from edge.controls import Controls
from edge.door.latches import Latches
from edge.events.journal import Journal
from edge.health import HealthMonitor
from edge.host.board import board_threads
from edge.kiosk import Kiosk, StateChange
from edge.signals.door import PinChange
from edge.types import Event, Frame, Image, Observation

COMFORT = 0.8
"""Share of the time that may be spent on a frame rate that is to be sustained."""


@dataclass(frozen=True, slots=True)
class Cost:
    """What one frame took.

    Attributes:
        cpu_s, wall_s: seconds of processor and of time.
        looks, readings: how often the detector and the classifier were asked.
        pin_s: seconds from the frame to the first pin that showed a new state; None where it stayed the same.
    """

    cpu_s: float
    wall_s: float
    looks: int
    readings: int
    pin_s: float | None = None


@dataclass(slots=True)
class Bench:
    """A kiosk without camera, lamps and sinks, whose frames are measured one by one.

    Args:
        config: as the kiosk's; its pins are simulated.
        watch: given each observation; its time counts as the kiosk's.
    """

    config: Config
    watch: Callable[[Observation], None] = lambda _observation: None
    calls: Counter[str] = field(default_factory=Counter)
    pins_at: list[float] = field(default_factory=list)

    def run(self, pictures: Iterator[tuple[Image, float]]) -> list[Cost]:
        """Watch pictures with their media times; making them is not measured.

        Raises:
            ModelError: if a network cannot be loaded.
        """
        signals = self.config.signals.model_copy(update={"driver": "mock"})
        config = self.config.model_copy(update={"signals": signals})
        kiosk = Kiosk(
            ConfigInUse(config),
            load_networks=load_networks,
            report=self._note,
            sinks=(),
            health=HealthMonitor(model=lambda: config.classifier.model),
            journal=Journal(_forget),
            controls=Controls(),
            tell_time=lambda stage, _seconds: self.calls.update([stage]),
            latches=Latches(None),
            live=False,
        )
        costs: list[Cost] = []
        try:
            for observation in kiosk.watch(self._clocked(pictures, costs)):
                self.watch(observation)
        finally:
            kiosk.close()
        return costs

    def _clocked(self, pictures: Iterator[tuple[Image, float]], costs: list[Cost]) -> Iterator[Frame]:
        """Frames; the kiosk has done with one when it asks for the next."""
        for index, (image, taken_at) in enumerate(pictures):
            frame = Frame(image, taken_at, index)
            self.calls.clear()
            self.pins_at.clear()
            cpu, wall = time.process_time(), time.perf_counter()
            yield frame
            spent = time.process_time() - cpu, time.perf_counter() - wall
            pin_s = self.pins_at[0] - wall if self.calls["state"] and self.pins_at else None
            costs.append(Cost(*spent, self.calls["detect"], self.calls["classify"], pin_s))

    def _note(self, change: StateChange | PinChange) -> None:
        if isinstance(change, PinChange):
            self.pins_at.append(time.perf_counter())
        else:
            self.calls.update(["state"])


def sustained_fps(costs: list[Cost]) -> float:
    """Frames a second that leave a fifth of the time free, from the mean of all frames but the first."""
    mean = sum(cost.wall_s for cost in costs[1:]) / max(1, len(costs) - 1)
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
@config_option
def bench(config_path: Path | None) -> None:
    """Measure what frame rate this machine sustains, on the demo's clip; no camera or lamp is touched."""
    if left_to_owner():
        return
    config = load_config(config_path)
    pictures = list(demo_pictures())
    gc.freeze()
    began = time.perf_counter()
    costs = Bench(config).run(iter(pictures))
    first = costs[0].wall_s
    took = time.perf_counter() - began
    click.echo(table(costs))
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    click.echo(f"first frame {1000 * first:.0f} ms, the whole clip {took:.1f} s, at most {peak_mb:.0f} MB")
    pins = [cost.pin_s for cost in costs[1:] if cost.pin_s is not None]
    if pins:
        click.echo(f"from a frame to its pin change {1000 * np.median(pins):.1f} ms, median of {len(pins)}")
    threads = config.classifier.threads or board_threads()
    click.echo(
        f"sustains {sustained_fps(costs):.0f} frames a second, a fifth of the time left free; threads: {threads}"
    )


def _forget(_event: Event) -> None:
    pass
