"""The kiosk with one part broken at a time: the door stays shut, health tells the truth, the loop keeps its pace.

docs/faults.md lists every fault with the test that shows what happens.
"""

from __future__ import annotations

import errno
import gc
import re
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from itertools import chain, groupby
from pathlib import Path
from threading import Event, Thread
from typing import Any
from weakref import ReferenceType, ref

import numpy as np
import pytest
from pydantic import ValidationError

from edge import kiosk as kiosk_module
from edge import service as service_module
from edge.assembly import lines as lines_module
from edge.cameras import camera as camera_module
from edge.cameras.camera import LiveCamera
from edge.cameras.capture import Shot
from edge.cameras.clip import ClipCamera
from edge.chain import liveness as liveness_module
from edge.commands.main import main
from edge.config.accepted import AcceptedConfig
from edge.config.schema import Config
from edge.config.settings import Settings
from edge.errors import CameraError, MaskgateError, SignalError
from edge.events.history import History
from edge.health import HealthMonitor
from edge.kiosk import StateChange
from edge.service import Service
from edge.signals.door import DoorSignals, PinChange
from edge.sinks import GuardedSink
from edge.types import AlarmState, Box, EventKind, Face, Frame, Image, Label, MaskKind, Observation, Reading
from tests.builders import PlainDetector, lively, write_model_folder

ROOT = Path(__file__).resolve().parents[3]
IDLE, CHECKING, PASS, ALERT, FAULT = AlarmState
BLACK, EMPTY, BARE, MASKED = 0, 60, 120, 180
"""Grey values that the networks below understand, and the motion gate tells apart."""

FPS = 20


FACE = Box(10, 10, 36, 36)


@PlainDetector
def find_face(image: Image) -> tuple[Face, ...]:
    return (Face(FACE, 0.9),) if image[0, 0, 0] in (BARE, MASKED) else ()


def judge(image: Image, box: Box) -> Reading:
    label = Label.WITH_MASK if image[0, 0, 0] == MASKED else Label.WITHOUT_MASK
    return Reading(label, ((label, 0.95),))


@pytest.fixture
def networks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Replace both networks."""
    monkeypatch.setattr(service_module, "load_networks", lambda config: (find_face, judge))


def picture(value: int, number: int = 0) -> Image:
    """Of a scene; whoever is there lives."""
    image = np.full((40, 60, 3), value, np.uint8)
    return lively(image, FACE, number) if value in (BARE, MASKED) else image


class Door:
    """A service whose changes are remembered, and the lines that are on."""

    def __init__(self, *, sinks: dict[str, Callable[[Observation], None]] | None = None, **sections: Any) -> None:
        self.states: list[AlarmState] = []
        self.on: set[str] = set()
        self.now: float | None = None
        config = Config.model_validate({"signals": {"driver": "mock", "relay": 5, "amber": 6}, **sections})
        parts: dict[str, Any] = {
            "settings": Settings(lambda: config),
            "accepted": AcceptedConfig(None),
            "sinks": sinks or {},
        }
        self.service = Service(config, live=True, report=self._remember, clock=self._clock, **parts)

    def _clock(self) -> float:
        """That of the clip while one is replayed."""
        return time.monotonic() if self.now is None else self.now

    def _remember(self, change: StateChange | PinChange) -> None:
        if isinstance(change, StateChange):
            self.states.append(change.after)
        elif change.value:
            self.on.add(change.name)
        else:
            self.on.discard(change.name)

    @property
    def settled(self) -> list[AlarmState]:
        """The states that were shown, but for CHECKING on the way from one to the next."""
        return [state for state, _ in groupby(state for state in self.states if state is not CHECKING)]

    @property
    def faults(self) -> dict[str, str]:
        """Component and cause of all that is wrong."""
        return {fault.component: fault.cause for fault in self.service.health.health().faults}

    def replay(self, *scenes: tuple[int, float]) -> None:
        """Show (grey value, seconds) scenes."""
        values = [value for value, seconds in scenes for _ in range(round(seconds * FPS))]
        self.service.run_recording(ClipCamera(lambda: self._pictures(values), live=False))

    def _pictures(self, values: list[int]) -> Iterator[tuple[Image, float]]:
        for index, value in enumerate(values):
            self.now = index / FPS
            yield picture(value, index), self.now

    def __enter__(self) -> Door:
        return self

    def __exit__(self, *_: object) -> None:
        self.service.close()
        assert self.on == set()


class Device:
    """A camera's driver, which gives what it is told to."""

    def __init__(self, shots: Iterator[Shot]) -> None:
        self._shots = shots

    def read(self) -> Shot | None:
        return next(self._shots, None)

    def close(self) -> None: ...


def noisy(value: int, count: int) -> Iterator[Shot]:
    """A camera's pictures: never two alike, and 30 a second."""
    for number in range(count):
        time.sleep(1 / 30)
        yield Shot(picture(value, number))


def still(value: int) -> Iterator[Shot]:
    """A frozen camera."""
    while True:
        time.sleep(1 / 30)
        yield Shot(picture(value))


def hanging(until: Event) -> Iterator[Shot]:
    """A camera that shows somebody with a mask and then hangs."""
    yield from noisy(MASKED, 40)
    until.wait(10)


def damaged() -> Iterator[Shot]:
    """A camera whose pictures do not come through whole."""
    while True:
        time.sleep(0.005)
        yield Shot(np.zeros((40, 60), np.uint8))


def broken_driver() -> Iterator[Shot]:
    """A camera whose driver has a bug."""
    yield from noisy(MASKED, 40)
    raise RuntimeError("ioctl failed")


CAMERAS: dict[str, tuple[Callable[[Event], Iterator[Shot]], str]] = {
    "unplugged": (lambda _: noisy(MASKED, 40), "the stream ended"),
    "hanging": (hanging, "no picture for"),
    "frozen": (lambda _: still(MASKED), "nothing has changed in the picture"),
    "damaged pictures": (lambda _: damaged(), "no picture for"),
    "driver with a bug": (lambda _: broken_driver(), "RuntimeError: ioctl failed"),
}


@pytest.mark.usefixtures("networks")
@pytest.mark.parametrize("rule", [{"required": "medical"}, {"required_hours": ["respirator 07:00-07:01"]}])
def test_a_rule_that_the_model_cannot_keep_is_a_fault(rule: dict[str, Any]) -> None:
    """The model tells no kinds of masks: the door stays shut, whoever comes, until the rule is taken back."""
    with Door(alarm=rule) as door:
        door.replay((EMPTY, 0.5), (MASKED, 2.0))
        assert door.settled == [FAULT]
        assert "does not tell kinds of masks apart" in door.faults["kinds"]
        assert "relay" not in door.on


@pytest.mark.parametrize("is_set", [True, False])
def test_the_strictest_rule_applies_while_nobody_knows_the_time(is_set: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """A surgical mask does at this hour, and not at others: it does if the hour is known."""

    def judge_kind(image: Image, box: Box) -> Reading:
        kinds = ((MaskKind.RESPIRATOR, 0.1), (MaskKind.SURGICAL, 0.9))
        return Reading(Label.WITH_MASK, ((Label.WITH_MASK, 0.95),), kinds)

    monkeypatch.setattr(service_module, "load_networks", lambda config: (find_face, judge_kind))
    monkeypatch.setattr(lines_module, "WallClock", lambda: lambda: is_set)
    with Door(alarm={"required": "respirator", "required_hours": ["any 00:00-24:00"]}) as door:
        door.replay((EMPTY, 0.5), (MASKED, 2.0))
        assert door.settled == [PASS if is_set else ALERT]
        assert ("required" in door.faults) is not is_set


@pytest.mark.usefixtures("networks")
@pytest.mark.parametrize("fault", CAMERAS)
def test_a_camera_that_breaks_is_a_fault_and_comes_back(fault: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """FAULT with the door shut and the cause told; then, in the same process, the picture is back and so is PASS."""
    for name in ("FRAME_TIMEOUT_S", "FIRST_FRAME_TIMEOUT_S"):
        monkeypatch.setattr(camera_module, name, 0.4)
    for module in (kiosk_module, liveness_module):
        monkeypatch.setattr(module, "FROZEN_S", 1.5)
    monkeypatch.setattr(service_module, "RETRY_S", (0.0,))
    shots, cause = CAMERAS[fault]
    end = Event()
    opened = iter([shots(end), noisy(MASKED, 1000)])
    told: list[tuple[dict[str, str], set[str]]] = []

    def stop_when_back(observation: Observation) -> None:
        if told[1:] and observation.state is PASS:
            door.service.stop()

    with Door(sinks={"watcher": stop_when_back}) as door:

        def open_next(source: object) -> LiveCamera:
            told.append((door.faults, set(door.on)))
            device = Device(next(opened))
            return LiveCamera("usb:0", lambda: device)

        door.service.run_live(open_next)
        assert cause in told[1][0]["camera"]
        assert told[1][1] == {"red", "amber"}
        assert door.states[-1] is PASS
        assert FAULT in door.states
        assert door.faults == {}
    end.set()


@pytest.fixture
def collector_off() -> Iterator[None]:
    """The garbage collector may not come by for hours: nothing may count on it."""
    gc.disable()
    yield
    gc.enable()


@pytest.mark.usefixtures("networks", "collector_off")
@pytest.mark.parametrize("fault", ["unplugged", "driver with a bug"])
def test_a_lost_camera_leaves_no_picture_behind(fault: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A camera that comes and goes for days must not fill the memory with what it showed."""
    monkeypatch.setattr(service_module, "RETRY_S", (0.0,))
    shown: list[ReferenceType[Image]] = []
    left: list[int] = []

    def remembered(shots: Iterator[Shot]) -> Iterator[Shot]:
        for shot in shots:
            shown.append(ref(shot.image))
            yield shot
            del shot

    with Door() as door:

        def open_next(source: object) -> LiveCamera:
            left.append(sum(image() is not None for image in shown))
            if len(left) == 4:
                door.service.stop()
            device = Device(remembered(CAMERAS[fault][0](Event())))
            return LiveCamera("usb:0", lambda: device)

        door.service.run_live(open_next)
    assert len(shown) > 3 * 30
    assert left == [0, 0, 0, 0]


@pytest.mark.usefixtures("networks")
def test_no_camera_at_the_start_is_a_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    """The service starts, says FAULT, and goes on trying, at growing intervals."""
    monkeypatch.setattr(service_module, "RETRY_S", (0.0, 0.01))
    attempts: list[dict[str, str]] = []

    def refuse(source: object) -> LiveCamera:
        attempts.append(door.faults)
        if len(attempts) == 4:
            door.service.stop()
        raise CameraError("usb:0: camera cannot be opened")

    with Door() as door:
        door.service.run_live(refuse)
        assert door.states == [FAULT]
        assert attempts[1:] == [{"camera": "usb:0: camera cannot be opened"}] * 3


@pytest.mark.usefixtures("networks")
@pytest.mark.parametrize(
    ("error", "cause"),
    [
        (OSError(errno.EMFILE, "Too many open files"), "[Errno 24] Too many open files"),
        (
            BlockingIOError(errno.EAGAIN, "Resource temporarily unavailable"),
            "[Errno 11] Resource temporarily unavailable",
        ),
        (MemoryError(), "MemoryError"),
    ],
)
def test_a_machine_that_has_no_more_is_a_lost_camera(
    error: Exception, cause: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Files, processes and memory may come back: the service shows FAULT and goes on trying."""
    monkeypatch.setattr(service_module, "RETRY_S", (0.0,))
    told: list[dict[str, str]] = []

    def open_source(source: object) -> LiveCamera:
        told.append(door.faults)
        if len(told) == 3:
            door.service.stop()
        raise error

    with Door() as door:
        door.service.run_live(open_source)
        assert door.states == [FAULT]
        assert told[1:] == [{"camera": cause}] * 2


@pytest.mark.usefixtures("networks")
def test_any_other_error_of_the_system_ends_the_service() -> None:
    """It is nothing that a camera could be lost by, and systemd starts it anew."""

    def open_source(source: object) -> LiveCamera:
        raise PermissionError(errno.EACCES, "denied")

    with Door() as door, pytest.raises(PermissionError):
        door.service.run_live(open_source)


def test_no_more_threads_are_a_lost_camera(monkeypatch: pytest.MonkeyPatch) -> None:
    """The camera wants one of its own."""

    def refuse(thread: object) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(Thread, "start", refuse)
    with pytest.raises(CameraError, match="camera lost \\(can't start new thread\\)"):
        LiveCamera("usb:0", lambda: Device(noisy(MASKED, 1)))


@pytest.mark.usefixtures("networks")
def test_a_stuck_camera_stays_a_fault_until_it_shows_something_else(monkeypatch: pytest.MonkeyPatch) -> None:
    """Opened again, it still shows the same: FAULT with the door shut and growing pauses; another picture ends it."""
    for module in (kiosk_module, liveness_module):
        monkeypatch.setattr(module, "FROZEN_S", 1.0)
    monkeypatch.setattr(service_module, "RETRY_S", (0.0, 0.1, 0.2, 0.3))
    opened = iter([chain(noisy(MASKED, 60), still(MASKED)), still(MASKED), still(MASKED), noisy(MASKED, 1000)])
    pauses: list[float] = []
    seen: list[tuple[int, AlarmState]] = []
    turn = 0

    def note(observation: Observation) -> None:
        seen.append((turn, observation.state))
        if turn == 4 and observation.state is PASS:
            door.service.stop()

    with Door(sinks={"watcher": note}) as door:
        lose = door.service._lose_camera

        def lose_for_no_time(error: MaskgateError, pause_s: float) -> None:
            pauses.append(pause_s)
            lose(error, 0.0)

        monkeypatch.setattr(door.service, "_lose_camera", lose_for_no_time)

        def open_next(source: object) -> LiveCamera:
            nonlocal turn
            turn += 1
            device = Device(next(opened))
            return LiveCamera("usb:0", lambda: device)

        door.service.run_live(open_next)
    assert PASS in {state for number, state in seen if number == 1}
    assert {state for number, state in seen if number in (2, 3)} == {FAULT}
    assert pauses == [0.0, 0.1, 0.2]


@pytest.mark.usefixtures("networks")
@pytest.mark.parametrize("then", [EMPTY, BARE, MASKED])
def test_a_gap_makes_the_decision_begin_anew(then: int) -> None:
    """More than a second without a picture: whoever stands there now is judged from the beginning, and the door
    shut.
    """
    shown: list[tuple[float, set[str]]] = []
    with Door(sinks={"watcher": lambda observation: shown.append((observation.frame.taken_at, set(door.on)))}) as door:

        def pictures() -> Iterator[tuple[Image, float]]:
            for index in range(4 * FPS):
                door.now = index / FPS + (0 if index < 2 * FPS else 1.1)
                yield picture(MASKED if index < 2 * FPS else then, index), door.now

        door.service.run_recording(ClipCamera(pictures, live=False))
    assert "relay" in dict(shown)[1.95]
    after = [(at - 3.1, lit) for at, lit in shown if at > 3.0]
    assert not any("relay" in lit for at, lit in after if at < 0.3)
    assert ("relay" in after[-1][1]) == (then == MASKED)


@pytest.mark.usefixtures("networks")
def test_an_old_picture_opens_no_door() -> None:
    """A picture that is decided on more than a second after it was taken tells of the past."""
    with Door() as door:

        def pictures() -> Iterator[tuple[Image, float]]:
            for index in range(4 * FPS):
                door.now = index / FPS + 1.1
                yield picture(MASKED, index), index / FPS

        door.service.run_recording(ClipCamera(pictures, live=False))
        assert PASS not in door.states


@pytest.mark.usefixtures("networks")
def test_a_kiosk_that_reminds_never_drives_the_door() -> None:
    """`alarm.mode = "remind"`: lamps and sound as ever, and the relay's line is not even opened."""
    with Door(alarm={"mode": "remind"}) as door:
        door.replay((MASKED, 3))
        assert door.settled == [PASS]
        assert door.on == {"green"}


@pytest.mark.usefixtures("networks")
@pytest.mark.parametrize(
    "settings",
    [
        {"alarm": {"settle_s": 5.0, "hold_s": 60.0}},
        {"people": {"memory_s": 5.0}},
        {"people": {"window_s": 5.0}},
        {"people": {"window_s": 5.0, "memory_s": 5.0, "majority": 1.0, "min_votes": 20, "min_presence_s": 5.0}},
    ],
)
@pytest.mark.parametrize("then", [EMPTY, BARE])
def test_no_setting_keeps_the_door_open(settings: dict[str, Any], then: int) -> None:
    """However slow everything is set: a second after the last mask was seen the relay is off."""
    shown: list[tuple[float, bool]] = []

    def watch(observation: Observation) -> None:
        shown.append((observation.frame.taken_at, "relay" in door.on))

    with Door(sinks={"watcher": watch}, **settings) as door:
        door.replay((MASKED, 15), (then, 6))
    assert [is_on for at, is_on in shown if at < 15][-1]
    assert not any(is_on for at, is_on in shown if at > 16)


@pytest.mark.parametrize(("key", "value"), [("alarm.settle_s", 30), ("people.memory_s", 3600), ("people.window_s", 60)])
def test_what_no_door_needs_is_refused(key: str, value: float) -> None:
    """Seconds are bounded by what a person would wait at a door."""
    section, name = key.split(".")
    with pytest.raises(ValidationError, match=name):
        Config.model_validate({section: {name: value}})


@pytest.mark.usefixtures("networks")
def test_a_covered_lens_is_a_fault_on_duty_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ten seconds of black are no passing shadow; light ends the fault at once. At night nobody is meant to come."""
    with Door() as door:
        door.replay((MASKED, 2), (BLACK, 9), (MASKED, 2))
        assert FAULT not in door.states
    with Door() as door:
        door.replay((MASKED, 2), (BLACK, 12))
        assert door.states[-1] is FAULT
        assert door.faults == {"light": "the picture has been black for 10 s"}
        assert door.on == {"red", "amber"}
    with Door() as door:
        door.replay((MASKED, 2), (BLACK, 12), (MASKED, 2))
        assert door.settled[-2:] == [FAULT, PASS]
        assert door.faults == {}
    monkeypatch.setattr(kiosk_module.Kiosk, "_is_on_duty", lambda kiosk: False)
    with Door() as door:
        door.replay((BLACK, 20))
        assert (door.states, door.faults) == ([], {})


@pytest.mark.usefixtures("networks")
def test_a_dead_line_keeps_the_door_shut(monkeypatch: pytest.MonkeyPatch) -> None:
    """A green lamp that cannot be lit is FAULT, the relay stays released, and both end with the trouble."""
    drive = DoorSignals._drive

    def fail(self: DoorSignals, name: str, level: float, at: float) -> list[PinChange]:
        # Once it could not be lit it cannot be put out, either.
        if at < 3 and name == "green" and (level or name in self._broken):
            self._broken.add(name)
            raise SignalError("GPIO 17 (green): cannot be driven (Input/output error)")
        return drive(self, name, level, at)

    monkeypatch.setattr(DoorSignals, "_drive", fail)
    seen: list[tuple[AlarmState, bool]] = []
    with Door(sinks={"watcher": lambda observation: seen.append((observation.state, "relay" in door.on))}) as door:
        door.replay((MASKED, 2))
        assert door.settled == [FAULT]
        assert "GPIO 17" in door.faults["signals"]
        assert door.on == {"red", "amber"}
        assert not any(is_open for _, is_open in seen)
    with Door() as door:
        door.replay((MASKED, 4))
        assert door.settled == [FAULT, PASS]
        assert door.faults == {}


@pytest.mark.usefixtures("networks")
def test_a_slow_sink_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever holds up the loop is named, until it does so no more."""
    now = [0.0]
    health = HealthMonitor(model=lambda: "colour", clock=lambda: now[0])
    took = iter([0.05, 0.7, 0.05])
    sink = GuardedSink("recording", lambda _: now.__setitem__(0, now[0] + next(took)), health, clock=lambda: now[0])
    told = []
    for _ in range(3):
        sink(Observation(Frame(picture(EMPTY), 0.0, 0), (), IDLE))
        told.append([fault.cause for fault in health.health().faults])
    assert told == [[], ["slows the loop down: 0.7 s per picture"], []]


def spoil(path: Path) -> Callable[[], None]:
    """A file that is no database."""
    path.write_bytes(b"this is no database, nor was it ever one " * 100)
    return lambda: None


def block(path: Path) -> Callable[[], None]:
    """A file where the folder should be."""
    path.parent.rmdir()
    path.parent.touch()
    return path.parent.unlink


@pytest.mark.usefixtures("networks")
@pytest.mark.parametrize("fault", [block, spoil])
def test_a_database_that_cannot_be_written_holds_nobody_up(
    fault: Callable[[Path], Callable[[], None]], tmp_path: Path
) -> None:
    """The door works as ever and at its pace; what happened meanwhile is written when it can be."""
    path = tmp_path / "state" / "events.db"
    path.parent.mkdir()
    mend = fault(path)
    slowest = 0.0
    last = time.monotonic()

    def watch(observation: Observation) -> None:
        nonlocal slowest, last
        slowest, last = max(slowest, time.monotonic() - last), time.monotonic()

    with Door(sinks={"watcher": watch}, events={"database": str(path)}) as door:
        last = time.monotonic()
        door.replay((MASKED, 2), (BARE, 3))
        assert door.settled == [PASS, ALERT]
        assert slowest < 0.5
        mend()
    kinds = [stored.event.kind for stored in History(path).events()]
    assert {EventKind.ENTRY, EventKind.ALERT} <= set(kinds)


@pytest.mark.usefixtures("networks")
def test_a_clock_that_jumps_changes_no_decision(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Decisions and events follow the order of things; only opening hours go by the clock on the wall."""
    jumps = iter([timedelta(days=days) for days in (0, 400, -400, 0, 9000)] * 1000)
    real = datetime.now

    class Jumping(datetime):
        @classmethod
        def now(cls, tz: Any = None) -> Any:
            return real(tz) + next(jumps)

    monkeypatch.setattr("edge.events.journal.datetime", Jumping)
    monkeypatch.setattr(kiosk_module, "datetime", Jumping)
    path = tmp_path / "events.db"
    with Door(events={"database": str(path), "max_age_days": 3650}) as door:
        door.replay((MASKED, 2), (BARE, 3), (EMPTY, 5))
        assert door.settled == [PASS, ALERT, IDLE]
    told = [stored.event.detail for stored in History(path).events() if stored.event.kind == EventKind.STATE]
    assert [change.split()[-1] for change in told] == [state.value for state in door.states]


@pytest.mark.parametrize("damage", ["missing", "one byte", "empty"])
def test_a_damaged_model_is_refused(damage: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The service ends with code 78 and one line that names the file; nothing was lit."""
    folder = write_model_folder(tmp_path / "colour")
    weights = folder / "colour.tflite"
    if damage == "missing":
        weights.unlink()
    elif damage == "empty":
        weights.write_bytes(b"")
    else:
        data = bytearray(weights.read_bytes())
        data[len(data) // 2] ^= 1
        weights.write_bytes(bytes(data))
    config = tmp_path / "maskgate.toml"
    config.write_text(f'[camera]\nsource = "usb:99"\n[classifier]\nmodel = "{folder}"\n[signals]\ndriver = "mock"\n')
    with pytest.raises(SystemExit) as left:
        main(["run", "--config", str(config)])
    assert left.value.code == 78
    assert "colour.tflite" in capsys.readouterr().err


def test_every_fault_of_the_table_is_shown() -> None:
    """Each line of docs/faults.md names a test that is there."""
    page = (ROOT / "docs/faults.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`(test_\w+)`", page))
    there = {
        name
        for path in (ROOT / "tests").rglob("test_*.py")
        for name in re.findall(r"^def (test_\w+)", path.read_text(encoding="utf-8"), re.MULTILINE)
    }
    assert len(named) >= 15
    assert named <= there
