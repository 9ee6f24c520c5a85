"""What Home Assistant is told, and what its templates make of our messages."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import jinja2
import pytest

from edge.events.history import Tally
from edge.health import HealthMonitor
from edge.host.board import Board
from edge.mqtt.commands import Commands
from edge.mqtt.home_assistant import DoorParts, discovery
from edge.mqtt.messages import COMMANDS, Answer, Counters, DoorMessage, HealthMessage, Message, Mute, State
from edge.mqtt.topics import Topics
from edge.types import AlarmState

TOPICS = Topics("maskgate", "east")


@pytest.fixture
def told() -> dict[str, Any]:
    _, payload = discovery(TOPICS, "homeassistant", board="Raspberry Pi 5 Model B", mute_s=300.0)
    parsed: dict[str, Any] = json.loads(payload)
    return parsed


DOOR = DoorParts(lock=True, inputs=frozenset({"contact", "fire"}))


def a_health(*components: str, temperature_c: float | None = None) -> HealthMessage:
    monitor = HealthMonitor(model=lambda: "test", read_board=lambda: Board(temperature_c=temperature_c))
    for component in components:
        monitor.fail(component, "broken", "mend it")
    return HealthMessage.of(monitor.health())


def counters(**changes: int) -> Counters:
    return Counters.of(Tally(datetime(2026, 3, 1, tzinfo=UTC), **changes), waiting=0, dropped=0)


def state(**changes: Any) -> State:
    return State.model_validate({"state": AlarmState.IDLE, "people": 0, "muted": False} | changes)


def a_door(**changes: Any) -> DoorMessage:
    shut = {"ruling": "shut", "unlocked": False, "open": False, "warning": None, "lockdown": False, "fire": False}
    return DoorMessage.model_validate(shut | changes)


@pytest.mark.parametrize(
    ("entity", "message", "shown"),
    [
        ("door", a_door(open=True), "ON"),
        ("door", a_door(), "OFF"),
        ("door", a_door(open=None), "None"),
        ("lock", a_door(unlocked=True), "ON"),
        ("lockdown", a_door(lockdown=True), "ON"),
        ("forced", a_door(open=True, warning="forced"), "ON"),
        ("forced", a_door(open=True, warning="held_open"), "OFF"),
        ("held-open", a_door(open=True, warning="held_open"), "ON"),
        ("fire", a_door(fire=True), "ON"),
    ],
)
def test_the_door_is_an_entity_of_its_own(entity: str, message: DoorMessage, shown: str) -> None:
    """Only where there is one; its orders are commands that the kiosk has."""
    _, payload = discovery(TOPICS, "homeassistant", board=None, mute_s=300.0, door=DOOR)
    told = json.loads(payload)["components"]
    assert told[entity]["state_topic"] == TOPICS("door")
    template = jinja2.Template(told[entity]["value_template"], undefined=jinja2.StrictUndefined)
    assert template.render(value_json=json.loads(message.encode())) == shown
    for ordering, payload_key in (("lockdown", "payload_on"), ("reset-fire", "payload_press")):
        name = TOPICS.command_name(told[ordering]["command_topic"])
        assert name is not None
        COMMANDS[name].model_validate_json(told[ordering][payload_key])


def test_the_device_is_described_once(told: dict[str, Any]) -> None:
    """On the topic where Home Assistant looks for devices, with device, origin and availability."""
    topic, _ = discovery(TOPICS, "homeassistant", board=None, mute_s=300.0)
    assert topic == "homeassistant/device/maskgate-east/config"
    assert told["device"]["identifiers"] == ["maskgate-east"]
    assert told["device"]["model"] == "Raspberry Pi 5 Model B"
    assert told["origin"]["name"] == "maskgate"
    assert told["availability_topic"] == "maskgate/east/available"
    ids = [entity["unique_id"] for entity in told["components"].values() if "unique_id" in entity]
    assert len(set(ids)) == len(ids) == 9
    platforms = {entity["platform"] for entity in told["components"].values() if "unique_id" in entity}
    assert platforms == {"sensor", "binary_sensor", "switch"}


def test_the_device_is_called_as_people_call_the_door() -> None:
    """With the place as the area that Home Assistant proposes; by its name at the broker otherwise."""
    _, payload = discovery(
        Topics("maskgate", "pi"), "homeassistant", board=None, mute_s=60, name="Main entrance", place="Building 3"
    )
    device = json.loads(payload)["device"]
    assert (device["name"], device["suggested_area"]) == ("Main entrance", "Building 3")
    _, payload = discovery(Topics("maskgate", "pi"), "homeassistant", board=None, mute_s=60)
    device = json.loads(payload)["device"]
    assert (device["name"], "suggested_area" in device) == ("Maskgate pi", False)


def test_the_device_leads_to_the_pages() -> None:
    """Where there are pages that others reach."""
    for page in ("http://192.0.2.7:8080", None):
        _, payload = discovery(TOPICS, "homeassistant", board=None, mute_s=60, page=page)
        assert json.loads(payload)["device"].get("configuration_url") == page


def test_attributes_hold_nothing_that_changes_by_itself(told: dict[str, Any]) -> None:
    """Frames, uptime and temperature go on and on; a fault is something new."""
    template = jinja2.Template(
        told["components"]["health"]["json_attributes_template"], undefined=jinja2.StrictUndefined
    )
    first = a_health(temperature_c=50.0).model_copy(update={"uptime_s": 1.0, "frames": 10, "fps": 9.8})
    later = first.model_copy(update={"temperature_c": 50.3, "uptime_s": 31.0, "frames": 300, "fps": 10.1, "people": 2})
    shown = [template.render(value_json=json.loads(message.encode())) for message in (first, later, a_health("camera"))]
    assert shown[0] == shown[1] != shown[2]
    assert json.loads(shown[2])["faults"][0]["remedy"] == "mend it"


def test_what_a_door_has_no_more_is_taken_away() -> None:
    """By an entity that says nothing but its platform, as Home Assistant wants it; what is there is left alone."""
    only_contact = DoorParts(inputs=frozenset({"contact"}))
    _, payload = discovery(TOPICS, "homeassistant", board=None, mute_s=300.0, door=only_contact)
    told = json.loads(payload)["components"]
    gone = {name: entity["platform"] for name, entity in told.items() if len(entity) == 1}
    assert gone == {"lock": "binary_sensor", "lockdown": "switch", "fire": "binary_sensor", "reset-fire": "button"}
    assert told["door"]["name"] == "Door"


@pytest.mark.parametrize(
    ("entity", "message", "shown"),
    [
        ("state", state(state=AlarmState.CHECKING), "checking"),
        ("alarm", state(state=AlarmState.ALERT), "ON"),
        ("alarm", state(state=AlarmState.PASS), "OFF"),
        ("alarm", state(state=AlarmState.FAULT), "None"),
        ("people", state(people=3), "3"),
        ("people", state(state=AlarmState.FAULT), "None"),
        ("mute", state(muted=True), "ON"),
        ("mute", state(), "OFF"),
        ("compliance", counters(with_mask=2, without_mask=1), "66.7"),
        ("compliance", counters(), "None"),
        ("temperature", a_health(temperature_c=61.4), "61"),
        ("fps", a_health(), "0"),
        ("temperature", a_health(), "None"),
        ("camera", a_health("camera"), "ON"),
        ("camera", a_health("mqtt"), "OFF"),
        ("health", a_health("mqtt"), "ON"),
        ("health", a_health(), "OFF"),
    ],
)
def test_templates_read_our_messages(entity: str, message: Message, shown: str, told: dict[str, Any]) -> None:
    """Rendered as Home Assistant does, on what the kiosk really sends there."""
    leaf = {State: "state", Counters: "counters", HealthMessage: "health"}[type(message)]
    described = told["components"][entity]
    assert described["state_topic"] == TOPICS(leaf)
    template = jinja2.Template(described["value_template"], undefined=jinja2.StrictUndefined)
    assert template.render(value_json=json.loads(message.encode())) == shown


@pytest.mark.parametrize(("payload", "seconds"), [("payload_on", 300), ("payload_off", 0)])
def test_the_switch_says_what_the_kiosk_understands(payload: str, seconds: float, told: dict[str, Any]) -> None:
    """On mutes for as long as a long press does, off ends it."""
    switch = told["components"]["mute"]
    wishes: list[Mute] = []
    answers: list[Answer] = []
    commands = Commands({"mute": lambda command, done, refused: wishes.append(command)}, answers.append)
    name = TOPICS.command_name(switch["command_topic"])
    assert name == "mute"
    commands(name, switch[payload].encode(), False)
    assert [wish.seconds for wish in wishes] == [seconds]
    assert answers == []
