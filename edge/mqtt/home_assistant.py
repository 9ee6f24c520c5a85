"""What Home Assistant wants to know to show a kiosk by itself: one retained message for the whole device.

After Home Assistant's documentation of MQTT discovery ("device discovery", since 2024.11).
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from edge import __version__
from edge.mqtt.topics import Topics
from edge.signals.inputs import INPUTS
from edge.types import AlarmState


@dataclass(frozen=True, slots=True)
class DoorParts:
    """What the door itself has: a lock, and contacts by their role."""

    lock: bool = False
    inputs: frozenset[str] = frozenset()


NO_DOOR = DoorParts()
EVERYTHING = DoorParts(lock=True, inputs=frozenset(INPUTS))


def discovery(
    topics: Topics,
    prefix: str,
    *,
    board: str | None,
    mute_s: float,
    door: DoorParts = NO_DOOR,
    name: str | None = None,
    place: str | None = None,
    page: str | None = None,
) -> tuple[str, bytes]:
    """Topic and payload.

    Args:
        topics: of the kiosk.
        prefix: where Home Assistant listens, usually `homeassistant`.
        board: model of the Raspberry Pi; None if unknown.
        mute_s: how long the switch mutes, seconds.
        door: what the door itself has.
        name, place: what people call the door, and where it is; Home Assistant proposes the place as area.
        page: address of the kiosk's status page; None if it has none that others reach.
    """
    identity = topics.identity
    entities = _entities(topics, mute_s) | _door_entities(topics, door)
    # An entity without anything but its platform is taken away, if it was there before.
    gone = {
        name: {"platform": entity["platform"]}
        for name, entity in _door_entities(topics, EVERYTHING).items()
        if name not in entities
    }
    payload: dict[str, Any] = {
        "device": {
            "identifiers": [identity],
            "name": name or f"Maskgate {topics.kiosk}",
            **({"suggested_area": place} if place else {}),
            **({"configuration_url": page} if page else {}),
            "manufacturer": "Maskgate",
            "model": board or "kiosk",
            "sw_version": __version__,
        },
        "origin": {"name": "maskgate", "sw_version": __version__},
        "availability_topic": topics("available"),
        "qos": 1,
        "components": {name: {"unique_id": f"{identity}-{name}", **entity} for name, entity in entities.items()} | gone,
    }
    return discovery_topic(topics, prefix), json.dumps(payload, ensure_ascii=False).encode()


def discovery_topic(topics: Topics, prefix: str) -> str:
    """Where Home Assistant looks for this kiosk; an empty retained message there takes the device away."""
    return f"{prefix}/device/{topics.identity}/config"


def birth_topic(prefix: str) -> str:
    """Where Home Assistant says `online` when it has started, and `offline` when it ends."""
    return f"{prefix}/status"


def _entities(topics: Topics, mute_s: float) -> dict[str, dict[str, Any]]:
    state, counters, health = (topics(leaf) for leaf in ("state", "counters", "health"))
    return {
        "state": {
            "platform": "sensor",
            "name": "State",
            "state_topic": state,
            "value_template": "{{ value_json.state }}",
            "device_class": "enum",
            "options": [each.value for each in AlarmState],
            "json_attributes_topic": state,
        },
        "alarm": {
            "platform": "binary_sensor",
            "name": "Alarm",
            "state_topic": state,
            # A kiosk that is blind calls nothing safe.
            "value_template": _unknown_if(
                "value_json.state == 'fault'", "'ON' if value_json.state == 'alert' else 'OFF'"
            ),
            "device_class": "safety",
        },
        "people": {
            "platform": "sensor",
            "name": "People in view",
            "state_topic": state,
            "value_template": _unknown_if("value_json.state == 'fault'", "value_json.people"),
            "state_class": "measurement",
            "icon": "mdi:account-group",
        },
        "compliance": {
            "platform": "sensor",
            "name": "Compliance today",
            "state_topic": counters,
            "value_template": _unknown_if("value_json.compliance is none", "(value_json.compliance * 100) | round(1)"),
            "unit_of_measurement": "%",
            "state_class": "measurement",
            "icon": "mdi:face-mask",
        },
        "temperature": {
            "platform": "sensor",
            "name": "Temperature",
            "state_topic": health,
            # Whole degrees: what changes at every report would fill Home Assistant's database.
            "value_template": _unknown_if("value_json.temperature_c is none", "value_json.temperature_c | round | int"),
            "device_class": "temperature",
            "unit_of_measurement": "°C",
            "state_class": "measurement",
            "entity_category": "diagnostic",
        },
        "fps": {
            "platform": "sensor",
            "name": "Frames per second",
            "state_topic": health,
            "value_template": "{{ value_json.fps | round | int }}",
            "unit_of_measurement": "fps",
            "state_class": "measurement",
            "entity_category": "diagnostic",
            "enabled_by_default": False,
            "icon": "mdi:speedometer",
        },
        "camera": {
            "platform": "binary_sensor",
            "name": "Camera",
            "state_topic": health,
            "value_template": "{{ 'ON' if value_json.faults "
            "| selectattr('component', 'in', ['camera', 'frames']) | list else 'OFF' }}",
            "device_class": "problem",
            "entity_category": "diagnostic",
        },
        "health": {
            "platform": "binary_sensor",
            "name": "Health",
            "state_topic": health,
            "value_template": "{{ 'OFF' if value_json.level == 'ok' else 'ON' }}",
            "json_attributes_topic": health,
            # Nothing that changes by itself: each change of an attribute is a row of Home Assistant's database.
            "json_attributes_template": "{{ {'level': value_json.level, 'faults': value_json.faults, "
            "'model': value_json.model, 'throttled': value_json.throttled} | tojson }}",
            "device_class": "problem",
            "entity_category": "diagnostic",
        },
        "mute": {
            "platform": "switch",
            "name": "Mute",
            "state_topic": state,
            "value_template": "{{ 'ON' if value_json.muted else 'OFF' }}",
            "command_topic": topics.command("mute"),
            "payload_on": json.dumps({"seconds": mute_s}),
            "payload_off": json.dumps({"seconds": 0}),
            "state_on": "ON",
            "state_off": "OFF",
            "icon": "mdi:volume-off",
        },
    }


def _unknown_if(condition: str, otherwise: str) -> str:
    """A template; "None" is Home Assistant's word for unknown."""
    return f"{{{{ 'None' if {condition} else {otherwise} }}}}"


def _door_entities(topics: Topics, door: DoorParts) -> dict[str, dict[str, Any]]:
    """Only what there is: a lock, a contact, a fire contact."""
    entities: dict[str, dict[str, Any]] = {}
    if door.lock:
        # Home Assistant's word for unlocked is on.
        entities["lock"] = _door_sensor(topics, "Lock", "lock", "value_json.unlocked")
        entities["lockdown"] = {
            "platform": "switch",
            "name": "Lock-down",
            "state_topic": topics("door"),
            "value_template": "{{ 'ON' if value_json.lockdown else 'OFF' }}",
            "command_topic": topics.command("lockdown"),
            "payload_on": json.dumps({"on": True}),
            "payload_off": json.dumps({"on": False}),
            "state_on": "ON",
            "state_off": "OFF",
            "icon": "mdi:door-closed-lock",
        }
    if "contact" in door.inputs:
        entities["door"] = _door_sensor(topics, "Door", "door", "value_json.open", unknown_if="value_json.open is none")
        entities["forced"] = _door_sensor(topics, "Door forced", "tamper", "value_json.warning == 'forced'")
        entities["held-open"] = _door_sensor(topics, "Door held open", "problem", "value_json.warning == 'held_open'")
    if "fire" in door.inputs:
        entities["fire"] = _door_sensor(topics, "Fire", "smoke", "value_json.fire")
        entities["reset-fire"] = {
            "platform": "button",
            "name": "Reset fire",
            "command_topic": topics.command("reset-fire"),
            "payload_press": "{}",
            "icon": "mdi:fire-off",
        }
    return entities


def _door_sensor(
    topics: Topics, name: str, device_class: str, condition: str, *, unknown_if: str = "false"
) -> dict[str, Any]:
    return {
        "platform": "binary_sensor",
        "name": name,
        "state_topic": topics("door"),
        "value_template": _unknown_if(unknown_if, f"'ON' if {condition} else 'OFF'"),
        "device_class": device_class,
    }
