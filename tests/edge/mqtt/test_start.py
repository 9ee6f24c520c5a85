"""The line to the broker as the configuration wants it."""

from __future__ import annotations

import json
import socket
from contextlib import ExitStack
from pathlib import Path

import pytest

from edge.config.schema import Config
from edge.controls import Controls
from edge.events.log import EventLog
from edge.health import HealthMonitor
from edge.mqtt.start import open_mqtt, own_name
from edge.networks.find import find_model
from tests.broker import Mosquitto, Operator, needs_mosquitto
from tests.builders import PromptControls, event_log
from tests.release import make_bundle, make_keys, serving


@pytest.fixture
def health() -> HealthMonitor:
    return HealthMonitor(model="test")


def open_line(config: Config, controls: Controls, health: HealthMonitor, log: EventLog, lines: ExitStack) -> None:
    open_mqtt(config, "127.0.0.1", controls=controls, health=health, event_log=log, lines=lines)


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
        lines = ExitStack()
        open_line(Config.model_validate({"mqtt": mqtt}), PromptControls(wishes, refuse=refuse), health, log, lines)
        operator.wait_for(lambda topic, payload: topic == "homeassistant/device/maskgate-east/config")
        operator.wait_for(lambda topic, payload: payload == b"online")
        for name, command in (("mute", b'{"seconds": 60}'), ("acknowledge", b""), ("reload", b"{}")):
            operator.say(f"maskgate/east/command/{name}", command)
        answers = [
            json.loads(operator.wait_for(lambda topic, payload: topic == "maskgate/east/answer")) for _ in range(3)
        ]
        lines.close()
    told = [(answer["ok"], answer["text"]) for answer in answers]
    assert told[:2] == [(True, "muted for 60 s"), (True, "the present alert is silenced")]
    last = (False, "maskgate.toml: alarm.hold_s = -1") if refuse else (True, "configuration reloaded")
    assert told[2] == last
    assert wishes == ["mqtt: mute 60", "mqtt: acknowledge", *([] if refuse else ["reload"])]
    assert health.health().faults == ()


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
        lines = ExitStack()
        config = Config.model_validate({"mqtt": mqtt, "models": {"keys": [str(public)]}})
        open_line(config, PromptControls(wishes), health, log, lines)
        order = {"url": f"{server}/{bundle.name}", "model": "mask-mobilenetv2", "version": 3, "percent": 100}
        operator.say("maskgate/all/model", json.dumps(order | {"spread_s": 0}).encode(), retain=True)
        told = operator.wait_for(lambda topic, payload: topic == "maskgate/east/model" and b'"version":3' in payload)
        assert json.loads(told) == {"model": "mask-mobilenetv2", "version": 3, "trial": True, "failed": {}}
        operator.say("maskgate/east/command/install", json.dumps({"url": order["url"]}).encode())
        answer = json.loads(operator.wait_for(lambda topic, payload: topic == "maskgate/east/answer"))
        lines.close()
    assert wishes == ["take over"]
    assert find_model("mask-mobilenetv2") == tmp_path / "state/models/mask-mobilenetv2/3"
    assert (answer["ok"], answer["text"]) == (False, "mask-mobilenetv2 3: is already live")


def test_a_host_s_name_is_made_fit_for_a_topic(monkeypatch: pytest.MonkeyPatch) -> None:
    """No slash, no wild card, no dot."""
    monkeypatch.setattr(socket, "gethostname", lambda: "tür+1/x.hospital.example")
    assert own_name() == "t-r-1-x"
