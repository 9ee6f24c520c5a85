"""Metrics for Prometheus: what happened since the start is counted, how the kiosk does is read at each scrape.

Names and units follow Prometheus' conventions; docs/fleet.md lists them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Histogram,
    ProcessCollector,
    make_asgi_app,
)
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, InfoMetricFamily, Metric

from edge import __version__
from edge.health import Health
from edge.host.board import Throttling
from edge.networks.manifest import ModelFacts
from edge.types import AlarmState, DoorWarning, Doorway, Event, EventKind, Label, Reason

BUCKETS_S = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0)
"""Bounds of the stages' histograms: a tracker needs well below a millisecond, a detector on a Pi Zero half a second."""

DOOR_EVENTS = (
    EventKind.DOOR_ENTRY,
    EventKind.DOOR_EXIT,
    EventKind.DOOR_OPENED,
    EventKind.DOOR_FORCED,
    EventKind.DOOR_HELD_OPEN,
    EventKind.DOOR_CLOSED,
    EventKind.EXIT_BUTTON,
    EventKind.LOCKDOWN,
    EventKind.FIRE,
)

Gauges = Callable[[], dict[str, float]]
"""Further values by name, without the prefix `maskgate_`."""


def _nothing() -> dict[str, float]:
    return {}


def _none_ignored() -> Mapping[Reason, int]:
    return {}


class Metrics:
    """The kiosk's account for Prometheus; may be told from any thread.

    Args:
        health: the account of health.
        model: the mask classifier in use.
        ignored: faces that did not count since the start, by reason.
        gauges: further values, read at each scrape: `queue_events` becomes `maskgate_queue_events`. A name that ends
            with `_total` is a counter.
    """

    def __init__(
        self,
        *,
        health: Callable[[], Health],
        model: Callable[[], ModelFacts],
        ignored: Callable[[], Mapping[Reason, int]] = _none_ignored,
        gauges: Gauges = _nothing,
    ) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        self._faces = Counter(
            "maskgate_faces",
            "People judged, by what they wore; one who is judged again counts again.",
            ["label"],
            registry=self.registry,
        )
        for label in Label:
            if label is not Label.UNCERTAIN:
                self._faces.labels(label.value)
        self._alerts = Counter("maskgate_alerts", "Alerts raised.", registry=self.registry)
        self._door = Counter(
            "maskgate_door_events",
            "What happened at the door itself: entries, exits, forced, held open, lock-downs, fires.",
            ["event"],
            registry=self.registry,
        )
        for kind in DOOR_EVENTS:
            self._door.labels(kind.value)
        self._stages = Histogram(
            "maskgate_stage_seconds",
            "Time that one call of a stage of the chain took.",
            ["stage"],
            buckets=BUCKETS_S,
            registry=self.registry,
        )
        self.registry.register(_Account(health, model, ignored, gauges))

    def record(self, event: Event) -> None:
        """Count what happened."""
        if event.kind == EventKind.ENTRY and event.label is not None:
            self._faces.labels(event.label.value).inc()
        elif event.kind == EventKind.ALERT:
            self._alerts.inc()
        elif event.kind in DOOR_EVENTS:
            self._door.labels(str(event.kind)).inc()

    def time(self, stage: str, seconds: float) -> None:
        """A stage took this long."""
        self._stages.labels(stage).observe(seconds)

    def app(self) -> Callable[..., Any]:
        """What answers `GET /metrics`, by ASGI, with all values in Prometheus' text format."""
        return make_asgi_app(self.registry)


class _Account:
    """What is read at each scrape; a value nobody knows is left out."""

    def __init__(
        self,
        health: Callable[[], Health],
        model: Callable[[], ModelFacts],
        ignored: Callable[[], Mapping[Reason, int]],
        gauges: Gauges,
    ) -> None:
        self._ignored = ignored
        self._health = health
        self._model = model
        self._gauges = gauges

    def collect(self) -> Iterator[Metric]:
        health, model = self._health(), self._model()
        yield InfoMetricFamily("maskgate_build", "This version of Maskgate.", {"version": __version__})
        yield InfoMetricFamily("maskgate_model", "The mask classifier in use.", model.as_labels())
        yield CounterMetricFamily("maskgate_frames", "Frames processed.", health.frames)
        yield GaugeMetricFamily("maskgate_people", "People in view.", health.people)
        ignored = CounterMetricFamily(
            "maskgate_ignored", "Faces that did not count, each once for every reason why.", labels=["reason"]
        )
        for reason, count in self._ignored().items():
            ignored.add_metric([reason.value], count)
        yield ignored
        state = GaugeMetricFamily("maskgate_state", "What the door shows: 1 for the present state.", labels=["state"])
        for one in AlarmState:
            state.add_metric([one.value], one is health.state)
        yield state
        if health.doorway is not None:
            yield from _door(health.doorway)
        fault = GaugeMetricFamily(
            "maskgate_fault", "1 for each thing that is wrong now.", labels=["component", "level"]
        )
        for each in health.faults:
            fault.add_metric([each.component, each.level.name.lower()], 1)
        yield fault
        lost = any(each.component in ("camera", "frames") for each in health.faults)
        yield GaugeMetricFamily("maskgate_camera_up", "Whether the camera delivers pictures.", not lost)
        if health.frame_age_s is not None:
            yield GaugeMetricFamily(
                "maskgate_frame_age_seconds", "Time since the last frame was processed.", health.frame_age_s
            )
        if health.board.temperature_c is not None:
            yield GaugeMetricFamily(
                "maskgate_temperature_celsius", "Of the board's processor.", health.board.temperature_c
            )
        if health.board.throttling is not None:
            yield _throttled(health.board.throttling)
        for name, value in self._gauges().items():
            family = CounterMetricFamily if name.endswith("_total") else GaugeMetricFamily
            yield family(f"maskgate_{name.removesuffix('_total')}", name.replace("_", " ").capitalize() + ".", value)


def _door(doorway: Doorway) -> Iterator[Metric]:
    yield GaugeMetricFamily("maskgate_door_unlocked", "Whether the lock lets somebody through.", doorway.unlocked)
    if doorway.is_open is not None:
        yield GaugeMetricFamily("maskgate_door_open", "Whether the door stands open.", doorway.is_open)
    yield GaugeMetricFamily("maskgate_door_lockdown", "Whether the door is locked down.", doorway.lockdown)
    yield GaugeMetricFamily("maskgate_door_fire", "Whether a fire was told and not reset.", doorway.fire)
    family = GaugeMetricFamily("maskgate_door_warning", "1 for what is wrong with an open door.", labels=["warning"])
    for warning in DoorWarning:
        family.add_metric([warning.value], warning is doorway.warning)
    yield family


def _throttled(throttling: Throttling) -> Metric:
    family = GaugeMetricFamily(
        "maskgate_throttled", "1 while the board slows down or lacks power, by reason.", labels=["reason"]
    )
    for flag in Throttling(0xF):
        family.add_metric(flag.names, flag in throttling)
    return family
