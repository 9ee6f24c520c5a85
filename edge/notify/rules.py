"""Which events people are told of: what lasts, and what happens to the door itself."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from edge.config.schema import NoticeRule, NotifyConfig
from edge.events.history import StoredEvent
from edge.notify.notice import Notice
from edge.timing import utc_now
from edge.types import AlarmState, EventKind

COMPONENT = "notify"
"""What health calls the telling; a fault of its own is not told, as that would be another one."""

BLIND = frozenset({"camera", "frames", "view", "light"})
"""Components whose fault means that nobody can be seen."""

DOOR: dict[str, NoticeRule] = {EventKind.DOOR_FORCED: "forced", EventKind.DOOR_HELD_OPEN: "held_open"}


@dataclass(slots=True)
class _Open:
    """Something that has begun, and is told once it has lasted."""

    rule: NoticeRule
    stored: StoredEvent
    due: float
    is_told: bool = False


class Rules:
    """Turns events, in their order, into notices. Remembers the present alert and the present faults.

    What was going on in a run before this one is over, and is not told: a fault that stands begins anew.

    Args:
        config: what is to be told; asked each time.
        clock: monotonic seconds, by which it is known what has lasted long enough.
        wall_clock: UTC.
    """

    def __init__(
        self,
        config: Callable[[], NotifyConfig],
        *,
        clock: Callable[[], float] = time.monotonic,
        wall_clock: Callable[[], datetime] = utc_now,
    ) -> None:
        self._config = config
        self._clock = clock
        self._wall_clock = wall_clock
        self._going_on: dict[str, _Open] = {}

    @property
    def due_in_s(self) -> float | None:
        """Until `due` has something to tell, if it goes on; None if nothing is going on."""
        waiting = [one.due for one in self._going_on.values() if not one.is_told]
        return max(0.0, min(waiting) - self._clock()) if waiting else None

    def read(self, events: Sequence[StoredEvent]) -> list[Notice]:
        """What the next events tell."""
        return [notice for stored in events for notice in self._read(stored) if notice.rule in self._config().rules]

    def due(self) -> list[Notice]:
        """What has lasted long enough by now; to be asked when every event there is has been read."""
        now = self._clock()
        notices = [self._tell(one) for one in self._going_on.values() if not one.is_told and one.due <= now]
        return [notice for notice in notices if notice.rule in self._config().rules]

    def _read(self, stored: StoredEvent) -> Iterator[Notice]:
        event = stored.event
        component = event.detail.partition(": ")[0]
        if event.kind == EventKind.SERVICE:
            self._going_on.clear()
        elif event.kind == EventKind.ALERT:
            self._begin("", "alert", stored)
        elif event.kind == EventKind.STATE and event.detail.startswith(f"{AlarmState.ALERT} "):
            yield from self._end("", stored)
        elif event.kind == EventKind.FAULT_BEGIN and component != COMPONENT:
            self._begin(component, "camera" if component in BLIND else "fault", stored)
        elif event.kind == EventKind.FAULT_END:
            yield from self._end(component, stored)
        elif event.kind in DOOR:
            yield Notice(DOOR[event.kind], f"event {stored.id}", event.at, event.detail)

    def _begin(self, what: str, rule: NoticeRule, stored: StoredEvent) -> None:
        wait_s = self._wait_s(rule)
        age_s = (self._wall_clock() - stored.event.at).total_seconds()
        self._going_on[what] = _Open(rule, stored, self._clock() + wait_s - min(max(age_s, 0.0), wait_s))

    def _end(self, what: str, stored: StoredEvent) -> Iterator[Notice]:
        one = self._going_on.pop(what, None)
        if one is None:
            return
        if not one.is_told and (stored.event.at - one.stored.event.at).total_seconds() >= self._wait_s(one.rule):
            yield self._tell(one)
        if one.is_told and one.rule != "alert":
            yield Notice(one.rule, f"event {stored.id}", stored.event.at, stored.event.detail, is_over=True)

    def _tell(self, one: _Open) -> Notice:
        one.is_told = True
        event = one.stored.event
        detail = f"> {self._wait_s('alert'):g} s" if one.rule == "alert" else event.detail
        return Notice(one.rule, f"event {one.stored.id}", event.at, detail)

    def _wait_s(self, rule: NoticeRule) -> float:
        config = self._config()
        return config.alert_s if rule == "alert" else config.fault_s
