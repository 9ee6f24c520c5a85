"""What Prometheus reads."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from prometheus_client import generate_latest
from prometheus_client.parser import text_string_to_metric_families

from edge.health import Fault, Health, Level
from edge.host.board import Board, Throttling
from edge.metrics import Metrics
from edge.networks.manifest import ModelFacts
from edge.types import AlarmState, Box, DoorWarning, Doorway, Event, EventKind, Label, Ruling, Verdict

NOW = datetime(2026, 3, 1, 8, 0, tzinfo=UTC)
MODEL = ModelFacts("mask-mobilenetv2", "int8", "0123456789ab" + 52 * "f")


def health(**changes: object) -> Health:
    values: dict[str, object] = {
        "state": AlarmState.PASS,
        "uptime_s": 60.0,
        "frames": 900,
        "fps": 15.0,
        "frame_age_s": 0.05,
        "reason": None,
        "verdicts": tuple(Verdict(number, Box(0, 0, 9, 9), Label.WITH_MASK, 0.9) for number in range(2)),
        "muted_s": 0.0,
        "model": "mask-mobilenetv2",
        "board": Board("Raspberry Pi 5", 61.5, Throttling.UNDER_VOLTAGE | Throttling.THROTTLED_OCCURRED),
        "faults": (),
    }
    return Health(**(values | changes))  # type: ignore[arg-type]


def make(now: Callable[[], Health] = health, **gauges: float) -> Metrics:
    return Metrics(health=now, model=lambda: MODEL, gauges=lambda: gauges)


def read(metrics: Metrics) -> dict[str, float]:
    """Each sample's value by its name and labels, as Prometheus writes them."""
    text = generate_latest(metrics.registry).decode()
    samples = (sample for family in text_string_to_metric_families(text) for sample in family.samples)
    return {
        sample.name + "".join(f"{{{key}={value}}}" for key, value in sorted(sample.labels.items())): sample.value
        for sample in samples
    }


def test_what_happens_is_counted() -> None:
    """People count by label, alerts by number; other events count as neither."""
    metrics = make()
    for kind, label in [
        (EventKind.ENTRY, Label.WITH_MASK),
        (EventKind.ENTRY, Label.WITH_MASK),
        (EventKind.ENTRY, Label.WITHOUT_MASK),
        (EventKind.ALERT, None),
        (EventKind.STATE, None),
    ]:
        metrics.record(Event(kind, NOW, label=label))
    values = read(metrics)
    assert values["maskgate_faces_total{label=with_mask}"] == 2
    assert values["maskgate_faces_total{label=without_mask}"] == 1
    assert values["maskgate_faces_total{label=incorrect_mask}"] == 0
    assert values["maskgate_alerts_total"] == 1


def test_how_the_kiosk_does_is_read_at_each_scrape() -> None:
    """Health, board and model are told as they are at that moment."""
    fault = Fault("camera", "lost", "plug it in", NOW, Level.FAULT)
    told = iter([health(), health(state=AlarmState.FAULT, faults=(fault,))])
    metrics = make(lambda: next(told))
    before, after = read(metrics), read(metrics)
    assert before["maskgate_frames_total"] == 900
    assert before["maskgate_people"] == 2
    assert before["maskgate_camera_up"] == 1
    assert before["maskgate_temperature_celsius"] == 61.5
    assert before["maskgate_throttled{reason=under-voltage}"] == 1
    assert before["maskgate_throttled{reason=throttled}"] == 0
    assert before["maskgate_state{state=pass}"] == 1
    assert before["maskgate_model_info{name=mask-mobilenetv2}{recipe=int8}{sha256=0123456789ab}"] == 1
    assert "maskgate_fault{component=camera}{level=fault}" not in before
    assert after["maskgate_fault{component=camera}{level=fault}"] == 1
    assert after["maskgate_camera_up"] == 0
    assert (after["maskgate_state{state=pass}"], after["maskgate_state{state=fault}"]) == (0, 1)


def test_the_door_is_counted_and_told() -> None:
    """Where there is a lock or a contact; without either nothing is made up."""
    doorway = Doorway(Ruling.SHUT, unlocked=False, is_open=True, warning=DoorWarning.FORCED)
    metrics = make(lambda: health(doorway=doorway))
    metrics.record(Event(EventKind.DOOR_FORCED, NOW))
    values = read(metrics)
    assert values["maskgate_door_events_total{event=door_forced}"] == 1
    assert values["maskgate_door_events_total{event=door_entry}"] == 0
    assert (values["maskgate_door_open"], values["maskgate_door_unlocked"]) == (1, 0)
    assert values["maskgate_door_warning{warning=forced}"] == 1
    assert "maskgate_door_unlocked" not in read(make())
    no_contact = read(make(lambda: health(doorway=Doorway(Ruling.PASS, unlocked=True))))
    assert "maskgate_door_open" not in no_contact


def test_what_nobody_knows_is_left_out() -> None:
    """An ordinary computer has no throttling, and before the first frame there is no age: no zeros are made up."""
    values = read(make(lambda: health(board=Board(), frame_age_s=None)))
    assert not [name for name in values if name.startswith(("maskgate_temp", "maskgate_thr", "maskgate_frame_age"))]


def test_times_of_stages_make_a_histogram() -> None:
    """Sum and buckets are in seconds."""
    metrics = make()
    for seconds in (0.004, 0.03, 5.0):
        metrics.time("detect", seconds)
    values = read(metrics)
    assert values["maskgate_stage_seconds_sum{stage=detect}"] == pytest.approx(5.034)
    assert values["maskgate_stage_seconds_bucket{le=0.005}{stage=detect}"] == 1
    assert values["maskgate_stage_seconds_bucket{le=+Inf}{stage=detect}"] == 3


def test_further_values_go_by_their_name() -> None:
    """`_total` makes a counter, anything else a gauge."""
    text = generate_latest(make(queue_events=3, dropped_total=7).registry).decode()
    assert "# TYPE maskgate_queue_events gauge\nmaskgate_queue_events 3.0" in text
    assert "# TYPE maskgate_dropped_total counter\nmaskgate_dropped_total 7.0" in text
