"""The files for a broker and for containers, tried with a real Mosquitto."""

from __future__ import annotations

import json
import ssl
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from queue import Empty

import pytest
import yaml
from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

from edge.config.in_use import ConfigInUse
from edge.config.schema import Config
from edge.events.log import EventLog
from edge.fleet import Fleet
from edge.health import HealthMonitor
from edge.networks.manifest import ModelFacts
from tests.broker import USERS, Mosquitto, Operator, needs_mosquitto, wait_until
from tests.builders import PromptControls, event_log

FILES = Path(__file__).resolve().parents[2] / "docs/fleet"


def settings(name: str) -> list[tuple[str, str]]:
    """Key and value of each line, but for those that name files and ports."""
    lines = [line.split(" ", 1) for line in (FILES / name).read_text().splitlines() if line and line[0] != "#"]
    places = ("listener", "certfile", "keyfile", "password_file", "acl_file", "per_listener_settings")
    return sorted((key, value) for key, value in lines if not key.startswith(("persistence", *places)))


def documented() -> tuple[str, ...]:
    """The lines of the broker's configuration that a test's broker does not have by itself."""
    return tuple(f"{key} {value}" for key, value in settings("mosquitto.conf") if key != "allow_anonymous")


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Mosquitto]:
    """A broker with the documented access list and limits."""
    with Mosquitto(tmp_path, access_file=FILES / "access", extra=documented()) as broker:
        yield broker


def open_fleet(broker: Mosquitto, name: str, folder: Path) -> tuple[Fleet, HealthMonitor, EventLog]:
    health, log = HealthMonitor(model=lambda: "test"), event_log(folder / "events.db")
    fleet = Fleet(log)
    address = replace(broker.address)
    mqtt = {
        "host": "127.0.0.1",
        "port": broker.port,
        "authorities": str(broker.authority.file),
        "username": "kiosk",
        "password_file": str(address.password_file),
        "name": name,
        "home_assistant": "homeassistant",
    }
    fleet.open(
        ConfigInUse(Config.model_validate({"mqtt": mqtt})),
        PromptControls(),
        health=health,
        model=lambda: ModelFacts("test", "int8", 64 * "0"),
        ignored=dict,
    )
    return fleet, health, log


@needs_mosquitto
def test_a_kiosk_may_do_all_it_needs(broker: Mosquitto, tmp_path: Path) -> None:
    """Under its own name: tell, and be commanded by the operator."""
    with Operator(broker, topics=("maskgate/#",)) as operator:
        fleet, health, log = open_fleet(broker, "kiosk", tmp_path)
        for leaf in ("available", "state", "model", "health", "counters"):
            operator.wait_for(lambda topic, payload, leaf=leaf: topic == f"maskgate/kiosk/{leaf}")  # type: ignore[misc]
        operator.say("maskgate/kiosk/command/mute", b'{"seconds": 60}')
        answer = json.loads(operator.wait_for(lambda topic, payload: topic == "maskgate/kiosk/answer"))
        assert answer["ok"]
        assert health.health().faults == ()
        fleet.close()
        log.close()


@needs_mosquitto
def test_a_kiosk_may_not_speak_for_another(broker: Mosquitto, tmp_path: Path) -> None:
    """Its password is good, the name is another's: health tells it, and nobody hears anything."""
    with Operator(broker, topics=("maskgate/#",)) as operator:
        fleet, health, log = open_fleet(broker, "west", tmp_path)
        wait_until(lambda: bool(health.health().faults))
        assert "does not accept messages (Not authorized)" in health.health().faults[0].cause
        fleet.close()
        log.close()
        with pytest.raises(Empty):
            operator.heard.get(timeout=0.5)


def knock(broker: Mosquitto, user: str, client_id: str) -> None:
    """Log in, be heard, and go."""
    client = Client(CallbackAPIVersion.VERSION2, client_id, protocol=MQTTProtocolVersion.MQTTv5)
    client.username_pw_set(user, USERS[user])
    client.tls_set_context(ssl.create_default_context(cafile=broker.authority.file))
    client.connect("127.0.0.1", broker.port)
    client.loop_start()
    client.publish(f"maskgate/{user}/event", b"{}", 1).wait_for_publish(20)
    client.disconnect()
    client.loop_stop()


@needs_mosquitto
@pytest.mark.parametrize("tied", [True, False])
def test_a_kiosk_cannot_throw_another_off(tied: bool, tmp_path: Path) -> None:
    """By taking its client id, with its own good password; without the documented line it could."""
    lines = tuple(line for line in documented() if tied or not line.startswith("use_username_as_clientid"))
    with (
        Mosquitto(tmp_path, access_file=FILES / "access", extra=lines) as broker,
        Operator(broker, topics=("maskgate/kiosk/available", "maskgate/west/event")) as operator,
    ):
        fleet, health, log = open_fleet(broker, "kiosk", tmp_path)
        operator.wait_for(lambda topic, payload: payload == b"online")
        for _ in range(3):
            knock(broker, "west", "maskgate-kiosk")
            heard = [operator.heard.get(timeout=20) for _ in range(1 if tied else 2)]
            assert (("maskgate/kiosk/available", b"offline", False) in heard) is not tied
            if not tied:
                operator.wait_for(lambda topic, payload: payload == b"online")
        assert not tied or health.health().faults == ()
        fleet.close()
        log.close()


def test_the_container_s_broker_is_as_strict() -> None:
    """Both files differ in paths only."""
    assert settings("mosquitto-container.conf") == settings("mosquitto.conf")
    assert set(USERS) >= {"operator"}


def test_containers_find_their_files() -> None:
    """Every file that compose.yaml mounts from this folder is here, but for those a person must add."""
    services = yaml.safe_load((FILES / "compose.yaml").read_text())["services"]
    mounted = [volume.split(":")[0] for service in services.values() for volume in service["volumes"]]
    files = {path.removeprefix("./") for path in mounted if path.startswith("./")}
    assert len(files) >= 8
    assert {path for path in files if not (FILES / path).exists()} == {"broker/passwords", "broker/certs"}
    for name in ("datasource", "dashboards"):
        assert yaml.safe_load((FILES / f"grafana/{name}.yaml").read_text())["apiVersion"] == 1
