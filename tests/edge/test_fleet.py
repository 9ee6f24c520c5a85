"""The kiosk's lines to those who run many."""

from __future__ import annotations

import json
import socket
import sys
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from edge.config.schema import Config, split_address
from edge.errors import ConfigError
from edge.fleet import Controls, Fleet, own_name
from edge.health import HealthMonitor
from edge.networks.find import find_model
from edge.networks.manifest import ModelFacts
from edge.types import Event, EventKind
from tests.broker import Mosquitto, Operator, needs_mosquitto
from tests.builders import event_log
from tests.release import make_bundle, make_keys, serving

NOW = datetime(2026, 3, 1, 8, 0, tzinfo=UTC)


@pytest.fixture
def health() -> HealthMonitor:
    return HealthMonitor(model="test")


@pytest.fixture
def fleet(health: HealthMonitor) -> Iterator[Fleet]:
    fleet = Fleet(None)
    yield fleet
    fleet.close()


def open_lines(fleet: Fleet, health: HealthMonitor, config: Config, controls: Controls) -> None:
    fleet.open(config, controls, health=health, model=lambda: ModelFacts("test", "int8", 64 * "0"))


def listening(address: str) -> Config:
    return Config.model_validate({"metrics": {"listen": address}})


def controls(done: list[str] | None = None, refuse: bool = False) -> Controls:
    """Write down what was asked for, at once."""
    wishes = [] if done is None else done

    def reload() -> None:
        if refuse:
            raise ConfigError("maskgate.toml: alarm.hold_s = -1")
        wishes.append("reload")

    return Controls(
        request=lambda call: call(),
        mute=lambda seconds, by: wishes.append(f"{by}: mute {seconds:g}"),
        acknowledge=lambda by: wishes.append(f"{by}: acknowledge"),
        reload=reload,
        take_over_model=lambda: wishes.append("take over"),
        muted_s=lambda: 0.0,
    )


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return int(taken.getsockname()[1])


def faults(health: HealthMonitor) -> list[tuple[str, str, str]]:
    return [(fault.component, fault.cause, fault.remedy) for fault in health.health().faults]


def test_prometheus_reads_what_the_kiosk_was_told(fleet: Fleet, health: HealthMonitor) -> None:
    """Events and times of stages are on the page."""
    port = free_port()
    open_lines(fleet, health, listening(f"127.0.0.1:{port}"), controls())
    fleet.record(Event(EventKind.ALERT, NOW))
    fleet.tell_time("detect", 0.02)
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5) as answer:
        page = answer.read().decode()
    assert "maskgate_alerts_total 1.0" in page
    assert 'maskgate_stage_seconds_count{stage="detect"} 1.0' in page
    assert faults(health) == []


def test_nothing_is_opened_unasked(fleet: Fleet, health: HealthMonitor) -> None:
    """With the default configuration nothing listens, and telling does no harm."""
    open_lines(fleet, health, Config(), controls())
    fleet.record(Event(EventKind.ALERT, NOW))
    fleet.tell_time("detect", 0.02)
    assert faults(health) == []


def test_a_port_that_is_taken_degrades(fleet: Fleet, health: HealthMonitor) -> None:
    """The door is watched all the same, and health says what to do."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        open_lines(fleet, health, listening(f"127.0.0.1:{port}"), controls())
    cause = f"127.0.0.1:{port}: cannot be listened on (Address already in use)"
    assert faults(health) == [("metrics", cause, "choose another metrics.listen, then restart the service")]


def test_a_missing_library_degrades(fleet: Fleet, health: HealthMonitor, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the extra the kiosk says what to install."""
    monkeypatch.delitem(sys.modules, "edge.metrics", raising=False)
    monkeypatch.setitem(sys.modules, "prometheus_client", None)
    open_lines(fleet, health, listening("127.0.0.1:1"), controls())
    assert faults(health) == [
        ("metrics", "prometheus_client is missing", "pip install 'maskgate[metrics]', then restart")
    ]


@needs_mosquitto
@pytest.mark.parametrize("refuse", [False, True])
def test_commands_reach_the_kiosk(refuse: bool, health: HealthMonitor, tmp_path: Path) -> None:
    """Through a real broker to what button and SIGHUP do, and the outcome back."""
    wishes: list[str] = []
    with Mosquitto(tmp_path) as broker, Operator(broker) as operator, event_log(tmp_path / "events.db") as log:
        mqtt = {
            "host": "127.0.0.1",
            "port": broker.port,
            "authorities": str(broker.authority.file),
            "username": "kiosk",
            "password_file": str(broker.address.password_file),
            "name": "east",
            "home_assistant": "homeassistant",
        }
        fleet = Fleet(log)
        open_lines(fleet, health, Config.model_validate({"mqtt": mqtt}), controls(wishes, refuse))
        operator.wait_for(lambda topic, payload: topic == "homeassistant/device/maskgate-east/config")
        operator.wait_for(lambda topic, payload: payload == b"online")
        for name, command in (("mute", b'{"seconds": 60}'), ("acknowledge", b""), ("reload", b"{}")):
            operator.say(f"maskgate/east/command/{name}", command)
        answers = [
            json.loads(operator.wait_for(lambda topic, payload: topic == "maskgate/east/answer")) for _ in range(3)
        ]
        fleet.close()
    told = [(answer["ok"], answer["text"]) for answer in answers]
    assert told[:2] == [(True, "muted for 60 s"), (True, "the present alert is silenced")]
    last = (False, "maskgate.toml: alarm.hold_s = -1") if refuse else (True, "configuration reloaded")
    assert told[2] == last
    assert wishes == ["mqtt: mute 60", "mqtt: acknowledge", *([] if refuse else ["reload"])]
    assert faults(health) == []


@needs_mosquitto
def test_a_model_is_rolled_out(health: HealthMonitor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """From a retained message, by way of a web server, to a model that is live and told about; a wrong one is not."""
    monkeypatch.setenv("STATE_DIRECTORY", str(tmp_path / "state"))
    private, public = make_keys(tmp_path)
    bundle = make_bundle(tmp_path, 3, private)
    wishes: list[str] = []
    with (
        Mosquitto(tmp_path) as broker,
        Operator(broker) as operator,
        event_log(tmp_path / "events.db") as log,
        serving(tmp_path) as server,
    ):
        mqtt = {
            "host": "127.0.0.1",
            "port": broker.port,
            "authorities": str(broker.authority.file),
            "username": "kiosk",
            "password_file": str(broker.address.password_file),
            "name": "east",
        }
        fleet = Fleet(log)
        open_lines(
            fleet, health, Config.model_validate({"mqtt": mqtt, "models": {"keys": [str(public)]}}), controls(wishes)
        )
        order = {"url": f"{server}/{bundle.name}", "model": "mask-mobilenetv2", "version": 3, "percent": 100}
        operator.say("maskgate/all/model", json.dumps(order | {"spread_s": 0}).encode(), retain=True)
        told = operator.wait_for(lambda topic, payload: topic == "maskgate/east/model" and b'"version":3' in payload)
        assert json.loads(told) == {"model": "mask-mobilenetv2", "version": 3, "trial": True, "failed": {}}
        operator.say("maskgate/east/command/install", json.dumps({"url": order["url"]}).encode())
        answer = json.loads(operator.wait_for(lambda topic, payload: topic == "maskgate/east/answer"))
        fleet.close()
    assert wishes == ["take over"]
    assert find_model("mask-mobilenetv2") == tmp_path / "state/models/mask-mobilenetv2/3"
    assert (answer["ok"], answer["text"]) == (False, "mask-mobilenetv2 3: is live already")


def test_mqtt_needs_a_place_to_queue(fleet: Fleet, health: HealthMonitor) -> None:
    """Without an event database nothing could wait for the broker."""
    open_lines(fleet, health, Config.model_validate({"mqtt": {"host": "127.0.0.1"}}), controls())
    assert faults(health) == [("mqtt", "events are not written, so none can wait", "name an events.database, restart")]


def test_a_host_s_name_is_made_fit_for_a_topic(monkeypatch: pytest.MonkeyPatch) -> None:
    """No slash, no wild card, no dot."""
    monkeypatch.setattr(socket, "gethostname", lambda: "tür+1/x.hospital.example")
    assert own_name() == "t-r-1-x"


@pytest.mark.parametrize(
    ("listen", "expected"),
    [("127.0.0.1:80", ("127.0.0.1", 80)), ("[::]:9464", ("::", 9464)), ("localhost:1", ("localhost", 1))],
)
def test_addresses_are_split(listen: str, expected: tuple[str, int]) -> None:
    """IPv6 addresses stand in brackets."""
    assert split_address(listen) == expected
