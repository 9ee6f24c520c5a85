"""How the kiosk is doing: one value for the web page, systemd's status line and the log, and who keeps it."""

from __future__ import annotations

import logging
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum
from threading import Lock

from edge.host.board import Board, Throttling, read_board
from edge.timing import utc_now
from edge.types import AlarmState, Doorway, Ignored, Label, Observation, Required, Verdict

log = logging.getLogger(__name__)

RATE_WINDOW_S = 5.0
"""Frames per second are counted over this long."""

SILENCE_S = 15.0
"""Without a processed frame for this long the kiosk is blind, whatever the camera says: 5 s until a silent camera is
given up, and 10 s for a pause before it is opened again."""

BOARD_INTERVAL_S = 10.0
"""Temperature and voltage change slowly."""


@dataclass(frozen=True, slots=True)
class Scene:
    """What is at the door at one moment: that part of `Health` of the same names that costs nothing to ask for."""

    state: AlarmState
    reason: Label | None
    verdicts: tuple[Verdict, ...]
    doorway: Doorway | None
    muted_s: float
    required: Required | None = None


class Level(IntEnum):
    """How bad it is; the greater the worse."""

    OK = 0
    DEGRADED = 1
    FAULT = 2


@dataclass(frozen=True, slots=True)
class Fault:
    """Something is wrong.

    Attributes:
        component: `camera`, `signals`, `events`, ...: what is affected.
        cause: what happened, in one line.
        remedy: what a person on site can do.
        since: wall time, UTC.
        level: FAULT if the door cannot be watched or cannot signal, DEGRADED if it still can.
    """

    component: str
    cause: str
    remedy: str
    since: datetime
    level: Level = Level.DEGRADED


@dataclass(frozen=True, slots=True)
class Health:
    """How the kiosk is doing at one moment.

    Attributes:
        state: what the door shows. This is where everybody who tells of the door has it from.
        reason: why there is an alert: no mask, or one worn wrongly, or one of the wrong kind. In PASS it is WRONG_KIND
            where somebody is reminded of it; None otherwise.
        uptime_s: since the service started, seconds.
        frames: processed so far.
        fps: processed per second, over the last few seconds.
        frame_age_s: since the last frame was processed, seconds; None before the first.
        verdicts: everybody in view in the last frame; nobody while the kiosk is blind.
        ignored: the faces of the last frame that do not count, and why.
        muted_s: how much longer the buzzer stays silent, seconds.
        model: name of the mask classifier.
        board: temperature and power.
        faults: all that is wrong, oldest first.
        doorway: lock and contacts of the door itself; None where it has neither.
        required: which mask is required, if the reason is the wrong kind.
    """

    state: AlarmState
    reason: Label | None
    uptime_s: float
    frames: int
    fps: float
    frame_age_s: float | None
    verdicts: tuple[Verdict, ...]
    muted_s: float
    model: str
    board: Board
    faults: tuple[Fault, ...]
    doorway: Doorway | None = None
    required: Required | None = None
    ignored: tuple[Ignored, ...] = ()

    @property
    def level(self) -> Level:
        """That of the worst fault."""
        return max((fault.level for fault in self.faults), default=Level.OK)

    @property
    def people(self) -> int:
        """How many are in view."""
        return len(self.verdicts)

    def as_record(self) -> dict[str, object]:
        """For JSON; unknown values are None."""
        throttling = self.board.throttling
        return {
            "level": self.level.name.lower(),
            "state": self.state.value,
            "uptime_s": round(self.uptime_s, 1),
            "frames": self.frames,
            "fps": round(self.fps, 1),
            "frame_age_s": None if self.frame_age_s is None else round(self.frame_age_s, 1),
            "people": self.people,
            "model": self.model,
            "board": self.board.model,
            "temperature_c": None if self.board.temperature_c is None else round(self.board.temperature_c, 1),
            "throttled": None if throttling is None else list(throttling.names),
            "faults": [
                {
                    "component": fault.component,
                    "level": fault.level.name.lower(),
                    "cause": fault.cause,
                    "remedy": fault.remedy,
                    "since": fault.since.isoformat(timespec="seconds"),
                }
                for fault in self.faults
            ],
        }

    def as_line(self) -> str:
        """The same facts in the same order as `key=value`, for the log and `systemctl status`."""
        record = {key: value for key, value in self.as_record().items() if key != "faults"}
        words = [f"{key}={_word(value)}" for key, value in record.items()]
        return " ".join(words + [f"fault={fault.component} cause={_word(fault.cause)}" for fault in self.faults])


def _word(value: object) -> str:
    if value is None:
        return "unknown"
    if isinstance(value, list):
        return ",".join(value) or "no"
    text = str(value)
    return repr(text) if not text or " " in text else text


def _tell_nobody(_what: object, _begins: bool = True) -> None:
    """For a monitor that only logs."""


class HealthMonitor:
    """Keeps the account of health, and with it the one state of the door; may be asked and told from any thread.

    The state is what the kiosk decided for the last frame, and FAULT from the beginning of any fault of level FAULT - a
    lost camera, a dark picture, a lamp that cannot be driven, silence - until the kiosk has decided on a frame without.

    Args:
        model: tells the name of the mask classifier in use.
        clock: monotonic seconds.
        wall_clock: UTC, for people.
        read_board: looks at the board; called at most every ten seconds, by whoever asks for `health`.
        on_fault: told a fault and whether it begins, when it begins and when it ends; must return at once.
        on_state: told every change of the door's state; must return at once.
    """

    def __init__(
        self,
        *,
        model: Callable[[], str],
        clock: Callable[[], float] = time.monotonic,
        wall_clock: Callable[[], datetime] = utc_now,
        read_board: Callable[[], Board] = read_board,
        on_fault: Callable[[Fault, bool], None] = _tell_nobody,
        on_state: Callable[[AlarmState], None] = _tell_nobody,
    ) -> None:
        self._on_fault = on_fault
        self._on_state = on_state
        self._model = model
        self._clock = clock
        self._wall_clock = wall_clock
        self._read_board = read_board
        self._lock = Lock()
        self._started = clock()
        self._state = AlarmState.IDLE
        self._reason: Label | None = None
        self._required: Required | None = None
        self._verdicts: tuple[Verdict, ...] = ()
        self._doorway: Doorway | None = None
        self._ignored: tuple[Ignored, ...] = ()
        self._muted_until = self._started
        self._frames = 0
        self._last_beat: float | None = None
        self._recent: deque[float] = deque()
        self._board = Board()
        self._board_due = self._started
        self._faults: dict[str, tuple[Fault, float]] = {}

    def beat(self, observation: Observation) -> None:
        """A frame was decided on, and the door shows so; the camera is there, then."""
        now = self._clock()
        with self._lock:
            self._frames += 1
            self._last_beat = now
            self._recent.append(now)
            self._ignored = observation.ignored
            self._forget_old_beats(now)
            self._end("camera", now)
            self._end("frames", now)
            blind = self._standing() is not None
            self._show(AlarmState.FAULT if blind else observation.state, () if blind else observation.verdicts)

    def standing(self) -> Fault | None:
        """Why the door shows FAULT: the oldest fault of that level; None while there is none."""
        with self._lock:
            return self._standing()

    def mute(self, seconds: float) -> None:
        """The buzzer is silent for so long from now on."""
        with self._lock:
            self._muted_until = self._clock() + seconds

    def show_doorway(self, doorway: Doorway | None) -> None:
        """Lock and contacts of the door are so now."""
        with self._lock:
            self._doorway = doorway

    def fail(self, component: str, cause: str, remedy: str, *, level: Level = Level.DEGRADED) -> None:
        """`component` does not work; logged once, and again at debug level if it is told again."""
        now = self._clock()
        with self._lock:
            self._begin(component, cause, remedy, level, now)

    def recover(self, component: str) -> None:
        """`component` works; logged if it did not before."""
        now = self._clock()
        with self._lock:
            self._end(component, now)

    def scene(self) -> Scene:
        """What is at the door at this moment."""
        now = self._clock()
        with self._lock:
            muted_s = max(0.0, self._muted_until - now)
            return Scene(self._state, self._reason, self._verdicts, self._doorway, muted_s, self._required)

    def health(self) -> Health:
        """The account at this moment."""
        now = self._clock()
        with self._lock:
            self._look_at_board(now)
            self._look_for_silence(now)
            self._forget_old_beats(now)
            uptime_s = now - self._started
            return Health(
                state=self._state,
                reason=self._reason,
                uptime_s=uptime_s,
                frames=self._frames,
                fps=len(self._recent) / min(RATE_WINDOW_S, uptime_s) if uptime_s else 0.0,
                frame_age_s=None if self._last_beat is None else now - self._last_beat,
                verdicts=self._verdicts,
                muted_s=max(0.0, self._muted_until - now),
                model=self._model(),
                board=self._board,
                faults=tuple(fault for fault, _ in self._faults.values()),
                doorway=self._doorway,
                required=self._required,
                ignored=() if "camera" in self._faults or "frames" in self._faults else self._ignored,
            )

    def _standing(self) -> Fault | None:
        return next((fault for fault, _ in self._faults.values() if fault.level is Level.FAULT), None)

    def _show(self, state: AlarmState, verdicts: tuple[Verdict, ...]) -> None:
        self._verdicts = verdicts
        reason = reason_of(state, verdicts)
        if reason is not None or state is not AlarmState.ALERT:
            # An alert outlasts its cause, and is not told without one.
            self._reason = reason
            self._required = next((one.required for one in verdicts if one.label is reason), None)
        if state is not self._state:
            self._state = state
            self._on_state(state)

    def _forget_old_beats(self, now: float) -> None:
        while self._recent and self._recent[0] <= now - RATE_WINDOW_S:
            self._recent.popleft()

    def _look_at_board(self, now: float) -> None:
        if now < self._board_due:
            return
        self._board_due = now + BOARD_INTERVAL_S
        self._board = self._read_board()
        if self._board.is_hot:
            cause = f"the processor is at {self._board.temperature_c:.0f} C and has slowed down"
            self._begin(
                "temperature", cause, "fit a fan or a heat sink, and shade the kiosk from the sun", Level.DEGRADED, now
            )
        else:
            self._end("temperature", now)
        if Throttling.UNDER_VOLTAGE in (self._board.throttling or Throttling(0)):
            remedy = "use the board's official power supply and its own cable"
            self._begin("power", "the supply voltage is too low", remedy, Level.DEGRADED, now)
        else:
            self._end("power", now)

    def _look_for_silence(self, now: float) -> None:
        last = self._started if self._last_beat is None else self._last_beat
        # A camera that is known to be lost explains the silence.
        if now - last > SILENCE_S and "camera" not in self._faults:
            cause = f"no picture has been processed for {SILENCE_S:.0f} s"
            self._begin("frames", cause, "see the camera's fault, or restart the service", Level.FAULT, now)

    def _begin(self, component: str, cause: str, remedy: str, level: Level, now: float) -> None:
        known = self._faults.get(component)
        since, began = (known[0].since, known[1]) if known else (self._wall_clock(), now)
        fault = Fault(component, cause, remedy, since, level)
        self._faults[component] = fault, began
        if known is None:
            self._on_fault(fault, True)
        if level is Level.FAULT:
            self._show(AlarmState.FAULT, ())
        severity = logging.ERROR if level is Level.FAULT else logging.WARNING
        log.log(
            logging.DEBUG if known else severity,
            "fault=%s component=%s level=%s cause=%r remedy=%r",
            "goes_on" if known else "begins",
            component,
            level.name.lower(),
            cause,
            remedy,
        )

    def _end(self, component: str, now: float) -> None:
        known = self._faults.pop(component, None)
        if known is not None:
            self._on_fault(known[0], False)
            log.info("fault=ends component=%s lasted_s=%.1f", component, now - known[1])


_REASONS: Mapping[AlarmState, tuple[Label, ...]] = {
    AlarmState.ALERT: (Label.WITHOUT_MASK, Label.INCORRECT_MASK, Label.WRONG_KIND),
    AlarmState.PASS: (Label.WRONG_KIND,),
}
"""The worst first: who wears no mask is told so first."""


def reason_of(state: AlarmState, verdicts: tuple[Verdict, ...]) -> Label | None:
    """Why there is an alert, or a reminder; None if nobody in view is the cause."""
    labels = {verdict.label for verdict in verdicts}
    return next((label for label in _REASONS.get(state, ()) if label in labels), None)
