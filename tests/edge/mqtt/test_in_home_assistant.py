"""What a person sees in a real Home Assistant, behind a real broker with the documented access list."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from threading import Event as Flag
from threading import Thread
from typing import Any

import numpy as np
import pytest

from edge.config.in_use import ConfigInUse
from edge.config.schema import Config
from edge.events.log import EventLog
from edge.fleet import Fleet
from edge.health import HealthMonitor, Level
from edge.host.board import Board
from edge.mqtt import conversation, telemetry
from edge.networks.manifest import ModelFacts
from edge.types import AlarmState, Frame, Observation
from tests.broker import USERS, Mosquitto, Operator, needs_mosquitto
from tests.builders import PromptControls, event_log
from tests.home_assistant import HomeAssistant, python_for_home_assistant

pytestmark = [needs_mosquitto, pytest.mark.slow]

FILES = Path(__file__).resolve().parents[3] / "docs/fleet"
DEVICE = "homeassistant/device/maskgate-kiosk/config"


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """What takes half a minute at a door takes half a second here; the state folder is this test's."""
    monkeypatch.setattr(conversation, "REPORT_S", 0.5)
    monkeypatch.setattr(telemetry, "BIRTH_SPREAD_S", 0.5)
    monkeypatch.setattr(telemetry, "TICK_S", 0.2)
    monkeypatch.setenv("STATE_DIRECTORY", str(tmp_path / "state"))


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Mosquitto]:
    folder = tmp_path / "broker"
    folder.mkdir()
    for user in ("kiosk", "west"):
        (folder / f"{user}.password").write_text(USERS[user])
    with Mosquitto(folder, access_file=FILES / "access", extra=("use_username_as_clientid true",)) as broker:
        yield broker


class Kiosk:
    """All of a kiosk that Home Assistant meets; its board grows warmer all the time."""

    def __init__(self, broker: Mosquitto, log: EventLog, name: str = "kiosk", **sections: Any) -> None:
        self._degrees = 50.0
        self.health = HealthMonitor(model=lambda: "test", read_board=self._board)
        self.wishes: list[str] = []
        self._fleet = Fleet(log)
        passwords = broker.authority.file.parent
        self._mqtt = {
            "host": "127.0.0.1",
            "port": broker.port,
            "authorities": str(broker.authority.file),
            "username": name,
            "password_file": str(passwords / f"{name}.password"),
            "name": name,
            "home_assistant": "homeassistant",
        }
        self.in_use = ConfigInUse(self._config(sections))
        self._fleet.open(
            self.in_use,
            PromptControls(self.wishes),
            health=self.health,
            model=lambda: ModelFacts("test", "int8", 64 * "0"),
            ignored=dict,
        )
        self._sees = True
        self.see(AlarmState.IDLE)
        self._over = Flag()
        self._thread = Thread(target=self._live, daemon=True)
        self._thread.start()

    def _live(self) -> None:
        # Without a frame for a quarter of a minute it is blind.
        while not self._over.wait(0.2):
            if self._sees:
                self.see(self._state)

    def _board(self) -> Board:
        self._degrees += 0.01
        return Board(temperature_c=self._degrees)

    def _config(self, sections: dict[str, Any]) -> Config:
        return Config.model_validate({"mqtt": self._mqtt, **sections})

    def reload(self, **sections: Any) -> None:
        self.in_use.replace(self._config(sections))

    def lose_camera(self) -> None:
        self._sees = False
        self.health.fail("camera", "lost", "plug it in", level=Level.FAULT)

    def find_camera(self) -> None:
        self._sees = True
        self.health.recover("camera")
        self.see(AlarmState.IDLE)

    def see(self, state: AlarmState) -> None:
        self._state = state
        observation = Observation(Frame(np.zeros((4, 4, 3), np.uint8), 0.0, 0), (), state)
        self.health.beat(observation)
        self._fleet(observation)

    def close(self) -> None:
        self._over.set()
        self._thread.join()
        self._fleet.close()


def test_a_door_in_home_assistant(broker: Mosquitto, tmp_path: Path) -> None:
    """The device comes, tells the truth, obeys, writes no row without news, comes back when it was deleted, and leaves
    nothing behind under another name.
    """
    python = python_for_home_assistant()
    log = event_log(tmp_path / "events.db")
    door = {"name": "Main entrance", "place": "Building 3"}
    web = {"listen": "[::]:8080", "host_names": ["door.example"]}
    with (
        log,
        HomeAssistant(python, tmp_path / "home", broker) as home,
        Operator(broker, topics=("maskgate/#",)) as operator,
    ):
        kiosk = Kiosk(broker, log, door=door, web=web)
        try:
            _is_there(home)
            _tells_the_truth(home, kiosk)
            _is_muted(home, kiosk)
            _writes_only_news(home, kiosk, operator)
            _comes_back(home)
        finally:
            kiosk.close()
        home.wait_for("binary_sensor.main_entrance_alarm", "unavailable")
        west = Kiosk(broker, log, "west")
        try:
            home.wait_until(lambda: set(home.devices()) == {"maskgate-west"}, lambda: str(home.devices()))
            home.wait_for("binary_sensor.maskgate_west_alarm", "off")
            assert home.state("binary_sensor.main_entrance_alarm") is None
            assert all(name.partition(".")[2].startswith("maskgate_west") for name in home.entities())
        finally:
            west.close()
        assert "Traceback" not in "".join(part for part in home.log.splitlines() if "mqtt" in part)


def _is_there(home: HomeAssistant) -> None:
    home.wait_for("sensor.main_entrance_state", "idle")
    device = home.devices()["maskgate-kiosk"]
    assert (device["name"], device["configuration_url"]) == ("Main entrance", "http://door.example:8080")
    assert device["area_id"] == "building_3"
    shown = {name: entity["disabled_by"] for name, entity in home.entities().items()}
    assert len(shown) == 9
    assert {name for name, by in shown.items() if by} == {"sensor.main_entrance_frames_per_second"}


def _tells_the_truth(home: HomeAssistant, kiosk: Kiosk) -> None:
    home.wait_for("binary_sensor.main_entrance_alarm", "off")
    kiosk.see(AlarmState.ALERT)
    home.wait_for("sensor.main_entrance_state", "alert")
    home.wait_for("binary_sensor.main_entrance_alarm", "on")
    kiosk.lose_camera()
    home.wait_for("binary_sensor.main_entrance_alarm", "unknown")
    home.wait_for("sensor.main_entrance_people_in_view", "unknown")
    home.wait_for("binary_sensor.main_entrance_camera", "on")
    kiosk.find_camera()
    home.wait_for("binary_sensor.main_entrance_alarm", "off")
    home.wait_for("binary_sensor.main_entrance_camera", "off")


def _is_muted(home: HomeAssistant, kiosk: Kiosk) -> None:
    """From there, for as long as the configuration in use says."""
    for mute_s in (300, 45):
        kiosk.reload(alarm={"mute_s": mute_s}, **_names(kiosk))
        wish = f"mqtt: mute {mute_s}"

        def ask(wish: str = wish) -> bool:
            home.call("switch/turn_on", "switch.main_entrance_mute")
            return wish in kiosk.wishes

        home.wait_until(ask, lambda: str(kiosk.wishes))
    kiosk.health.mute(3600)
    home.wait_for("switch.main_entrance_mute", "on")
    home.call("switch/turn_off", "switch.main_entrance_mute")
    home.wait_until(lambda: kiosk.wishes[-1] == "mqtt: mute 0", lambda: str(kiosk.wishes))
    kiosk.health.mute(0)
    home.wait_for("switch.main_entrance_mute", "off")


def _names(kiosk: Kiosk) -> dict[str, Any]:
    config = kiosk.in_use()
    return {"door": config.door.model_dump(), "web": config.web.model_dump()}


def _writes_only_news(home: HomeAssistant, kiosk: Kiosk, operator: Operator) -> None:
    """Ten reports in which frames, uptime and hundredths of degrees went on leave no row; the alert after them does."""
    watched = [
        f"{kind}.main_entrance_{name}"
        for kind, names in {
            "binary_sensor": ("alarm", "health", "camera"),
            "sensor": ("state", "people_in_view", "temperature", "compliance_today"),
        }.items()
        for name in names
    ]
    alarm = "binary_sensor.main_entrance_alarm"
    _flush(home, kiosk, alarm)
    before = {name: home.rows(name) for name in watched}
    told: set[str] = set()
    while len(told) < 10:
        payload = operator.wait_for(lambda topic, payload: topic == "maskgate/kiosk/health")
        told.add(str(json.loads(payload)["uptime_s"]))
    after = {name: home.rows(name) for name in watched}
    _flush(home, kiosk, alarm)
    assert after == before
    assert home.rows("binary_sensor.main_entrance_health") == before["binary_sensor.main_entrance_health"]
    assert home.rows("sensor.main_entrance_temperature") == before["sensor.main_entrance_temperature"]


def _flush(home: HomeAssistant, kiosk: Kiosk, alarm: str) -> None:
    """An alert comes and goes; once its rows are there, so are those of what was before."""
    rows = home.rows(alarm)
    for state, shown in ((AlarmState.ALERT, "on"), (AlarmState.IDLE, "off")):
        kiosk.see(state)
        home.wait_for(alarm, shown)
    home.wait_until(lambda: home.rows(alarm) == rows + 2, lambda: f"{home.rows(alarm)} rows, {rows} before")


def _comes_back(home: HomeAssistant) -> None:
    """Deleted there, it is gone; when Home Assistant says that it has started, it is told again."""
    home.delete("maskgate-kiosk")
    home.wait_for("binary_sensor.main_entrance_alarm", None)
    assert "maskgate-kiosk" not in home.devices()
    home.connect_again()
    home.wait_for("binary_sensor.main_entrance_alarm", "off")
    assert "maskgate-kiosk" in home.devices()
