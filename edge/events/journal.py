"""Turns what the kiosk sees and feels into events worth telling: changes only, and never a pixel."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime

from edge.events.alerts import OpenAlert, describe_to_nobody
from edge.events.incidents import AlertFacts
from edge.health import Fault
from edge.timing import utc_now
from edge.types import AlarmState, Event, EventKind, Label, Observation, Verdict


class Journal:
    """Watches observations and faults for changes.

    Args:
        record: given each event; must return at once.
        describe: given what is known of an alert, after its event and whenever more is known; must return at once.
        wall_clock: UTC.
        clock: monotonic seconds.
    """

    def __init__(
        self,
        record: Callable[[Event], None],
        *,
        describe: Callable[[AlertFacts], None] = describe_to_nobody,
        wall_clock: Callable[[], datetime] = utc_now,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._record = record
        self._describe = describe
        self._wall_clock = wall_clock
        self._clock = clock
        self._alert: OpenAlert | None = None
        self._verdicts: tuple[Verdict, ...] = ()
        self._labels: dict[int, Label] = {}
        self._state = AlarmState.IDLE

    def __call__(self, observation: Observation) -> None:
        """Record who was judged, or judged again."""
        for verdict in observation.verdicts:
            if verdict.label not in (Label.UNCERTAIN, self._labels.get(verdict.track_id)):
                self._tell(EventKind.ENTRY, track_id=verdict.track_id, label=verdict.label)
        in_view = {verdict.track_id: verdict.label for verdict in observation.verdicts}
        # A person who becomes undecided again has not been judged again.
        self._labels = {
            track_id: self._labels.get(track_id, label) if label is Label.UNCERTAIN else label
            for track_id, label in in_view.items()
        }
        self._verdicts, alert = observation.verdicts, self._alert
        if alert is not None and alert.see(observation.verdicts):
            self._describe(alert.facts())

    def show(self, state: AlarmState) -> None:
        """The door shows `state`."""
        if state is self._state:
            return
        self._tell(EventKind.STATE, detail=f"{self._state} -> {state}")
        ended, self._alert = self._alert, None
        if ended is not None:
            self._describe(ended.facts(lasted_s=self._clock() - ended.began))
        if state is AlarmState.ALERT:
            self._tell(EventKind.ALERT)
            alert = OpenAlert(self._clock())
            alert.see(self._verdicts)
            self._describe(alert.facts())
            self._alert = alert
        self._state = state

    def silence(self, by: str, detail: str) -> None:
        """Somebody silenced what sounds at the door; of an alert it is kept who was first."""
        self.audit(f"{by}: {detail}")
        alert = self._alert
        if alert is not None and not alert.silenced_by:
            alert.silenced_by = by
            self._describe(alert.facts())

    def fault(self, fault: Fault, *, begins: bool) -> None:
        """Something broke, or works again."""
        kind = EventKind.FAULT_BEGIN if begins else EventKind.FAULT_END
        self._tell(kind, detail=f"{fault.component}: {fault.cause}")

    def happen(self, kind: EventKind, detail: str) -> None:
        """Something happened at the door itself; from any thread."""
        self._tell(kind, detail=detail)

    def audit(self, detail: str) -> None:
        """A person changed something."""
        self._tell(EventKind.AUDIT, detail=detail)

    def service(self, detail: str) -> None:
        """The kiosk started or stopped."""
        self._tell(EventKind.SERVICE, detail=detail)

    def _tell(
        self, kind: EventKind, *, track_id: int | None = None, label: Label | None = None, detail: str = ""
    ) -> None:
        self._record(Event(kind, self._wall_clock(), track_id, label, detail))
