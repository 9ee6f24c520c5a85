"""What the door shows and who is there, now and whenever it changes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from math import ceil

from anyio import to_thread
from pydantic import BaseModel

from edge import __version__
from edge.aiming.reasons import describe
from edge.health import Health, HealthMonitor
from edge.types import AlarmState, DoorWarning, Doorway, Ignored, Label, Reason, Required, Ruling, ToldKind

INTERVAL_S = 0.2
"""How often it is looked at: what a person takes for at once."""

RENEWAL_S = 2.0
"""Told this often without news, too: who hears nothing for longer knows that the line is dead."""


class Person(BaseModel):
    """Somebody in view; `id` is unique until the kiosk restarts, `votes` are the readings that count.

    `kind` is that of a mask worn properly; null without one, and where the model tells none.
    """

    id: int
    label: Label
    probability: float
    votes: int
    kind: ToldKind | None = None
    kind_probability: float | None = None


class IgnoredFace(BaseModel):
    """A face that does not count, and why: `measure` was found where `needed` would have done; `text` says it in words.

    `size` is the face's longer side as a share of the picture's, `size_px` in the camera's pixels; `id` is unique until
    the kiosk restarts, and is no person's.
    """

    id: int
    reason: Reason
    measure: float
    needed: float
    text: str
    size: float
    size_px: int
    score: float


class Problem(BaseModel):
    """Something is wrong, and what to do about it."""

    component: str
    level: str
    cause: str
    remedy: str
    since: str


class DoorState(BaseModel):
    """Lock and contacts of the door itself. `open` is null where no contact tells."""

    ruling: Ruling
    unlocked: bool
    open: bool | None
    warning: DoorWarning | None
    lockdown: bool
    fire: bool


class Status(BaseModel):
    """What the door shows, and how the kiosk does. `reason` tells why there is an alert or, in `pass`, of what
    somebody is reminded; `required` which mask is required, if the reason is the wrong kind; `door` what its lock and
    contacts do, where it has any.
    """

    state: AlarmState
    reason: Label | None
    required: Required | None
    people: list[Person]
    door: DoorState | None
    ignored: list[IgnoredFace]
    muted_s: int
    setup_s: int
    level: str
    problems: list[Problem]
    fps: float
    temperature_c: float | None
    uptime_s: int
    model: str
    version: str


class StatusFeed:
    """Looks at the kiosk and tells everybody who listens; each listener gets the newest value, never a queue of them.

    Args:
        health: how the kiosk does.
        setup_s: tells how long the set-up still lasts, seconds.
    """

    def __init__(self, health: HealthMonitor, setup_s: Callable[[], float] = float) -> None:
        self._health = health
        self._setup_s = setup_s
        self._current: Status | None = None
        self._changed = asyncio.Event()
        self._closed = False

    def status(self) -> Status:
        """What is so now; may take two seconds where the board's firmware is slow to answer."""
        return _status(self._health.health(), self._setup_s())

    async def run(self) -> None:
        """Keep looking until the feed is closed."""
        try:
            await self._look()
        finally:
            self._pulse()

    async def _look(self) -> None:
        loop = asyncio.get_running_loop()
        told_at = -RENEWAL_S
        while not self._closed:
            status = await to_thread.run_sync(self.status)
            if _news(status) != _news(self._current) or loop.time() - told_at >= RENEWAL_S:
                self._current, told_at = status, loop.time()
                self._pulse()
            await asyncio.sleep(INTERVAL_S)

    async def listen(self) -> AsyncIterator[Status]:
        """The present value, and each that follows until the feed is closed."""
        while not self._closed:
            changed = self._changed
            if self._current is not None:
                yield self._current
            await changed.wait()

    def close(self) -> None:
        """Let every listener go, within a moment; may be called from any thread."""
        self._closed = True

    def _pulse(self) -> None:
        previous, self._changed = self._changed, asyncio.Event()
        previous.set()


def _status(health: Health, setup_s: float) -> Status:
    record = health.as_record()
    return Status(
        state=health.state,
        reason=health.reason,
        required=health.required,
        people=[
            Person(
                id=v.track_id,
                label=v.label,
                probability=round(v.probability, 2),
                votes=v.votes,
                kind=v.kind,
                kind_probability=None if v.kind_probability is None else round(v.kind_probability, 2),
            )
            for v in health.verdicts
        ],
        door=None if health.doorway is None else _door(health.doorway),
        ignored=[_ignored(why) for why in health.ignored],
        muted_s=round(health.muted_s),
        setup_s=ceil(setup_s),
        level=health.level.name.lower(),
        problems=[Problem.model_validate(fault) for fault in _faults(record)],
        fps=round(health.fps, 1),
        temperature_c=None if health.board.temperature_c is None else round(health.board.temperature_c, 1),
        uptime_s=round(health.uptime_s),
        model=health.model,
        version=__version__,
    )


def _door(doorway: Doorway) -> DoorState:
    return DoorState(
        ruling=doorway.ruling,
        unlocked=doorway.unlocked,
        open=doorway.is_open,
        warning=doorway.warning,
        lockdown=doorway.lockdown,
        fire=doorway.fire,
    )


def _ignored(why: Ignored) -> IgnoredFace:
    return IgnoredFace(
        id=why.id,
        reason=why.reason,
        measure=round(why.measure, 4),
        needed=round(why.needed, 4),
        text=describe(why),
        size=round(why.size, 4),
        size_px=why.face.box.longer_side,
        score=round(why.face.score, 3),
    )


def _faults(record: dict[str, object]) -> list[object]:
    faults = record["faults"]
    assert isinstance(faults, list)
    return faults


def _news(status: Status | None) -> object:
    """What is worth telling at once; the rest can wait for the next renewal."""
    if status is None:
        return None
    # Once decided, the number of votes goes up and down and means nothing.
    people = [(p.id, p.label, p.kind, p.votes if p.label is Label.UNCERTAIN else None) for p in status.people]
    ignored = [(face.id, face.text) for face in status.ignored]
    lasting = status.muted_s > 0, status.setup_s > 0
    return status.state, status.reason, status.required, people, ignored, status.door, lasting, status.problems
