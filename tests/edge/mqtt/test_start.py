"""The line to the broker as the configuration wants it."""

from __future__ import annotations

import json
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from edge.config.in_use import ConfigInUse
from edge.config.schema import Config
from edge.controls import Controls
from edge.events.log import EventLog
from edge.health import HealthMonitor
from edge.mqtt.start import open_mqtt
from edge.networks.find import find_model
from tests.broker import Mosquitto, Operator, needs_mosquitto
from tests.builders import PromptControls, event_log
from tests.release import make_bundle, make_keys, serving


@pytest.fixture
def health() -> HealthMonitor:
    return HealthMonitor(model=lambda: "test")


def line_to(broker: Mosquitto) -> dict[str, Any]:
    return {
        "host": "127.0.0.1",
        "port": broker.port,
        "authorities": str(broker.authority.file),
        "username": "kiosk",
        "password_file": str(broker.address.password_file),
        "name": "east",
        "home_assistant": "homeassistant",
    }


def open_line(
    config: Config, controls: Controls, health: HealthMonitor, log: EventLog, lines: ExitStack
) -> ConfigInUse:
    in_use = ConfigInUse(config)
    open_mqtt(in_use, "127.0.0.1", controls=controls, health=health, event_log=log, lines=lines)
    return in_use


@needs_mosquitto
@pytest.mark.parametrize("refuse", [False, True])
def test_commands_reach_the_kiosk(refuse: bool, health: HealthMonitor, tmp_path: Path) -> None:
    """Through a real broker to what button and SIGHUP do, and the outcome back."""
    wishes: list[str] = []
    with Mosquitto(tmp_path) as broker, Operator(broker) as operator, event_log(tmp_path / "events.db") as log:
        mqtt = line_to(broker)
        lines = ExitStack()
        open_line(Config.model_validate({"mqtt": mqtt}), PromptControls(wishes, refuse=refuse), health, log, lines)
        operator.wait_for(lambda topic, payload: topic == "homeassistant/device/maskgate-east/config")
        operator.wait_for(lambda topic, payload: payload == b"online")
        orders = {
            "mute": b'{"seconds": 60}',
            "acknowledge": b"",
            "reload": b"{}",
            "lockdown": b'{"on": true}',
            "reset-fire": b"",
        }
        for name, command in orders.items():
            operator.say(f"maskgate/east/command/{name}", command)
        answers = [
            json.loads(operator.wait_for(lambda topic, payload: topic == "maskgate/east/answer")) for _ in orders
        ]
        lines.close()
    told = [(answer["ok"], answer["text"]) for answer in answers]
    assert told[:2] == [(True, "muted for 60 s"), (True, "the present alert is silenced")]
    last = (
        (False, "maskgate.toml: alarm.hold_s = -1")
        if refuse
        else (True, "configuration reloaded; web.listen waits for a restart")
    )
    assert told[2] == last
    locked = (
        (False, "the lock-down goes on: its switch at the door is on") if refuse else (True, "the door is locked down")
    )
    assert told[3:] == [locked, (True, "the fire is reset")]
    done = ["mqtt: mute 60", "mqtt: acknowledge", "reload", "mqtt: lock-down on", "mqtt: reset fire"]
    assert wishes == [wish for wish in done if not refuse or wish not in ("reload", "mqtt: lock-down on")]
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
        lines = ExitStack()
        classifier = {"model": "mask-mobilenetv2"}
        wanted = {"mqtt": line_to(broker), "models": {"keys": [str(public)]}, "classifier": classifier}
        config = Config.model_validate(wanted)
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


@needs_mosquitto
def test_a_reload_reaches_the_broker(health: HealthMonitor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Home Assistant's switch mutes as long as the button does now, the model is the one in use, and a key that was
    withdrawn opens nothing any more.
    """
    monkeypatch.setenv("STATE_DIRECTORY", str(tmp_path / "state"))
    private, public = make_keys(tmp_path)
    bundle = make_bundle(tmp_path, 3, private)
    with (
        Mosquitto(tmp_path) as broker,
        Operator(broker) as operator,
        event_log(tmp_path / "events.db") as log,
        serving(tmp_path) as server,
        ExitStack() as lines,
    ):
        config = Config.model_validate({"mqtt": line_to(broker), "models": {"keys": [str(public)]}})
        in_use = open_line(config, PromptControls(), health, log, lines)
        device = "homeassistant/device/maskgate-east/config"
        operator.wait_for(lambda topic, payload: topic == device and b'"{\\"seconds\\": 300.0}"' in payload)
        operator.wait_for(lambda topic, payload: topic.endswith("east/model") and b'"mask-mobilenetv2-fast"' in payload)
        other = {"alarm": {"mute_s": 60.0}, "classifier": {"model": "mask-mobilenetv2"}}
        in_use.replace(Config.model_validate({"mqtt": line_to(broker), **other}))
        operator.wait_for(lambda topic, payload: topic == device and b'"{\\"seconds\\": 60.0}"' in payload)
        operator.wait_for(lambda topic, payload: topic.endswith("east/model") and b'"mask-mobilenetv2"' in payload)
        operator.say("maskgate/east/command/install", json.dumps({"url": f"{server}/{bundle.name}"}).encode())
        answer = json.loads(operator.wait_for(lambda topic, payload: topic == "maskgate/east/answer"))
    assert not answer["ok"]
    assert "models.keys" in answer["text"]
