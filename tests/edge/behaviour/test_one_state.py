"""The door has one state: lamps, page, broker, metrics and events repeat it, whatever made it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import closing
from itertools import groupby
from typing import Any

import numpy as np
import pytest
from prometheus_client import generate_latest

from edge import service as service_module
from edge.assembly import lines as lines_module
from edge.config.accepted import AcceptedConfig
from edge.config.schema import Config
from edge.config.settings import Settings
from edge.errors import CameraError, SignalError
from edge.fleet import Fleet
from edge.kiosk import StateChange
from edge.metrics import Metrics
from edge.mqtt.messages import HealthMessage, State
from edge.networks.manifest import ModelFacts
from edge.service import Service
from edge.signals.door import DoorSignals, PinChange
from edge.signals.patterns import levels
from edge.types import AlarmState, Box, Event, EventKind, Face, Frame, Image, Label, Observation, Reading
from edge.web.status import StatusFeed
from tests.builders import PlainDetector, lively

IDLE, CHECKING, PASS, ALERT, FAULT = AlarmState
FPS = 20.0

BLACK, EMPTY, UNSURE, BARE, MASKED = 0, 60, 90, 120, 180
"""Grey values that the networks below understand, and the motion gate tells apart."""


FACE = Box(10, 10, 36, 36)


@PlainDetector
def find_face(image: Image) -> tuple[Face, ...]:
    return (Face(FACE, 0.9),) if image[0, 0, 0] in (UNSURE, BARE, MASKED) else ()


def judge(image: Image, box: Box) -> Reading:
    label = {MASKED: Label.WITH_MASK, BARE: Label.WITHOUT_MASK}.get(int(image[0, 0, 0]), Label.UNCERTAIN)
    return Reading(label, ((Label.WITH_MASK if label is Label.UNCERTAIN else label, 0.95),))


class Door:
    """A kiosk, and everybody who tells of its door."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, **sections: dict[str, Any]) -> None:
        monkeypatch.setattr(service_module, "load_networks", lambda config: (find_face, judge))
        monkeypatch.setattr(service_module, "RETRY_S", (0.0,))
        monkeypatch.setattr(Fleet, "record", self._record)
        monkeypatch.setattr(lines_module, "WallClock", lambda: lambda: True)
        config = Config.model_validate({"signals": {"driver": "mock", "relay": 5, "amber": 6}, **sections})
        self.lit: set[str] = set()
        self.reported = IDLE
        self.now = 0.0
        self.told = IDLE
        self.seen: list[AlarmState] = []
        self.differences: list[tuple[AlarmState, dict[str, object]]] = []
        self.service = Service(
            config,
            settings=Settings(lambda: config),
            accepted=AcceptedConfig(None),
            report=self._report,
            sinks={"watcher": self._watch},
            live=True,
            clock=lambda: self.now,
        )
        self.page = StatusFeed(self.service.health)
        facts = ModelFacts("test", "int8", 64 * "0")
        self.metrics = Metrics(health=self.service.health.health, model=lambda: facts)
        self.during: Callable[[Observation], None] = lambda observation: None

    def _report(self, change: StateChange | PinChange) -> None:
        if isinstance(change, StateChange):
            self.reported = change.after
        elif change.value:
            self.lit.add(change.name)
        else:
            self.lit.discard(change.name)

    def _record(self, event: Event) -> None:
        if event.kind == EventKind.STATE:
            self.told = AlarmState(event.detail.partition("-> ")[2])

    def _watch(self, observation: Observation) -> None:
        self.agree(observation.state)
        self.during(observation)

    def agree(self, state: AlarmState) -> None:
        """Note whoever says something else than `state`, and a FAULT without a cause."""
        health = self.service.health.health()
        lamps = {name for name, level in levels(state, 0.0, sound="beep", audible=False).items() if level}
        said: dict[str, object] = {
            "health": health.state,
            "page": self.page.status().state,
            "broker": State.of(health).state,
            "broker's health": HealthMessage.of(health).state,
            "metrics": self._scraped(),
            "events": self.told,
            "command line": self.reported,
        }
        others = {name: other for name, other in said.items() if other is not state}
        if self.lit - {"buzzer", "relay"} != lamps - {"relay"}:
            others["lamps"] = self.lit
        open_in = {IDLE, CHECKING, PASS} if self.service.in_use().relay.open_hours else {PASS}
        if ("relay" in self.lit) != (state in open_in):
            others["relay"] = self.lit
        if health.doorway is None or health.doorway.unlocked != ("relay" in self.lit):
            others["doorway"] = health.doorway
        if state is FAULT and health.reason is not None:
            others["reason"] = health.reason
        if others:
            self.differences.append((state, others))
        self.seen.append(state)

    def _scraped(self) -> AlarmState:
        page = generate_latest(self.metrics.registry).decode()
        return next(one for one in AlarmState if f'maskgate_state{{state="{one}"}} 1.0' in page)

    @property
    def settled(self) -> list[AlarmState]:
        """What the door showed, one after the other, but for CHECKING on the way."""
        return [state for state, _ in groupby(state for state in self.seen if state is not CHECKING)]

    def frames(self, *scenes: tuple[int, float]) -> Iterator[Frame]:
        """Frames of (grey value, seconds) scenes, as long as they last by the kiosk's clock; who is there lives."""
        values = [value for value, seconds in scenes for _ in range(round(seconds * FPS))]
        for index, value in enumerate(values):
            self.now += 1 / FPS
            image = np.full((40, 60, 3), value, np.uint8)
            is_there = value in (UNSURE, BARE, MASKED)
            yield Frame(lively(image, FACE, index) if is_there else image, self.now, index)

    def run(self, *cameras: Iterator[Frame]) -> None:
        """Show each camera's frames; between two of them the camera is lost."""
        left = list(cameras)

        def open_next(_: object) -> Camera:
            if not left:
                self.service.stop()
                raise CameraError("usb:0: there is no more")
            return Camera(left.pop(0))

        self.service.run_live(open_next)


class Camera:
    """Gives frames, and is unplugged then."""

    def __init__(self, frames: Iterator[Frame]) -> None:
        self._frames = frames

    def frames(self) -> Iterator[Frame]:
        yield from self._frames
        raise CameraError("usb:0: camera lost (unplugged)")

    def stop(self) -> None: ...

    def close(self) -> None: ...


@pytest.fixture(params=[{}, {"relay": {"mode": "pulse", "open_hours": ["00:00-24:00"]}}], ids=["masks", "everybody"])
def door(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Door]:
    """One that masks open, and one that is open to everybody but for ALERT and FAULT."""
    door = Door(monkeypatch, **request.param)
    with closing(door.service):
        yield door
    # Not where they are found: a sink that raises stops nothing.
    assert door.differences == []


def test_in_every_state_of_a_day(door: Door) -> None:
    """Nobody, somebody of whom nothing can be said, a mask, none."""
    door.run(door.frames((EMPTY, 1), (UNSURE, 1), (MASKED, 2), (BARE, 3), (EMPTY, 4)))
    assert door.settled == [IDLE, PASS, ALERT, IDLE]
    assert CHECKING in door.seen


def test_in_darkness(door: Door) -> None:
    """FAULT by a black picture, and back."""
    door.run(door.frames((MASKED, 2), (BLACK, 12), (MASKED, 2)))
    assert door.settled == [IDLE, PASS, IDLE, FAULT, PASS]


def test_with_a_lamp_that_cannot_be_driven(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    """FAULT by the lines: shown with those that work, and by everybody else; it stands while the line is dead."""
    drive = DoorSignals._drive

    def fail(self: DoorSignals, name: str, level: float, at: float) -> list[PinChange]:
        if 1 <= at < 2 and name == "green" and (level or name in self._broken):
            self._broken.add(name)
            raise SignalError("GPIO 17 (green): cannot be driven (Input/output error)")
        return drive(self, name, level, at)

    monkeypatch.setattr(DoorSignals, "_drive", fail)
    door.run(door.frames((EMPTY, 1), (MASKED, 3)))
    assert door.settled == [IDLE, FAULT, PASS]


def test_without_a_camera(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    """FAULT by a camera that is lost: at once, without a frame to say so, and until it gives frames again."""
    lose = Service._lose_camera

    def lose_and_look(service: Service, *args: Any) -> None:
        lose(service, *args)
        door.agree(FAULT)

    monkeypatch.setattr(Service, "_lose_camera", lose_and_look)
    door.run(door.frames((MASKED, 2)), door.frames((EMPTY, 2)))
    assert door.settled == [IDLE, PASS, FAULT, IDLE, FAULT]


def test_when_nothing_is_decided_any_more(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    """FAULT by a loop that hangs on PASS: as soon as relay and green lamp are released, and decided anew afterwards."""
    monkeypatch.setattr(lines_module, "RELAY_TIMEOUT_S", 0.2)
    hung: list[tuple[AlarmState, AlarmState, AlarmState]] = []

    def hang(observation: Observation) -> None:
        if observation.state is PASS and not hung:
            door.now += 0.5
            until = time.monotonic() + 10
            while door.service.health.health().state is PASS and time.monotonic() < until:
                time.sleep(0.02)
            health = door.service.health.health()
            hung.append((health.state, door.page.status().state, door.told))

    door.during = hang
    door.service._kiosk._lines._let_go(0.0, outputs=True, inputs=True)
    door.service._kiosk._lines._reopen(0.0)
    door.run(door.frames((MASKED, 3)))
    assert hung == [(FAULT, FAULT, FAULT)]
    after = door.seen[door.seen.index(PASS) + 1 :]
    assert after[0] is FAULT
    assert PASS in after
