"""The kiosk as a whole, with networks that say what the picture's colour says."""

from __future__ import annotations

import socket
import sqlite3
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import closing
from itertools import count, groupby
from pathlib import Path
from threading import Event as Flag
from threading import Thread, Timer
from typing import Any

import numpy as np
import pytest

from edge import service as service_module
from edge.assembly import stages as stages_module
from edge.cameras.clip import ClipCamera
from edge.chain.tracker import Tracker
from edge.config.accepted import AcceptedConfig
from edge.config.schema import Config
from edge.config.settings import Settings
from edge.errors import CameraError, CameraRefusedError, ConfigError, InputError, ModelError, SignalError
from edge.fleet import Fleet
from edge.health import HealthMonitor
from edge.kiosk import StateChange
from edge.networks.store import ModelStore, RolloutState
from edge.pace import Pace
from edge.service import Service, open_service
from edge.signals.door import DoorSignals, PinChange
from edge.types import (
    AlarmState,
    Box,
    Event,
    EventKind,
    Face,
    Frame,
    Ignored,
    Image,
    Label,
    Observation,
    Reading,
    TrackedFace,
)
from tests.broker import Mosquitto, Operator, needs_mosquitto, wait_until
from tests.builders import PlainDetector, lively

IDLE, CHECKING, PASS, ALERT, FAULT = AlarmState
CONFIG = Config.model_validate({"signals": {"driver": "mock"}})

EMPTY, BARE, MASKED, UNSURE = 30, 80, 130, 180
"""Grey values that the networks below understand, the motion gate tells apart, and that are not dark."""


FACE = Box(10, 10, 36, 36)


@PlainDetector
def find_face(image: Image) -> tuple[Face, ...]:
    return (Face(FACE, 0.9),) if image[0, 0, 0] in (BARE, MASKED, UNSURE) else ()


def judge(image: Image, box: Box) -> Reading:
    if image[0, 0, 0] == UNSURE:
        return Reading(Label.UNCERTAIN, ((Label.WITH_MASK, 0.5),))
    label = Label.WITH_MASK if image[0, 0, 0] == MASKED else Label.WITHOUT_MASK
    return Reading(label, ((label, 0.95),))


NOW = [0.0]
"""The time at the door: that of the picture."""


@pytest.fixture(autouse=True)
def networks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Replace both networks."""
    monkeypatch.setattr(service_module, "load_networks", lambda config: (find_face, judge))


def pictures(*scenes: tuple[int, float], fps: float = 20) -> Iterator[tuple[Image, float]]:
    """Pictures of (grey value, seconds) scenes."""
    values = [value for value, seconds in scenes for _ in range(round(seconds * fps))]
    plain = {value: np.full((40, 60, 3), value, np.uint8) for value in values}
    return ((lively(plain[value], FACE, index), index / fps) for index, value in enumerate(values))


def states(changes: list[StateChange | PinChange]) -> list[AlarmState]:
    """What was shown, but for CHECKING on the way from one to the next."""
    after = [change.after for change in changes if isinstance(change, StateChange)]
    return [state for state, _ in groupby(state for state in after if state is not CHECKING)]


def make(*, live: bool = False, config: Config = CONFIG, **parts: Any) -> Service:
    given: dict[str, Any] = {"reload": lambda: CONFIG, "report": lambda change: None, "sinks": {}} | parts
    given["settings"] = Settings(given.pop("reload"))
    given.setdefault("accepted", AcceptedConfig(None))
    return Service(config, live=live, clock=lambda: NOW[0], **given)


def replay(*scenes: tuple[int, float]) -> list[StateChange | PinChange]:
    changes: list[StateChange | PinChange] = []
    service = make(report=changes.append)
    service.run_recording(ClipCamera(lambda: pictures(*scenes), live=False))
    service.close()
    return changes


def test_a_day_at_the_door() -> None:
    """Each real change of the scene is one change of state, and a short glitch is none."""
    scenes = [(EMPTY, 1), (UNSURE, 1), (MASKED, 3), (BARE, 0.05), (MASKED, 1), (EMPTY, 2), (BARE, 2), (EMPTY, 4)]
    assert states(replay(*scenes)) == [PASS, IDLE, ALERT, IDLE]


def test_an_alert_comes_within_half_a_second() -> None:
    """A bare face that appears is judged within half a second of media time."""
    alert = next(c for c in replay((BARE, 2)) if isinstance(c, StateChange) and c.after is ALERT)
    assert alert.at <= 0.5


def test_lamps_follow_the_state() -> None:
    """The red lamp goes on with the alert; when the run ends nothing is left on, and that is reported too."""
    pins = [(c.name, c.value) for c in replay((BARE, 0.9)) if isinstance(c, PinChange)]
    assert pins[:2] == [("red", True), ("buzzer", True)]
    assert dict(pins) == {"red": False, "buzzer": False}


def test_a_stopped_kiosk_looks_no_further() -> None:
    """After the stop no further frame is taken."""
    seen: list[Observation] = []

    def sink(observation: Observation) -> None:
        seen.append(observation)
        service.stop()

    service = make(sinks={"stopper": sink})
    service.run_recording(ClipCamera(lambda: pictures((EMPTY, 5)), live=False))
    service.close()
    assert len(seen) == 1


class Scenes:
    """A camera that shows its scenes and then does something: is unplugged, or has the service stopped."""

    def __init__(self, then: Callable[[], None], *scenes: tuple[int, float]) -> None:
        self._pictures = pictures(*scenes)
        self._then = then
        self.closed = False

    def frames(self) -> Iterator[Frame]:
        for index, (image, at) in enumerate(self._pictures):
            NOW[0] = at
            yield Frame(image, at, index)
        self._then()
        NOW[0] = 99.0
        yield Frame(np.full((40, 60, 3), EMPTY, np.uint8), 99.0, 0)

    def stop(self) -> None: ...

    def close(self) -> None:
        self.closed = True


def unplug() -> None:
    raise CameraError("usb:0: camera lost (unplugged)")


def test_a_lost_camera_is_a_fault_and_its_return_ends_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """A blind kiosk shows FAULT, never the PASS it had, tries again, and recovers by itself."""
    monkeypatch.setattr(service_module, "RETRY_S", (0.0,))
    changes: list[StateChange | PinChange] = []
    service = make(live=True, report=changes.append)
    lost, back = Scenes(unplug, (MASKED, 2)), Scenes(service.stop, (MASKED, 2))
    opened: Iterator[Scenes | CameraError] = iter([lost, CameraError("usb:0: camera cannot be opened"), back])
    faults: list[tuple[str, ...]] = []

    def open_next(source: object) -> Scenes:
        faults.append(tuple(fault.component for fault in service.health.health().faults))
        camera = next(opened)
        if isinstance(camera, CameraError):
            raise camera
        return camera

    service.run_live(open_next)
    assert states(changes)[:3] == [PASS, FAULT, PASS]
    assert faults == [(), ("camera",), ("camera",)]
    assert service.health.health().faults == ()
    assert lost.closed
    assert back.closed
    service.close()


def test_a_refused_password_is_tried_ever_less_often(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Cameras lock accounts; a lost connection in between changes nothing, another configuration begins anew."""
    pauses: list[float] = []
    corrected = configured(camera={"source": "rtsp://admin:right@cam/1"})
    reads = [configured(), corrected]
    service = make(live=True, reload=lambda: reads[-1])
    refused, lost = CameraRefusedError("cam: rejects the user name or password (401)"), CameraError("cam: no answer")
    tries: list[CameraError] = [refused, refused, lost, lost, *[refused] * 5]

    def pause(seconds: float) -> None:
        pauses.append(seconds)
        if len(pauses) == len(tries):
            service.controls.reload()
            service.controls.obey(service._actions)
        if len(pauses) == len(tries) + 2:
            service.stop()

    def open_next(source: object) -> Scenes:
        raise tries[len(pauses)] if len(pauses) < len(tries) else refused

    monkeypatch.setattr(service, "_pause", pause)
    service.run_live(open_next)
    (fault,) = service.health.health().faults
    service.close()
    assert pauses == [30, 60, 5, 10, 120, 300, 900, 900, 900, 30, 60]
    assert fault.cause.endswith("(401); tried again in 60 s, since cameras lock accounts")
    assert "reload" in fault.remedy
    assert "camera=refused again_in_s=900" in caplog.text


def test_a_long_pause_ends_with_another_camera_or_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever corrects the password, or stops the service, does not wait for a quarter of an hour; systemd is told."""
    corrected = configured(camera={"source": "rtsp://admin:right@cam/1"})
    service = make(live=True, reload=lambda: corrected)
    beats: list[float] = []
    monkeypatch.setattr(service, "_beat", lambda: beats.append(time.monotonic()))
    monkeypatch.setattr(service_module, "PAUSE_STEP_S", 0.01)
    service.controls.reload()
    began_at = time.monotonic()
    service._pause(900)
    Timer(0.1, service.stop).start()
    service._pause(900)
    assert time.monotonic() - began_at < 5
    assert len(beats) > 3
    service.close()


def test_a_sink_that_raises_stops_nothing() -> None:
    """The loop goes on, health tells which sink fails, and that it works again."""
    seen: list[Observation] = []
    told: list[tuple[str, ...]] = []

    def sink(observation: Observation) -> None:
        seen.append(observation)
        if 3 <= len(seen) < 6:
            raise RuntimeError("the network is gone")

    def watcher(observation: Observation) -> None:
        told.append(tuple(fault.component for fault in service.health.health().faults))

    service = make(sinks={"mqtt": sink, "watcher": watcher})
    service.run_recording(ClipCamera(lambda: pictures((EMPTY, 0.5)), live=False))
    service.close()
    assert told == [(), (), ("mqtt",), ("mqtt",), ("mqtt",), (), (), (), (), ()]


def test_a_line_that_cannot_be_driven_is_a_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    """A kiosk that cannot signal does not say PASS, and says so once the line works again."""
    changes: list[StateChange | PinChange] = []
    service = make(report=changes.append)
    shows = DoorSignals.show

    def show(self: DoorSignals, state: AlarmState, at: float, **more: Any) -> tuple[PinChange, ...]:
        if 1.0 <= at < 2.0:
            raise SignalError("GPIO 17 (green): cannot be driven (broken)")
        return shows(self, state, at, **more)

    monkeypatch.setattr(DoorSignals, "show", show)
    service.run_recording(ClipCamera(lambda: pictures((MASKED, 3)), live=False))
    assert states(changes) == [PASS, FAULT, PASS]
    service.close()


def configured(**sections: dict[str, Any]) -> Config:
    return Config.model_validate({"signals": {"driver": "mock"}, **sections})


class Reloading(Scenes):
    """A camera during whose 30th picture the configuration is read again."""

    def __init__(self, service: Service, camera: Scenes) -> None:
        super().__init__(service.stop)
        self._service = service
        self._camera = camera

    def frames(self) -> Iterator[Frame]:
        for frame in self._camera.frames():
            if frame.index == 30:
                self._service.controls.reload()
            yield frame


def test_sighup_changes_the_rules_without_dropping_the_camera() -> None:
    """A new configuration holds from the next frame on; the camera is the same one."""
    changes: list[StateChange | PinChange] = []
    closed = configured(zones={"ignored": [[[0, 0], [1, 0], [1, 1], [0, 1]]]})
    service = make(live=True, report=changes.append, reload=lambda: closed)
    camera = Scenes(service.stop, (MASKED, 4))
    opened = iter([Reloading(service, camera)])
    service.run_live(lambda source: next(opened))
    assert states(changes) == [PASS, IDLE]
    service.close()


def test_lines_that_are_exchanged_go_off_first_and_that_is_told() -> None:
    """What was reported of the pins adds up: a lamp lit on the old lines is not believed to be lit for ever."""
    changes: list[StateChange | PinChange] = []
    other = Config.model_validate({"signals": {"driver": "mock", "green": 5}})
    service = make(live=True, report=changes.append, reload=lambda: other)
    camera = Scenes(service.stop, (MASKED, 2), (EMPTY, 2))
    service.run_live(lambda source: Reloading(service, camera))
    service.close()
    pins = [(change.gpio, change.value) for change in changes if isinstance(change, PinChange)]
    assert pins == [(17, True), (17, False), (5, True), (5, False)]


def test_lines_that_cannot_be_had_again_are_a_fault_until_they_can(monkeypatch: pytest.MonkeyPatch) -> None:
    """New lines that are refused, and old ones that do not come back: nothing is lit, and everybody is told so."""
    answers = iter([True, *[False] * 10])

    def open_lines(**parts: Any) -> DoorSignals:
        if not next(answers, True):
            raise SignalError("GPIO 17 (green): cannot be opened (GPIO busy)")
        return DoorSignals(**parts)

    monkeypatch.setattr("edge.assembly.lines.DoorSignals", open_lines)
    changes: list[StateChange | PinChange] = []
    told: list[tuple[AlarmState, set[str]]] = []

    def watch(observation: Observation) -> None:
        told.append((observation.state, {fault.component for fault in service.health.health().faults}))

    other = Config.model_validate({"signals": {"driver": "mock", "green": 5}})
    service = make(live=True, report=changes.append, reload=lambda: other, sinks={"watcher": watch})
    camera = Scenes(service.stop, (MASKED, 5))
    service.run_live(lambda source: Reloading(service, camera))
    service.close()
    assert states(changes)[:3] == [PASS, FAULT, PASS]
    assert {"signals", "config"} <= next(faults for state, faults in told if state is FAULT)
    assert told[-1][1] == {"config"}
    pins = [(change.gpio, change.value) for change in changes if isinstance(change, PinChange)]
    assert pins == [(17, True), (17, False), (27, True), (27, False), (17, True), (17, False)]


def test_a_bad_new_configuration_keeps_the_old_one(caplog: pytest.LogCaptureFixture) -> None:
    """The kiosk goes on as before, and health says what is wrong with the file."""

    def refuse() -> Config:
        raise ConfigError("maskgate.toml: alarm.hold_s = -1")

    changes: list[StateChange | PinChange] = []
    service = make(live=True, report=changes.append, reload=refuse)
    service.controls.reload()
    service.run_live(lambda source: Scenes(service.stop, (MASKED, 2)))
    assert states(changes)[0] is PASS
    assert [(fault.component, fault.cause) for fault in service.health.health().faults] == [
        ("config", "maskgate.toml: alarm.hold_s = -1")
    ]
    assert "config=refused" in caplog.text
    service.close()


def test_events_tell_the_day_without_pictures(tmp_path: Path) -> None:
    """Start, judgement, alert and end are in the database after the service has closed."""
    service = make(live=True, config=configured(events={"database": str(tmp_path / "events.db")}))
    service.run_live(lambda source: Scenes(service.stop, (BARE, 1)))
    service.close()
    with closing(sqlite3.connect(tmp_path / "events.db")) as database:
        rows = database.execute("SELECT kind, label, detail FROM events ORDER BY rowid").fetchall()
    assert rows[0] == ("service", None, "started")
    assert ("entry", "without_mask", "") in rows
    assert ("state", None, "checking -> alert") in rows
    assert rows[-1] == ("service", None, "stopped")


def test_a_hundred_starts_without_a_database_all_tell_the_fault(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The thread that finds the database unwritable has somebody to tell from the first moment on.

    However long the rest of the kiosk takes to be made and opened.
    """
    told: list[Event] = []
    for name in ("__init__", "open"):
        monkeypatch.setattr(Fleet, name, slowly(getattr(Fleet, name)))
    monkeypatch.setattr(Fleet, "record", lambda fleet, event: told.append(event))
    blocked = tmp_path / "state"
    blocked.touch()
    config = configured(events={"database": str(blocked / "events.db")})
    for number in range(100):
        told.clear()
        with closing(make(live=True, config=config)) as service:
            wait_until(lambda: bool(told))
            begun = [event.detail for event in told if event.kind == EventKind.FAULT_BEGIN]
            assert len(begun) == 1, f"start {number}"
            assert begun[0].startswith("events: ")
            assert [fault.component for fault in service.health.health().faults] == ["events"]
    assert "Traceback" not in caplog.text
    assert "events=untold" not in caplog.text


def slowly(call: Callable[..., Any]) -> Callable[..., Any]:
    def slow(*args: Any, **parts: Any) -> Any:
        time.sleep(0.005)
        return call(*args, **parts)

    return slow


class Silent:
    """A camera that shows one picture and then nothing, until it is stopped."""

    def __init__(self, then: Callable[[], None]) -> None:
        self._then = then
        self._stopped = Flag()

    def frames(self) -> Iterator[Frame]:
        yield Frame(np.full((40, 60, 3), EMPTY, np.uint8), 0.0, 0)
        self._then()
        assert self._stopped.wait(10)

    def stop(self) -> None:
        self._stopped.set()

    def close(self) -> None: ...


def test_a_service_that_waits_for_a_picture_ends_at_once() -> None:
    """SIGTERM does not have to wait until a silent camera is given up."""
    service = make(live=True)
    service.run_live(lambda source: Silent(Thread(target=service.stop).start))
    service.close()


def test_a_loop_that_hangs_leaves_no_lamp_lit(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever terminates a service whose driver hangs finds every output off after the grace."""
    monkeypatch.setattr(service_module, "GRACE_S", 0.01)
    off: list[bool] = []
    monkeypatch.setattr(DoorSignals, "close", lambda self: off.append(True))
    service = make(live=True)
    service.terminate()
    assert off == [True]
    service.close()


def test_a_camera_that_is_a_missing_file_is_a_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    """A reload that names a file nobody has written yet is told, and tried again; nothing ends."""
    monkeypatch.setattr(service_module, "RETRY_S", (0.0,))
    service = make(live=True)
    opened: Iterator[Scenes | InputError] = iter([InputError("no such file"), Scenes(service.stop, (EMPTY, 1))])

    def open_next(source: object) -> Scenes:
        camera = next(opened)
        if isinstance(camera, InputError):
            raise camera
        return camera

    service.run_live(open_next)
    assert next(opened, None) is None
    service.close()


def test_a_refused_configuration_starts_with_the_one_accepted_last(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """A slip in the file, noticed by nobody until a restart, leaves no door unwatched; health shouts."""
    accepted = AcceptedConfig(tmp_path)
    good = configured(camera={"source": "usb:7"})

    def refuse() -> Config:
        raise ConfigError("maskgate.toml: alarm.hold_s = -1")

    def start(load: Callable[[], Config]) -> Service:
        return open_service(lambda config: make(config=config), load=load, accepted=accepted)

    with pytest.raises(ConfigError):
        start(refuse)
    with closing(start(lambda: good)) as service:
        assert service.health.health().faults == ()
    with closing(start(refuse)) as service:
        assert service.in_use() == good
        assert [fault.cause for fault in service.health.health().faults] == ["maskgate.toml: alarm.hold_s = -1"]
    assert "config=refused effect='the one accepted last is used'" in caplog.text


def test_a_configuration_that_cannot_be_used_is_not_kept(tmp_path: Path) -> None:
    """A file may be right and its model missing: the last one that worked is used, and kept."""
    accepted = AcceptedConfig(tmp_path)
    accepted.keep(CONFIG)

    def make_unless_missing(config: Config) -> Service:
        if config.classifier.model == "missing":
            raise ModelError("missing: no such model")
        return make(config=config)

    missing = configured(classifier={"model": "missing"})
    with closing(open_service(make_unless_missing, load=lambda: missing, accepted=accepted)) as service:
        assert service.in_use() == CONFIG
    assert accepted.load() == CONFIG


@pytest.fixture
def broken_tracker(monkeypatch: pytest.MonkeyPatch) -> Config:
    """A configuration that the schema takes, and a stage of the chain does not."""

    def make_tracker(**parts: Any) -> Tracker:
        if parts["memory_s"] == 0.123:
            raise OverflowError("int too large to convert to float")
        return Tracker(**parts)

    monkeypatch.setattr(stages_module, "Tracker", make_tracker)
    return configured(people={"memory_s": 0.123})


def test_a_start_that_fails_for_any_reason_uses_the_configuration_accepted_last(
    tmp_path: Path, broken_tracker: Config
) -> None:
    """An error that nobody thought of leaves no door unwatched, at the fifth start as at the first."""
    accepted = AcceptedConfig(tmp_path)
    accepted.keep(CONFIG)
    for _ in range(5):
        with closing(
            open_service(lambda config: make(config=config), load=lambda: broken_tracker, accepted=accepted)
        ) as service:
            assert service.in_use() == CONFIG
            (fault,) = service.health.health().faults
            assert fault.component == "config"
            assert "OverflowError" in fault.cause
    assert accepted.load() == CONFIG


def test_a_reload_that_fails_for_any_reason_changes_nothing(tmp_path: Path, broken_tracker: Config) -> None:
    """The door is watched as before, whoever asked is told, and the next start uses what worked."""
    accepted = AcceptedConfig(tmp_path)
    accepted.keep(CONFIG)
    changes: list[StateChange | PinChange] = []
    service = make(live=True, report=changes.append, reload=lambda: broken_tracker, accepted=accepted)
    answer = service.controls.reload()
    service.run_live(lambda source: Scenes(service.stop, (MASKED, 2)))
    with pytest.raises(ConfigError, match="OverflowError"):
        answer.result(timeout=0)
    assert states(changes)[0] is PASS
    assert service.in_use() == accepted.load() == CONFIG
    service.close()


def test_a_configuration_that_breaks_the_loop_is_taken_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Within its first minute the one before is used again, without a restart; later the error is another's fault."""

    class Fragile(Tracker):
        """Breaks over the first real face."""

        def __init__(self, **parts: Any) -> None:
            super().__init__(**parts)
            self._is_broken = parts["memory_s"] == 0.123

        def __call__(self, faces: tuple[Face, ...], at: float) -> tuple[tuple[TrackedFace, ...], tuple[Ignored, ...]]:
            if self._is_broken and faces and faces[0].box.x1 < 100:
                raise ZeroDivisionError("float division by zero")
            return super().__call__(faces, at)

    monkeypatch.setattr(stages_module, "Tracker", Fragile)
    fragile = configured(people={"memory_s": 0.123})
    accepted = AcceptedConfig(tmp_path)
    changes: list[StateChange | PinChange] = []
    service = make(live=True, report=changes.append, reload=lambda: fragile, accepted=accepted)
    service.controls.reload()
    scenes = iter([Scenes(service.stop, (MASKED, 2)), Scenes(service.stop, (MASKED, 2))])
    service.run_live(lambda source: next(scenes))
    assert service.in_use() == accepted.load() == CONFIG
    assert "ZeroDivisionError" in next(f.cause for f in service.health.health().faults if f.component == "config")
    assert states(changes)[0] is PASS
    service.close()
    monkeypatch.setattr("edge.reloading.TRIAL_S", -1.0)
    service = make(live=True, reload=lambda: fragile)
    service.controls.reload()
    with pytest.raises(ZeroDivisionError):
        service.run_live(lambda source: Scenes(service.stop, (MASKED, 2)))
    service.close()


def test_what_is_reloaded_is_kept(tmp_path: Path) -> None:
    """After a reload the new configuration is the one to start with."""
    accepted = AcceptedConfig(tmp_path)
    new = configured(alarm={"hold_s": 9})
    service = make(live=True, reload=lambda: new, accepted=accepted)
    service.controls.reload()
    service.run_live(lambda source: Scenes(service.stop, (EMPTY, 1)))
    service.close()
    assert accepted.load() == new


def test_a_reload_reaches_health_and_pace(monkeypatch: pytest.MonkeyPatch) -> None:
    """The model's name and the longest interval between frames are those of the configuration in use."""
    longest: list[Callable[[], float]] = []

    def make_pace(health: HealthMonitor, *, longest_s: Callable[[], float]) -> Pace:
        longest.append(longest_s)
        return Pace(health, longest_s=longest_s)

    monkeypatch.setattr(service_module, "Pace", make_pace)
    new = configured(classifier={"model": "mask-mobilenetv2"}, people={"window_s": 3.0, "min_votes": 5})
    service = make(live=True, reload=lambda: new)
    assert service.health.health().model == NEW
    assert longest[0]() == pytest.approx(1 / 6)
    service.controls.reload()
    service.run_live(lambda source: Scenes(service.stop, (EMPTY, 1)))
    assert service.health.health().model == "mask-mobilenetv2"
    assert longest[0]() == pytest.approx(1 / 3)
    service.close()


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModelStore:
    """The service's own folder, with a new version on trial."""
    monkeypatch.setenv("STATE_DIRECTORY", str(tmp_path))
    store = ModelStore(tmp_path / "models")
    store.write(NEW, RolloutState(live=3, before=(0,), trial="pending"))
    return store


NEW = Config().classifier.model


def failing_later() -> Callable[[Image, Box], Reading]:
    """A classifier that answers when it is tried, and no more."""
    answers = count(1)

    def judge_once(image: Image, box: Box) -> Reading:
        if next(answers) > 1:
            raise ModelError("the model answers with nan")
        return judge(image, box)

    return judge_once


def test_a_new_model_that_fails_in_the_loop_is_taken_back(state: ModelStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """The kiosk goes on with the one before, without a restart; the door is never waved open meanwhile."""

    def load(config: Config) -> tuple[object, object]:
        return find_face, failing_later() if state.state(NEW).live == 3 else judge

    monkeypatch.setattr(service_module, "load_networks", load)
    changes: list[StateChange | PinChange] = []
    service = make(live=True, report=changes.append)
    service.run_live(lambda source: Scenes(service.stop, (MASKED, 2)))
    service.close()
    assert state.state(NEW) == RolloutState(failed={3: "the model answers with nan"})
    assert states(changes)[0] is PASS


def test_a_model_that_fails_later_ends_the_service(state: ModelStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """One that has proven itself is not exchanged behind people's backs."""
    state.write(NEW, RolloutState(live=3, before=(0,)))

    monkeypatch.setattr(service_module, "load_networks", lambda config: (find_face, failing_later()))
    service = make(live=True)
    with pytest.raises(ModelError, match="nan"):
        service.run_live(lambda source: Scenes(service.stop, (MASKED, 2)))
    service.close()
    assert state.state(NEW).live == 3


def test_a_model_that_went_live_is_taken_over_at_a_reload(state: ModelStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """SIGHUP loads it, and networks that are still the right ones are not loaded again."""
    state.write(NEW, RolloutState())
    loaded: list[int] = []

    def load(config: Config) -> tuple[object, object]:
        loaded.append(state.state(NEW).live)
        return find_face, judge

    monkeypatch.setattr(service_module, "load_networks", load)
    service = make(live=True)
    service.controls.reload()

    def install() -> None:
        state.write(NEW, state.state(NEW).go_live(3))
        service.controls.reload()

    scenes = iter([Scenes(install, (MASKED, 1)), Scenes(service.stop, (MASKED, 1))])
    service.run_live(lambda source: next(scenes))
    assert loaded == [0, 3]
    assert state.state(NEW).trial == "running"
    service.close()
    assert state.state(NEW).trial == "pending"


@needs_mosquitto
def test_broker_and_prometheus_hear_of_an_alert(tmp_path: Path) -> None:
    """The whole service, from the frame to both lines; a mute from afar is obeyed, and the end is announced."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with Mosquitto(tmp_path) as broker, Operator(broker) as operator:
        config = configured(
            events={"database": str(tmp_path / "events.db")},
            metrics={"listen": f"127.0.0.1:{port}"},
            mqtt={
                "host": "127.0.0.1",
                "port": broker.port,
                "authorities": str(broker.authority.file),
                "username": "kiosk",
                "password_file": str(broker.address.password_file),
                "name": "east",
            },
        )
        service = make(live=True, config=config)

        def look_from_afar() -> None:
            operator.wait_for(lambda topic, payload: topic.endswith("/state") and b'"alert"' in payload)
            operator.wait_for(lambda topic, payload: topic.endswith("/event") and b'"without_mask"' in payload)
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5) as answer:
                page = answer.read().decode()
            assert "maskgate_alerts_total 1.0" in page
            assert 'maskgate_faces_total{label="without_mask"} 1.0' in page
            assert "maskgate_mqtt_connected 1.0" in page
            assert f'maskgate_model_info{{name="{NEW}"' in page
            operator.say("maskgate/east/command/mute", b'{"seconds": 60}')
            wait_until(lambda: not service.controls._wishes.empty())

        scenes = iter([Scenes(look_from_afar, (BARE, 1)), Scenes(service.stop, (BARE, 1))])
        service.run_live(lambda source: next(scenes))
        operator.wait_for(lambda topic, payload: topic.endswith("/answer") and b"muted for 60 s" in payload)
        service.close()
        operator.wait_for(lambda topic, payload: topic.endswith("/event") and b'"stopped"' in payload)
        operator.wait_for(lambda topic, payload: payload == b"offline")
        assert service.health.health().faults == ()
