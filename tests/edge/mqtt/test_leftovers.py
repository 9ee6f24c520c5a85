"""A kiosk with another name, another broker or none takes back what it announced before."""

from __future__ import annotations

import json
import logging
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from queue import Empty
from threading import Event as Flag
from threading import Thread
from typing import Any

import pytest

from edge.config.in_use import ConfigInUse
from edge.config.schema import Config
from edge.events.log import EventLog
from edge.fleet import Fleet
from edge.health import HealthMonitor
from edge.mqtt import ANNOUNCED, leftovers
from edge.mqtt.announced import Announced, Announcement
from edge.mqtt.connection import Broker, BrokerError
from edge.mqtt.leftovers import AliveError, Leftovers, take_back
from edge.mqtt.topics import RETAINED, Topics
from edge.networks.manifest import ModelFacts
from tests.broker import Mosquitto, Operator, needs_mosquitto, wait_until
from tests.builders import PromptControls, event_log

ACCESS = Path(__file__).resolve().parents[3] / "docs/fleet/access"
EAST = Topics("maskgate", "east")
DEVICE = "homeassistant/device/maskgate-east/config"


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The service's state folder."""
    monkeypatch.setenv("STATE_DIRECTORY", str(tmp_path / "state"))
    return tmp_path / "state"


@pytest.fixture
def log(tmp_path: Path) -> EventLog:
    return event_log(tmp_path / "events.db")


def mqtt(broker: Mosquitto, **changes: Any) -> dict[str, Any]:
    wanted = {
        "host": "127.0.0.1",
        "port": broker.port,
        "authorities": str(broker.authority.file),
        "username": "kiosk",
        "password_file": str(broker.address.password_file),
        "name": "east",
        "home_assistant": "homeassistant",
    } | changes
    return {key: value for key, value in wanted.items() if value is not None}


def run_kiosk(settings: dict[str, Any], log: EventLog) -> ExitStack:
    """A kiosk's lines; to be closed."""
    fleet = Fleet(log)
    fleet.open(
        ConfigInUse(Config.model_validate({"mqtt": settings})),
        PromptControls(),
        health=HealthMonitor(model=lambda: "test"),
        model=lambda: ModelFacts("test", "int8", 64 * "0"),
        ignored=dict,
    )
    lines = ExitStack()
    lines.callback(fleet.close)
    return lines


def kept(broker: Mosquitto) -> dict[str, bytes]:
    """What the broker keeps, by topic, but for its own."""
    with Operator(broker, "looker", topics=("#",)) as operator:
        found: dict[str, bytes] = {}
        while True:
            # Comes back once the subscription stands, after all that the broker keeps.
            operator.say("the/end", b"now")
            try:
                topic, payload, retained = operator.heard.get(timeout=1)
            except Empty:
                continue
            if topic == "the/end":
                return found
            if retained:
                found[topic] = payload


def names(found: dict[str, bytes]) -> set[str]:
    return {topic.split("/")[1] for topic in found if topic.startswith("maskgate/")}


@needs_mosquitto
@pytest.mark.parametrize(
    ("changes", "left"),
    [
        ({"name": "west"}, {"west"}),
        ({"prefix": "doors"}, set()),
        ({"home_assistant": None}, {"east"}),
        ({"host": None}, set()),
    ],
)
def test_what_was_announced_before_is_taken_back(
    changes: dict[str, Any], left: set[str], state: Path, log: EventLog, tmp_path: Path
) -> None:
    """By the kiosk itself, at its next start, with other settings; it knows from a file that holds no password."""
    with Mosquitto(tmp_path) as broker, log:
        with Operator(broker) as operator, run_kiosk(mqtt(broker), log):
            operator.wait_for(lambda topic, payload: topic == DEVICE and payload != b"")
            operator.wait_for(lambda topic, payload: topic == "maskgate/east/counters")
        assert names(kept(broker)) == {"east"}
        assert "a mask is a mask" not in (state / ANNOUNCED).read_text()
        with Operator(broker) as operator, run_kiosk(mqtt(broker, **changes), log):
            operator.wait_for(lambda topic, payload: (topic, payload) == (DEVICE, b""))
            wait_until(lambda: names(kept(broker)) == left)
            wait_until(lambda: len(Announced(state).all()) == ("host" not in changes))
        assert DEVICE not in kept(broker)


@needs_mosquitto
def test_a_name_that_another_has_taken_is_left_alone(state: Path, tmp_path: Path) -> None:
    """A card that was copied, or two kiosks that changed places: whoever is online keeps its topics."""
    with Mosquitto(tmp_path) as broker, Operator(broker) as operator:
        east = Announcement(broker.address, EAST, "homeassistant")
        Announced(state).add(east)
        operator.say(EAST("available"), b"online", retain=True)
        operator.say(EAST("state"), b"{}", retain=True)
        with pytest.raises(AliveError, match="a kiosk called east is online"):
            take_back(east, patience_s=0.0)
        west = Announcement(broker.address, replace(EAST, kiosk="west"), None)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(leftovers, "take_back", lambda *a, **k: take_back(*a, **k | {"patience_s": 0.0}))
            assert Leftovers(Announced(state), west).take_back(Flag())
        assert Announced(state).all() == (west,)
        assert kept(broker)[EAST("state")] == b"{}"


@needs_mosquitto
def test_one_that_has_just_died_is_waited_for(tmp_path: Path) -> None:
    """After a power cut the broker still says online; once it says offline the rest is taken back."""
    with Mosquitto(tmp_path) as broker, Operator(broker) as operator:
        east = Announcement(broker.address, EAST, "homeassistant")
        operator.say(EAST("available"), b"online", retain=True)
        done: list[object] = []

        def sweep() -> None:
            done.append(take_back(east, patience_s=60.0))

        thread = Thread(target=sweep)
        thread.start()
        operator.say(EAST("available"), b"offline", retain=True)
        thread.join(30)
        assert len(done) == 1
        assert kept(broker) == {}


@needs_mosquitto
def test_a_login_that_may_not_is_told(state: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """With the documented access list west cannot clear up for east: said once, not tried again, not forgotten."""
    password = tmp_path / "west.password"
    password.write_text("another door\n")
    with Mosquitto(tmp_path, access_file=ACCESS) as broker, caplog.at_level(logging.WARNING):
        login = replace(broker.address, username="west", password_file=password)
        east = Announcement(login, EAST, None)
        with pytest.raises(BrokerError, match="Not authorized") as refused:
            take_back(east)
        assert refused.value.is_refusal
        Announced(state).add(east)
        west = Announcement(login, replace(EAST, kiosk="west"), None)
        left = Leftovers(Announced(state), west)
        assert left.take_back(Flag())
        assert left.take_back(Flag())
        assert Announced(state).all() == (east, west)
        told = [record.message for record in caplog.records if "leftover=stays" in record.message]
        assert len(told) == 1
        assert "maskgate mqtt forget east" in told[0]
        # Whoever may do it is named in the documents.
        caretaker = tmp_path / "caretaker.password"
        caretaker.write_text("what is left behind\n")
        by_caretaker = replace(east, broker=replace(login, username="caretaker", password_file=caretaker))
        assert take_back(by_caretaker, patience_s=0.0).topics == tuple(map(EAST, RETAINED))


def test_a_broker_that_is_gone_is_tried_again_only_without_a_line(state: Path, tmp_path: Path) -> None:
    """The line's own broker, or any while there is no line, may come back; another one delays no line twice."""
    nowhere = Broker("127.0.0.1", 1, None)
    east = Announcement(nowhere, EAST, None)
    here = Announcement(nowhere, replace(EAST, kiosk="west"), None)
    elsewhere = Announcement(replace(nowhere, port=2), EAST, None)
    for present, is_done in ((None, False), (here, False), (elsewhere, True)):
        announced = Announced(state)
        for each in announced.all():
            announced.remove(each)
        announced.add(east)
        assert Leftovers(announced, present).take_back(Flag()) is is_done
        assert east in announced.all()


def test_another_login_leaves_nothing_behind(state: Path, caplog: pytest.LogCaptureFixture) -> None:
    """The same name at the same broker: nobody is asked, and the old login forgotten."""
    before = Announcement(Broker("127.0.0.1", 1, None, "east"), EAST, "homeassistant")
    now = Announcement(Broker("127.0.0.1", 1, None, "kiosk"), EAST, "homeassistant")
    Announced(state).add(before)
    assert Leftovers(Announced(state), now).take_back(Flag())
    assert Announced(state).all() == (now,)
    assert caplog.text == ""


def test_a_damaged_file_is_told(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """And keeps no line from being opened; a folder that cannot be written neither."""
    (tmp_path / ANNOUNCED).write_text("{")
    assert Announced(tmp_path).all() == ()
    assert "it is damaged" in caplog.text
    (tmp_path / "file").write_text("")
    Announced(tmp_path / "file").add(Announcement(Broker("there", 1), EAST, None))
    assert "announced=unwritten" in caplog.text


def test_nothing_is_remembered_without_a_folder() -> None:
    """Whoever is no service has none."""
    announced = Announced(None)
    announced.add(Announcement(Broker("there", 1), EAST, None))
    assert announced.all() == ()


def test_a_file_of_today_is_read_tomorrow(tmp_path: Path) -> None:
    """Keys and their order do not matter, nor whether there is TLS."""
    announcement = Announcement(Broker("broker", 8883), EAST, "homeassistant")
    Announced(tmp_path).add(announcement)
    stored = json.loads((tmp_path / ANNOUNCED).read_text())
    assert stored[0]["topics"] == {"prefix": "maskgate", "kiosk": "east"}
    assert Announced(tmp_path).all() == (announcement,)
    Announced(tmp_path).remove(announcement)
    assert not (tmp_path / ANNOUNCED).exists()
