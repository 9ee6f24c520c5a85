"""The kiosk's lines to those who run many."""

from __future__ import annotations

import socket
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime

import httpx
import pytest

from edge.config.in_use import ConfigInUse
from edge.config.schema import Config, split_address
from edge.controls import Controls
from edge.fleet import Fleet
from edge.health import HealthMonitor
from edge.host.extras import how_to_add
from edge.networks.manifest import ModelFacts
from edge.types import Event, EventKind
from tests.builders import PromptControls

NOW = datetime(2026, 3, 1, 8, 0, tzinfo=UTC)


@pytest.fixture
def health() -> HealthMonitor:
    return HealthMonitor(model=lambda: "test")


@pytest.fixture
def fleet(health: HealthMonitor) -> Iterator[Fleet]:
    fleet = Fleet(None)
    yield fleet
    fleet.close()


def open_lines(fleet: Fleet, health: HealthMonitor, config: Config, controls: Controls) -> None:
    model = ModelFacts("test", "int8", 64 * "0")
    fleet.open(ConfigInUse(config), controls, health=health, model=lambda: model, ignored=dict)


def listening(address: str) -> Config:
    return Config.model_validate({"metrics": {"listen": address}})


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return int(taken.getsockname()[1])


def faults(health: HealthMonitor) -> list[tuple[str, str, str]]:
    return [(fault.component, fault.cause, fault.remedy) for fault in health.health().faults]


def test_prometheus_reads_what_the_kiosk_was_told(fleet: Fleet, health: HealthMonitor) -> None:
    """Events and times of stages are on the page."""
    port = free_port()
    open_lines(fleet, health, listening(f"127.0.0.1:{port}"), PromptControls())
    fleet.record(Event(EventKind.ALERT, NOW))
    fleet.tell_time("detect", 0.02)
    transport = httpx.HTTPTransport(retries=5)
    with httpx.Client(transport=transport) as client:
        answer = client.get(f"http://127.0.0.1:{port}/metrics")
    assert answer.headers["Content-Type"].startswith("text/plain")
    assert "maskgate_alerts_total 1.0" in answer.text
    assert 'maskgate_stage_seconds_count{stage="detect"} 1.0' in answer.text
    assert faults(health) == []


def test_nothing_is_opened_unasked(fleet: Fleet, health: HealthMonitor) -> None:
    """With the default configuration nothing listens, and telling does no harm."""
    open_lines(fleet, health, Config(), PromptControls())
    fleet.record(Event(EventKind.ALERT, NOW))
    fleet.tell_time("detect", 0.02)
    assert faults(health) == []


def test_a_port_that_is_taken_degrades(fleet: Fleet, health: HealthMonitor) -> None:
    """The door is watched all the same, and health says what to do."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        open_lines(fleet, health, listening(f"127.0.0.1:{port}"), PromptControls())
        begun = time.monotonic()
        while not faults(health):
            assert time.monotonic() - begun < 5
            time.sleep(0.01)
    cause = f"127.0.0.1:{port}: [Errno 98] Address already in use"
    assert faults(health) == [("metrics", cause, "see metrics.listen, and which program has the port")]


def test_a_missing_library_degrades(fleet: Fleet, health: HealthMonitor, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the extra the kiosk says what to install."""
    monkeypatch.delitem(sys.modules, "edge.metrics", raising=False)
    monkeypatch.setitem(sys.modules, "prometheus_client", None)
    open_lines(fleet, health, listening("127.0.0.1:1"), PromptControls())
    assert faults(health) == [("metrics", "prometheus_client is missing", f"{how_to_add('metrics')}, then restart")]


def test_mqtt_needs_a_place_to_queue(fleet: Fleet, health: HealthMonitor) -> None:
    """Without an event database nothing could wait for the broker."""
    open_lines(fleet, health, Config.model_validate({"mqtt": {"host": "127.0.0.1"}}), PromptControls())
    assert faults(health) == [("mqtt", "events are not written, so none can wait", "name an events.database, restart")]


@pytest.mark.parametrize(
    ("listen", "expected"),
    [("127.0.0.1:80", ("127.0.0.1", 80)), ("[::]:9464", ("::", 9464)), ("localhost:1", ("localhost", 1))],
)
def test_addresses_are_split(listen: str, expected: tuple[str, int]) -> None:
    """IPv6 addresses stand in brackets."""
    assert split_address(listen) == expected
