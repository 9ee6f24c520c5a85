"""The account of health, on clocks that pass when told to."""

from __future__ import annotations

import json
import logging
from datetime import UTC, datetime, timedelta
from threading import Thread

import numpy as np
import pytest

from edge.health import BOARD_INTERVAL_S, SILENCE_S, HealthMonitor, Level
from edge.host.board import Board, Throttling
from edge.types import AlarmState, Box, Frame, Label, Observation, Required, Verdict

NOON = datetime(2026, 5, 4, 12, 0, 0, tzinfo=UTC)
COOL = Board("Raspberry Pi 5 Model B Rev 1.0", 51.0, Throttling(0))


class World:
    """Time and the board, as the monitor sees them."""

    def __init__(self) -> None:
        self.now = 500.0
        self.board = COOL
        self.looks = 0

    def clock(self) -> float:
        return self.now

    def wall_clock(self) -> datetime:
        return NOON + timedelta(seconds=self.now - 500.0)

    def read_board(self) -> Board:
        self.looks += 1
        return self.board


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def monitor(world: World, caplog: pytest.LogCaptureFixture) -> HealthMonitor:
    """A monitor that has just started."""
    caplog.set_level(logging.DEBUG, "edge.health")
    return HealthMonitor(
        model=lambda: "mask-test", clock=world.clock, wall_clock=world.wall_clock, read_board=world.read_board
    )


def observation(state: AlarmState = AlarmState.PASS, *labels: Label, people: int = 1) -> Observation:
    frame = Frame(np.zeros((8, 8, 3), np.uint8), 0.0, 0)
    worn = labels or (Label.WITH_MASK,) * people
    required = {Label.WRONG_KIND: Required.RESPIRATOR}
    verdicts = tuple(
        Verdict(i, Box(0, 0, 4, 4), label, 0.9, required=required.get(label)) for i, label in enumerate(worn)
    )
    return Observation(frame, verdicts, state)


@pytest.mark.parametrize(
    ("state", "labels", "reason"),
    [
        (AlarmState.ALERT, (Label.WRONG_KIND, Label.WITHOUT_MASK), Label.WITHOUT_MASK),
        (AlarmState.ALERT, (Label.WRONG_KIND, Label.WITH_MASK), Label.WRONG_KIND),
        (AlarmState.PASS, (Label.WRONG_KIND, Label.WITH_MASK), Label.WRONG_KIND),
        (AlarmState.PASS, (Label.WITH_MASK,), None),
        (AlarmState.CHECKING, (Label.WRONG_KIND, Label.UNCERTAIN), None),
    ],
)
def test_what_is_required_is_told_with_the_wrong_kind_alone(
    monitor: HealthMonitor, state: AlarmState, labels: tuple[Label, ...], reason: Label | None
) -> None:
    """As the reason of an alert, where nobody is worse, or of a reminder."""
    monitor.beat(observation(state, *labels))
    health, scene = monitor.health(), monitor.scene()
    assert health.reason is scene.reason is reason
    required = Required.RESPIRATOR if reason is Label.WRONG_KIND else None
    assert health.required is scene.required is required


def run(monitor: HealthMonitor, world: World, *, seconds: float, fps: int) -> None:
    for _ in range(round(seconds * fps)):
        world.now += 1 / fps
        monitor.beat(observation())


def logged(caplog: pytest.LogCaptureFixture) -> list[tuple[str, str]]:
    """Level and the first two words of each line."""
    return [(record.levelname, " ".join(record.getMessage().split()[:2])) for record in caplog.records]


def test_just_started(monitor: HealthMonitor) -> None:
    """Before the first frame nothing is wrong, and nothing is known of frames."""
    health = monitor.health()
    assert health.level is Level.OK
    assert (health.state, health.uptime_s, health.frames) == (AlarmState.IDLE, 0.0, 0)
    assert (health.fps, health.frame_age_s) == (0.0, None)


def test_running(monitor: HealthMonitor, world: World) -> None:
    """Frames are counted, timed and averaged over the last seconds only."""
    run(monitor, world, seconds=60, fps=2)
    run(monitor, world, seconds=10, fps=10)
    world.now += 0.4
    health = monitor.health()
    assert health.frames == 220
    assert health.fps == pytest.approx(10, abs=1)
    assert health.frame_age_s == pytest.approx(0.4)
    assert health.uptime_s == pytest.approx(70.4)
    assert (health.state, health.people, health.level) == (AlarmState.PASS, 1, Level.OK)


def test_rate_falls_when_frames_stop(monitor: HealthMonitor, world: World) -> None:
    """A frozen loop does not go on reporting its best rate."""
    run(monitor, world, seconds=10, fps=10)
    world.now += 4
    assert 0 < monitor.health().fps < 3
    world.now += 4
    assert monitor.health().fps == 0


@pytest.mark.parametrize("seen_frames", [False, True])
def test_silence_is_a_fault(monitor: HealthMonitor, world: World, seen_frames: bool) -> None:
    """Nobody has to report a kiosk that processes nothing; the next frame ends it."""
    if seen_frames:
        monitor.beat(observation())
    world.now += SILENCE_S
    assert monitor.health().level is Level.OK
    world.now += 0.1
    assert monitor.health().level is Level.FAULT
    assert [fault.component for fault in monitor.health().faults] == ["frames"]
    monitor.beat(observation())
    assert monitor.health().level is Level.OK


def test_a_lost_camera_explains_the_silence(monitor: HealthMonitor, world: World) -> None:
    """One cause is one fault."""
    monitor.fail("camera", "gone", "check cable", level=Level.FAULT)
    world.now += SILENCE_S + 1
    assert [fault.component for fault in monitor.health().faults] == ["camera"]


def test_worst_fault_gives_the_level(monitor: HealthMonitor) -> None:
    """A sink that fails degrades, a lost camera is a fault, and each ends by itself."""
    monitor.fail("events", "disk full", "free some space")
    assert monitor.health().level is Level.DEGRADED
    monitor.fail("signals", "GPIO 17: busy", "choose a free pin", level=Level.FAULT)
    assert monitor.health().level is Level.FAULT
    monitor.recover("signals")
    assert monitor.health().level is Level.DEGRADED
    monitor.recover("events")
    assert monitor.health().level is Level.OK


def test_fault_is_logged_when_it_begins_and_ends(
    monitor: HealthMonitor, world: World, caplog: pytest.LogCaptureFixture
) -> None:
    """Once each, however often it is told; its beginning is remembered, its newest cause is shown."""
    for cause in ("cable", "cable", "power"):
        monitor.fail("camera", cause, "check cable", level=Level.FAULT)
        world.now += 5
    (fault,) = monitor.health().faults
    assert (fault.cause, fault.since) == ("power", NOON)
    monitor.recover("camera")
    monitor.recover("camera")
    assert logged(caplog) == [
        ("ERROR", "fault=begins component=camera"),
        ("DEBUG", "fault=goes_on component=camera"),
        ("DEBUG", "fault=goes_on component=camera"),
        ("INFO", "fault=ends component=camera"),
    ]
    assert caplog.messages[-1] == "fault=ends component=camera lasted_s=15.0"


def test_a_frame_ends_the_cameras_fault_only(monitor: HealthMonitor) -> None:
    """A processed frame proves the camera, and nothing else."""
    monitor.fail("camera", "gone", "check cable", level=Level.FAULT)
    monitor.fail("events", "disk full", "free some space")
    monitor.beat(observation())
    assert [fault.component for fault in monitor.health().faults] == ["events"]


def test_a_fault_of_the_door_is_its_state_until_a_frame_without(monitor: HealthMonitor) -> None:
    """From its beginning on, whoever asks: nobody is seen, and what was shown before does not come back by itself."""
    monitor.beat(observation(AlarmState.PASS, people=3))
    monitor.fail("light", "black", "uncover the lens", level=Level.FAULT)
    assert (monitor.health().state, monitor.health().people) == (AlarmState.FAULT, 0)
    monitor.beat(observation(AlarmState.PASS, people=3))
    assert (monitor.health().state, monitor.health().people) == (AlarmState.FAULT, 0)
    monitor.recover("light")
    assert monitor.health().state is AlarmState.FAULT
    monitor.beat(observation(AlarmState.PASS, people=3))
    assert (monitor.health().state, monitor.health().people) == (AlarmState.PASS, 3)


def test_the_oldest_fault_of_the_door_is_its_cause(monitor: HealthMonitor) -> None:
    """One that only degrades is none."""
    monitor.fail("events", "disk full", "free some space")
    assert monitor.standing() is None
    monitor.fail("camera", "gone", "check cable", level=Level.FAULT)
    monitor.fail("signals", "GPIO 17", "check the wiring", level=Level.FAULT)
    standing = monitor.standing()
    assert standing is not None
    assert standing.component == "camera"


def test_every_change_of_the_door_is_told_once(world: World) -> None:
    """Also the one that nobody decided: silence."""
    told: list[AlarmState] = []
    monitor = HealthMonitor(model=lambda: "test", clock=world.clock, read_board=world.read_board, on_state=told.append)
    for state in (AlarmState.IDLE, AlarmState.PASS, AlarmState.PASS):
        monitor.beat(observation(state))
    world.now += SILENCE_S + 1
    for _ in range(2):
        monitor.health()
    monitor.beat(observation(AlarmState.CHECKING))
    assert told == [AlarmState.PASS, AlarmState.FAULT, AlarmState.CHECKING]


def test_the_reason_of_an_alert_outlasts_its_cause(monitor: HealthMonitor) -> None:
    """As the alert does; the worse reason comes first, and without an alert there is none."""
    for seen, told in (
        (observation(AlarmState.PASS, Label.WITH_MASK), None),
        (observation(AlarmState.ALERT, Label.INCORRECT_MASK), Label.INCORRECT_MASK),
        (observation(AlarmState.ALERT, Label.INCORRECT_MASK, Label.WITHOUT_MASK), Label.WITHOUT_MASK),
        (observation(AlarmState.ALERT), Label.WITHOUT_MASK),
        (observation(AlarmState.IDLE), None),
    ):
        monitor.beat(seen)
        assert monitor.health().reason is told


@pytest.mark.parametrize(
    ("board", "component"),
    [
        (Board("Raspberry Pi 4", 84.0, Throttling(0)), "temperature"),
        (Board("Raspberry Pi 4", 50.0, Throttling.UNDER_VOLTAGE), "power"),
    ],
)
def test_board_faults(
    monitor: HealthMonitor, world: World, caplog: pytest.LogCaptureFixture, board: Board, component: str
) -> None:
    """Heat and a weak supply degrade, are logged once, and end when the board says so."""
    world.board = board
    assert monitor.health().level is Level.DEGRADED
    world.now += BOARD_INTERVAL_S
    assert [fault.component for fault in monitor.health().faults] == [component]
    world.board = COOL
    world.now += BOARD_INTERVAL_S
    monitor.beat(observation())
    assert monitor.health().level is Level.OK
    assert [level for level, line in logged(caplog) if component in line] == ["WARNING", "DEBUG", "INFO"]


@pytest.mark.parametrize(
    "board", [Board(), Board(None, 50.0, None), Board("x", 50.0, Throttling.UNDER_VOLTAGE_OCCURRED)]
)
def test_boards_without_a_fault(monitor: HealthMonitor, world: World, board: Board) -> None:
    """What is unknown or over is no fault."""
    world.board = board
    assert monitor.health().faults == ()


def test_board_is_looked_at_rarely(monitor: HealthMonitor, world: World) -> None:
    """Asking for health a hundred times in a second reads the board once."""
    for _ in range(100):
        world.now += 0.01
        monitor.health()
    assert world.looks == 1


def test_every_rendering_tells_the_same(monitor: HealthMonitor, world: World) -> None:
    """The record is JSON; the line holds the same facts in the same order."""
    run(monitor, world, seconds=10, fps=10)
    monitor.fail("events", "disk full", "free some space")
    health = monitor.health()
    record = json.loads(json.dumps(health.as_record()))
    assert record == {
        "level": "degraded",
        "state": "pass",
        "uptime_s": 10.0,
        "frames": 100,
        "fps": pytest.approx(10.0, abs=0.3),
        "frame_age_s": 0.0,
        "people": 1,
        "model": "mask-test",
        "board": "Raspberry Pi 5 Model B Rev 1.0",
        "temperature_c": 51.0,
        "throttled": [],
        "faults": [
            {
                "component": "events",
                "level": "degraded",
                "cause": "disk full",
                "remedy": "free some space",
                "since": "2026-05-04T12:00:10+00:00",
            }
        ],
    }
    keys = [word.partition("=")[0] for word in health.as_line().split() if "=" in word]
    assert keys == [*(key for key in record if key != "faults"), "fault", "cause"]
    assert health.as_line().endswith("temperature_c=51.0 throttled=no fault=events cause='disk full'")


def test_unknown_is_said_to_be_unknown(monitor: HealthMonitor, world: World) -> None:
    """An ordinary computer's line does not claim that its supply is well."""
    world.board = Board()
    line = monitor.health().as_line()
    assert "frame_age_s=unknown" in line
    assert line.endswith("board=unknown temperature_c=unknown throttled=unknown")


def test_told_from_several_threads(monitor: HealthMonitor) -> None:
    """No beat is lost, and asking meanwhile breaks nothing."""

    def beat() -> None:
        for _ in range(300):
            monitor.beat(observation())

    def ask() -> None:
        for _ in range(300):
            monitor.health()

    threads = [Thread(target=task) for task in (beat, ask, beat, ask, beat, beat)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert monitor.health().frames == 1200
